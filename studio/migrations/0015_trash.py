"""When something was put into the trash.

On PostgreSQL no table is written anew, and the index is built beside what goes on.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexBeside(AddIndexConcurrently):
    """On PostgreSQL beside what goes on; elsewhere as ever."""

    def database_forwards(self, app_label, schema_editor, *states):
        beside = schema_editor.connection.vendor == "postgresql"
        kind = AddIndexConcurrently if beside else migrations.AddIndex
        kind.database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label, schema_editor, *states):
        beside = schema_editor.connection.vendor == "postgresql"
        kind = AddIndexConcurrently if beside else migrations.AddIndex
        kind.database_backwards(self, app_label, schema_editor, *states)


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('studio', '0014_library'),
    ]

    operations = [
        migrations.AddField(
            model_name='task',
            name='deleted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='upload',
            name='deleted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        AddIndexBeside(
            model_name='task',
            index=models.Index(
                condition=models.Q(('deleted_at__isnull', False)),
                fields=['deleted_at'],
                name='task_trash',
            ),
        ),
    ]

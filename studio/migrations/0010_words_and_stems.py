"""Words as results, and stems that something is made from.

On PostgreSQL no table is written anew, and the index is built beside what goes on.
"""

import django.db.models.deletion
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
        ('studio', '0009_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='asset',
            name='data',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='asset',
            name='kind',
            field=models.CharField(
                choices=[
                    ('video', 'Video'),
                    ('audio', 'Track'),
                    ('stem', 'Stem'),
                    ('image', 'Picture'),
                    ('persona', 'Persona'),
                    ('words', 'Words'),
                    ('times', 'Words in time'),
                    ('file', 'File'),
                ],
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name='task',
            name='source_stem',
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name='uses',
                to='studio.asset',
            ),
        ),
        AddIndexBeside(
            model_name='task',
            index=models.Index(
                condition=models.Q(('source_stem__isnull', False)),
                fields=['source_stem'],
                name='task_stem',
            ),
        ),
    ]

"""Names in Python alone: the columns and the index keep theirs, so the database is not touched."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('studio', '0008_letters_alone'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex('task', 'task_model'),
                migrations.AlterField(
                    'task', 'model', models.CharField(db_column='model', max_length=40)
                ),
                migrations.RenameField('task', 'model', 'operation'),
                migrations.AddIndex(
                    'task', models.Index(fields=['operation', '-id'], name='task_model')
                ),
                migrations.AlterField(
                    'task',
                    'task_id',
                    models.CharField(
                        blank=True, db_column='task_id', max_length=200, null=True, unique=True
                    ),
                ),
                migrations.RenameField('task', 'task_id', 'vidgo_id'),
                migrations.AlterField(
                    'spent', 'model', models.CharField(db_column='model', max_length=40)
                ),
                migrations.RenameField('spent', 'model', 'operation'),
            ]
        ),
    ]

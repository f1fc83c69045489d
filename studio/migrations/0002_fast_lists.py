"""What lists are found and narrowed by.

Nothing here keeps a large team from working for long: on PostgreSQL the column is added without
rewriting the table, filled in batches of their own, and each index is built beside what goes on.
SQLite copies the table once, and its own search table is made by `search.make_index`.
"""

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, migrations, models, transaction

from studio.pages import search

BATCH = 2000


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


def fill(apps, schema_editor):
    """Write the words of the tasks that are there already."""
    tasks = apps.get_model("studio", "Task").objects.select_related("source_track", "source_upload")
    last = 0
    while batch := list(tasks.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for task in batch:
            # As `search.text` knows them since 0008.
            task.operation, task.vidgo_id = task.model, task.task_id
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE studio_task SET search = %s WHERE id = %s",
                [(search.text(task, search.source_of(task)), task.pk) for task in batch],
            )
        last = batch[-1].pk


def index_words(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        raise ImproperlyConfigured(
            "DATABASE_URL names a database without pg_trgm, which searching needs: install"
            " PostgreSQL's contrib package, or have its administrator run"
            " CREATE EXTENSION pg_trgm there."
        ) from None
    # One that was left half built is no index.
    schema_editor.execute("DROP INDEX IF EXISTS task_words")
    schema_editor.execute(
        "CREATE INDEX CONCURRENTLY task_words ON studio_task USING gin (search gin_trgm_ops)"
    )


def drop_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS task_words")
    else:
        for name in ("insert", "update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS studio_task_words_{name}")
        schema_editor.execute("DROP TABLE IF EXISTS studio_task_words")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("studio", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="search",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index_words, drop_words),
        AddIndexBeside(
            model_name="task",
            index=models.Index(fields=["created_by", "-id"], name="task_person"),
        ),
        AddIndexBeside(
            model_name="task",
            index=models.Index(fields=["created_at"], name="task_created"),
        ),
        AddIndexBeside(
            model_name="task",
            index=models.Index(fields=["status", "finished_at"], name="task_ended"),
        ),
        AddIndexBeside(
            model_name="asset",
            index=models.Index(fields=["state", "-task"], name="asset_state"),
        ),
    ]

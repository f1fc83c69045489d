"""What ended before callbacks were hints stays as it is: it counts as confirmed (0005).

In batches, each a transaction of its own, so that a large team's table is never held for long.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Max

BATCH = 5000


def confirm(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tasks = apps.get_model("studio", "Task").objects
    ended = tasks.filter(
        status__in=("finished", "failed"), vidgo_id__isnull=False, confirmed_at__isnull=True
    )
    newest = tasks.aggregate(newest=Max("pk"))["newest"] or 0
    for last in range(0, newest, BATCH):
        ended.filter(pk__gt=last, pk__lte=last + BATCH).update(confirmed_at=F("finished_at"))


class Migration(migrations.Migration):
    # Each batch is whole by itself, and one that comes again finds nothing left to do.
    atomic = False

    dependencies = [("studio", "0011_status_words")]

    operations = [migrations.RunPython(confirm, migrations.RunPython.noop)]

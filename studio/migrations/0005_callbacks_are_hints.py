"""A callback is a hint until the query has said the same. 0012 fills in what has ended before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studio", "0004_limits")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="dropped",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]

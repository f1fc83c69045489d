"""The app's configuration."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.db.models.signals import post_delete, post_migrate, post_save, pre_save


class StudioConfig(AppConfig):
    """The dashboard itself."""

    default = True
    name = "studio"
    verbose_name = "Studio"

    def ready(self) -> None:
        """Have the members' group made wherever the tables are, and what lists show kept."""
        from django.contrib.auth.models import User

        from studio.models import Task, Track
        from studio.pages import search
        from studio.team.roles import make_groups, note_name

        # Signals, since a task is saved by `lifecycle`, which stands below what knows what a list
        # shows; and no save can forget one.
        post_migrate.connect(make_groups, sender=self)
        post_migrate.connect(search.make_index, sender=self)
        pre_save.connect(search.keep, sender=Task)
        post_save.connect(search.keep_source, sender=Track)
        post_save.connect(note_name, sender=User)
        post_delete.connect(note_name, sender=User)


class CockpitConfig(admin.AdminConfig):
    """Django's admin with the cockpit for its first page."""

    default = False
    default_site = "studio.running.cockpit.Cockpit"

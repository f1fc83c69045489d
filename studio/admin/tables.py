"""What all tables of the admin share."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.contrib.auth.models import Group, User
from django.core.exceptions import SuspiciousOperation
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_tasks_db.models import DBTaskResult

from studio.operations.fields import NumberField, WholeNumberField

# Roles stand for groups, and the engine's rows are of no use to a person.
for model in (Group, User, DBTaskResult):
    admin.site.unregister(model)


class List(ChangeList):
    """A list that takes any filter and search that the database does not for a wrong one."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        try:
            with transaction.atomic():
                super().__init__(request, *args)
        except SuspiciousOperation:
            raise
        except Exception as error:
            # Without a filter it is the database itself that is in trouble.
            if set(request.GET) <= {ERROR_FLAG}:
                raise
            raise IncorrectLookupParameters(error) from error


class Guarded(admin.ModelAdmin):
    """What all tables here share."""

    formfield_overrides = {
        models.DecimalField: {"form_class": NumberField, "widget": NumberField.widget},
        models.IntegerField: {"form_class": WholeNumberField, "widget": WholeNumberField.widget},
    }

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the guarded list."""
        return List


def back(request: HttpRequest) -> HttpResponse | None:
    """Lead back to the cockpit, for an action that was taken there."""
    return redirect("admin:index") if "cockpit" in request.POST else None

"""The accounts of the team, and the account with the API."""

from typing import Any

from axes.utils import reset
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from studio.admin.tables import Guarded, back
from studio.lifecycle import account
from studio.models import Account, Allowance
from studio.operations.fields import NumberField
from studio.running import retention
from studio.team import roles


class RoleForm(forms.ModelForm):
    """An account with its role and what it may spend."""

    role = forms.ChoiceField(
        choices=roles.Role.choices, initial=roles.Role.MEMBER, widget=forms.RadioSelect
    )
    monthly_limit = NumberField(
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text="Credits a month; empty for no limit. What is on its way counts too.",
    )


class NewAccountForm(RoleForm, AdminUserCreationForm):
    """A new account."""


class AccountForm(RoleForm, UserChangeForm):
    """An account that is there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["role"] = roles.role_of(self.instance)
        allowance = Allowance.objects.filter(user=self.instance).first()
        self.initial["monthly_limit"] = allowance and allowance.monthly_limit


@admin.register(User)
class AccountsAdmin(Guarded, UserAdmin):
    """The accounts of the team: a name, a password, a role."""

    form = AccountForm
    add_form = NewAccountForm
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "monthly_limit", "is_active")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "role", "monthly_limit", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "role", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    filter_horizontal = ()
    actions = ("let_in",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        """Load the roles of all at once."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="role")
    def role(self, user: User) -> str:
        """Name the role in a word."""
        return roles.role_of(user).value

    @admin.action(description="Let in again after too many wrong passwords")
    def let_in(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        """Forget the wrong guesses at these names."""
        for user in users:
            reset(username=user.get_username())
        self.message_user(request, "They can sign in again.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Set the chosen role; administrators cannot take their own away."""
        super().save_related(request, form, formsets, change)
        user, role = form.instance, form.cleaned_data.get("role")
        if "monthly_limit" in form.cleaned_data:
            limit = {"monthly_limit": form.cleaned_data["monthly_limit"]}
            Allowance.objects.update_or_create(user=user, defaults=limit)
        if user == request.user and (role != roles.Role.ADMINISTRATOR or not user.is_active):
            User.objects.filter(pk=user.pk).update(is_active=True)
            messages.error(request, "Your own account stays an administrator's.")
        elif role:
            roles.give(user, role)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are switched off, so that the history keeps its names."""
        return False


@admin.register(Account)
class RulesAdmin(Guarded):
    """The account with the API as last seen, and the rules of the house."""

    list_display = ("__str__", "trouble", "balance", "balance_at", "warn_below")
    fieldsets = (
        ("Credits", {"fields": ("balance", "balance_at", "warn_below")}),
        ("Trouble", {"fields": ("trouble", "trouble_since", "message")}),
        (
            "How long things are kept",
            {
                "fields": ("keep_results", "keep_uploads", "keep_deliveries", "removes_from"),
                "description": "What goes is listed in the cockpit for a week before it goes.",
            },
        ),
    )
    readonly_fields = (
        *("balance", "balance_at", "trouble", "trouble_since", "message", "removes_from"),
    )
    actions = ("look",)

    @admin.action(description="Look at the balance now")
    def look(self, request: HttpRequest, accounts: "QuerySet[Account]") -> HttpResponse | None:
        """Have the API asked for the balance."""
        account.look_soon()
        self.message_user(request, "The balance is being asked for.")
        return back(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write what was changed here only: the worker writes to the same row."""
        obj.save(update_fields=form.changed_data)
        if set(form.changed_data) & set(retention.RULES):
            retention.announce()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one."""
        return False

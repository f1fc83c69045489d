"""The account with the API, and what may be spent from it."""

from django.conf import settings
from django.db import models


class Allowance(models.Model):
    """What an administrator allows one person to spend."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="allowance")
    # Credits a month; empty for no limit.
    monthly_limit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    def __str__(self) -> str:
        return f"What {self.user} may spend"


class Spent(models.Model):
    """What a task cost that has been deleted since: the credits are gone all the same."""

    operation = models.CharField(max_length=40, db_column="model")
    credits_amount = models.DecimalField(max_digits=12, decimal_places=2)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # When the task was made.
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_by", "created_at"], name="spent_person")]

    def __str__(self) -> str:
        return f"{self.credits_amount} for {self.operation}"


class Account(models.Model):
    """The team's one account with the API, as last seen: a single row."""

    class Trouble(models.TextChoices):
        """What keeps every task waiting."""

        NONE = "", "None"
        KEY = "key", "The key is refused"
        CREDITS = "credits", "Not enough credits"

    trouble = models.CharField(max_length=7, choices=Trouble.choices, blank=True, default="")
    trouble_since = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    # Credits that what was refused for want of them usually takes.
    needed = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    balance = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    balance_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True)
    # When a worker was last heard of.
    worker_at = models.DateTimeField(null=True, blank=True)
    # What an administrator sets: when to warn, and for how many days what is kept (empty: always).
    warn_below = models.DecimalField(
        "warn below",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Credits. Below this balance everybody sees a warning; empty for none.",
    )
    keep_results = models.PositiveIntegerField(
        "keep results for", null=True, blank=True, help_text="Days; empty for ever."
    )
    keep_uploads = models.PositiveIntegerField(
        "keep uploads for", null=True, blank=True, help_text="Days; empty for ever."
    )
    keep_deliveries = models.PositiveIntegerField(
        "keep what Vidgo sent for", null=True, blank=True, help_text="Days; empty for ever."
    )
    # Nothing goes before it has been listed for a while.
    removes_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "account and rules"

    def __str__(self) -> str:
        return "Vidgo account"

    @property
    def is_low(self) -> bool:
        """Return whether the balance is below what the administrator wants to be warned of."""
        if self.balance is None or self.warn_below is None:
            return False
        return self.balance < self.warn_below

"""What a task's page says about credits: what is doubtful, what failed, what waits for them."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from studio.lifecycle import account, evidence, usual
from studio.lifecycle.changes import is_doubtful
from studio.models import Task
from studio.templatetags.studio import about, in_credits


def nothing_charged(task: Task) -> str:
    """Return the sentence that a failed task cost nothing, "" where that is not known."""
    if task.status != Task.Status.FAILED or task.credits_amount or is_doubtful(task):
        return ""
    return "Nothing was charged."


def too_few(left: Decimal | None, needed: Decimal | None) -> str:
    """Return in a sentence that the credits do not suffice, as far as it is known by how much."""
    if left is not None and left <= 0:
        return "The credits are gone."
    if left is None or (needed is not None and needed <= left):
        return "Not enough credits for this."
    about_needed = "" if needed is None else f", about {usual.figure(needed)} needed"
    return f"Not enough credits for this: {usual.figure(left)} left{about_needed}."


@dataclass(frozen=True)
class Price:
    """What a form will usually cost, and what is left then; None where nobody knows."""

    count: int
    each: Decimal | None
    # The balance without what is on its way.
    free: Decimal | None

    @property
    def cost(self) -> str:
        """Return the price of all that is chosen, as it stands on the button."""
        if self.each is None:
            return ""
        if not self.count:
            return f"about {in_credits(self.each)} each"
        return f"about {in_credits(self.each * self.count)}"

    @property
    def left(self) -> str:
        """Return in a sentence what is left afterwards."""
        if self.each is None:
            return "What this costs is known once the first one is ready."
        if self.free is None:
            return ""
        needed = self.each * max(self.count, 1)
        if needed > self.free:
            return too_few(self.free, needed)
        return f"{usual.figure(self.free - needed)} left afterwards."


def price(operation: str, count: int) -> Price:
    """Return what `count` tasks of `operation` will usually cost; 0 is a number not known yet."""
    balance = account.get().balance
    free = None if balance is None else balance - usual.on_the_way()
    return Price(count, usual.cost(operation), free)


def balance_words(reading: evidence.Reading) -> str:
    """Return what the balance shows of an unconfirmed task, and what it does not."""
    missing = reading.missing
    if missing is None:
        return "The balance before and after is not known, so it shows nothing."
    if missing > 0:
        gone = "is" if missing == 1 else "are"
        finding = (
            f"{in_credits(missing)} {gone} gone that no other task accounts for:"
            " most likely Vidgo took this one and finished it."
        )
    elif missing < 0:
        finding = "There is more than before, so credits came in meanwhile: that shows nothing."
    elif reading.is_settled:
        finding = (
            "Nothing is gone after twice the time that it usually takes. Most likely Vidgo does not"
            " have it, or could not finish it, which costs nothing. It is no proof: what waits"
            " there for longer than usual is charged later."
        )
    else:
        finding = (
            "That nothing is gone yet does not show that Vidgo has nothing of it: credits leave"
            f" only when a task is finished, which usually takes {about(reading.usual)}."
            f" The balance is looked at again until {timezone.localtime(reading.settles_at):%H:%M}."
        )
    return f"{finding} {UNCLEAR}" if reading.is_unclear else finding


UNCLEAR = (
    "Other tasks were under way at the same time whose cost may be part of this, so it is a hint"
    " only."
)

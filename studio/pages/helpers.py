"""What writes words into a form: lyrics, better styles. They cost credits, as all tasks do."""

import uuid
from dataclasses import dataclass

from django.forms import BoundField

from studio.lifecycle import usual
from studio.operations import OPERATIONS, Operation
from studio.operations.forms import OperationForm
from studio.operations.making import MakingForm
from studio.templatetags.studio import in_credits


@dataclass(frozen=True)
class Helper:
    """An operation that writes for the field `fills`, and the field in which it is asked."""

    operation: Operation
    fills: str
    field: BoundField
    key: uuid.UUID
    cost: str


def helpers(form: OperationForm) -> list[Helper]:
    """Return what can write for fields of `form`, each with what it usually costs."""
    if not isinstance(form, MakingForm):
        return []
    found = []
    for operation in OPERATIONS.values():
        fills = next((name for name in operation.fills if name in form.fields), "")
        if fills:
            asked = operation.form()
            found.append(
                Helper(operation, fills, asked[asked.wire[0]], uuid.uuid4(), _cost(operation.name))
            )
    return found


def _cost(operation: str) -> str:
    amount = usual.cost(operation)
    return "costs credits" if amount is None else f"about {in_credits(amount)}"

"""The registry: each module here that has an `operation` is one. Adding one needs no line here."""

from importlib import import_module
from pkgutil import iter_modules

from studio.operations.base import IMPORTED, Operation
from studio.vidgo.payloads import Body, tidy_key

_MODULES = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
_FOUND = [module.operation for module in _MODULES if hasattr(module, "operation")]
_ALL: dict[str, Operation] = {
    operation.name: operation for operation in sorted(_FOUND, key=lambda one: one.order)
}
# What a musician can ask for, in the order of the menu; and what is only brought in.
OPERATIONS = {name: operation for name, operation in _ALL.items() if name != IMPORTED}
IMPORT = _ALL[IMPORTED]


def told_by(body: Body) -> Operation | None:
    """Return the operation that an answer is of, None where it does not tell: of a song mostly."""
    if body.model in OPERATIONS:
        return OPERATIONS[body.model]
    names = {tidy_key(name) for entry in body.files for name in entry}
    if "audio_id" in names:
        return None
    return next((one for one in OPERATIONS.values() if names & {*one.tells}), None)


def get(name: str) -> Operation:
    """Return the operation named `name`. Raises KeyError for a name nobody knows."""
    return _ALL[name]

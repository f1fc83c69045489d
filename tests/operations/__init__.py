"""The operations, and what each one's own file here says of it.

`MODEL` is its name, `EXAMPLE` the input of its API page's example, `FIELDS` the names of its form's
fields. Where there is more to say: `WAYS` are inputs for each of its modes, `LIMITS` are an input,
a field, and how many characters that may have, `SHORT` changes the example to what fits the
sandbox's songs of one second.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from vidgo_sandbox.checks import RefusedError
from vidgo_sandbox.operations import read_submit


def described() -> dict[str, ModuleType]:
    """Return the file of each operation by the operation's name."""
    found = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.MODEL: module for module in found if hasattr(module, "MODEL")}


def posted(input: dict[str, Any]) -> dict[str, Any]:
    """Return an input as a browser sends it from the form."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in input.items()
    }


def sandbox_takes(model: str, input: dict[str, Any]) -> bool:
    """Return whether the sandbox takes an input, as far as that tells without its songs."""
    callback_url = "https://your-domain.com/callback"
    try:
        read_submit({"model": model, "callback_url": callback_url, "input": input})
    except RefusedError:
        return False
    return True

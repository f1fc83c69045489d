"""Lines of the table: a figure, what it is held against, and whether it is as wanted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is against the yardstick; `holds`: whether it is as wanted."""

    what: str
    measured: str
    yardstick: str
    ratio: float
    wanted: str
    holds: bool


def more(what: str, measured: float, yardstick: float, wanted: float, unit: str = "/s") -> Row:
    """Return a row in which more is better: at least `wanted` of the yardstick."""
    ratio = measured / yardstick
    return Row(
        what,
        f"{measured:,.0f}{unit}",
        f"{yardstick:,.0f}{unit}",
        ratio,
        f"≥ {wanted}",
        ratio >= wanted,
    )


def less(what: str, measured: float, yardstick: float, wanted: float, unit: str = " ms") -> Row:
    """Return a row in which less is better: at most `wanted` times the yardstick."""
    ratio = measured / yardstick
    return Row(
        what,
        f"{measured:,.2f}{unit}",
        f"{yardstick:,.2f}{unit}",
        ratio,
        f"≤ {wanted}",
        ratio <= wanted,
    )


def below(what: str, measured: float, limit: float, unit: str) -> Row:
    """Return a row that is held against a figure of the issue instead of a yardstick."""
    return Row(
        what,
        f"{measured:,.2f}{unit}",
        f"{limit:g}{unit}",
        measured / limit,
        "≤ 1",
        measured <= limit,
    )

"""What the templates need beyond Django's own tags: times, pictures, fields, keyed parts."""

import hashlib
import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any
from zlib import crc32

from django import template
from django.forms import BooleanField, BoundField, ChoiceField
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from studio.lifecycle.usual import figure
from studio.operations.fields import PersonaField
from studio.operations.forms import OperationForm

register = template.Library()

CSRF_INPUT = re.compile(r'<input[^>]*name="csrfmiddlewaretoken"[^>]*>')
ART_COLOURS = 6


@register.filter
def clock(seconds: float | None) -> str:
    """Return `seconds` as a player shows them: 3:07, or 1:02:09."""
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def lasting(seconds: float | None) -> str:
    """Return `seconds` as a length that is no place in a song: "7 s", "2 min 5 s", "1 h 2 min"."""
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def about(seconds: float | None) -> str:
    """Return `seconds` as a person says them: "about 40 s", "about 2 min"."""
    if seconds is None:
        return ""
    if seconds < 55:
        return f"about {max(5, round(seconds / 5) * 5)} s"
    if seconds < 90 * 60:
        return f"about {max(1, round(seconds / 60))} min"
    return f"about {round(seconds / 3600)} h"


@register.filter("credits")
def in_credits(amount: Decimal) -> str:
    """Return `amount` in words: "1 credit", "12.5 credits"."""
    return f"{figure(amount)} credit{'' if amount == 1 else 's'}"


@register.filter
def when(moment: datetime | None) -> str:
    """Return `moment` as briefly as it is clear: "14:32", "yesterday 14:32", "12 Nov"."""
    if moment is None:
        return ""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return date_format(local, "H:i")
    if local.date() == now.date() - timedelta(days=1):
        return f"yesterday {date_format(local, 'H:i')}"
    return date_format(local, "j M" if local.year == now.year else "j M Y")


@register.filter
def person(user: Any) -> str:
    """Return the name the band knows `user` by."""
    return (user.get_full_name() or user.get_username()) if user else "the studio"


@register.filter
def part(number: int, name: str) -> str:
    """Return what `keyed` takes for the part `number` of a kind: an id of its own, then classes."""
    return f"{name.split()[0]}-{number} {name}"


@register.filter
def control_kind(field: BoundField) -> str:
    """Return which of the page's controls `field` is shown as."""
    if "data-tags" in field.field.widget.attrs:
        return "tags"
    if isinstance(field.field, PersonaField):
        return "persona"
    if isinstance(field.field, BooleanField):
        return "check"
    if isinstance(field.field, ChoiceField):
        return "choice"
    if "data-slider" in field.field.widget.attrs:
        return "weight"
    return "text"


def _asks(field: BoundField) -> OperationForm | None:
    return field.form if isinstance(field.form, OperationForm) else None


@register.filter
def way(field: BoundField) -> str:
    """Return the only way of asking in which `field` is seen, "" for every one."""
    form = _asks(field)
    return form.way_of(field.name) if form else ""


@register.filter
def is_needed(field: BoundField) -> bool:
    """Return whether `field` must be filled, in the way of asking that shows it."""
    form = _asks(field)
    return field.field.required or bool(form and field.name in form.needed)


@register.filter
def is_described(field: BoundField) -> bool:
    """Return whether `field` holds a description in one way of asking and lyrics in the other."""
    form = _asks(field)
    return bool(form and form.is_described) and field.name == "prompt"


@register.filter
def is_sung(field: BoundField) -> bool:
    """Return whether `field` holds lyrics, which an instrumental has not."""
    return field.name == "prompt" and "instrumental" in field.form.fields


@register.filter
def is_chosen(field: BoundField, value: object) -> bool:
    """Return whether `value` is the choice that `field` stands at."""
    return str(field.value() or "") == str(value)


@register.filter
def any_errors(fields: list[BoundField]) -> bool:
    """Return whether one of `fields` was refused."""
    return any(field.errors for field in fields)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Return the bare control of `field`; Django ties it to its help and its error."""
    attrs: dict[str, str | bool] = {"class": "control"}
    if control_kind(field) != "weight" and getattr(field.field, "max_length", None):
        attrs["data-count"] = ""
    return field.as_widget(attrs=attrs)


@register.simple_tag
@lru_cache
def icon(name: str) -> SafeString:
    """Return the small picture `name` of icons.svg; the words beside it say what it means."""
    address = f"{static('img/icons.svg')}#{name}"
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>',
        address,
    )


def _wave(random: Random) -> SafeString:
    heights = [random.randint(6, 44) for _ in range(11)]
    bars = ((6 + 5 * n, 32 - height / 2, height) for n, height in enumerate(heights))
    return format_html_join("", '<rect x="{}" y="{}" width="2.6" height="{}" rx="1.3"/>', bars)


def _rings(random: Random) -> SafeString:
    x, y = random.choice([(16, 48), (48, 48), (32, 64), (64, 20)])
    rings = ((x, y, radius) for radius in range(6, 66, random.randint(5, 8)))
    return format_html_join("", '<circle class="line" cx="{}" cy="{}" r="{}"/>', rings)


def _faders(random: Random) -> SafeString:
    places = ((12 + 10 * n, random.randint(14, 50)) for n in range(5))
    return format_html_join(
        "",
        '<path class="line" d="M{0} 10V54"/><circle cx="{0}" cy="{1}" r="3.6"/>',
        places,
    )


@register.simple_tag
def art(seed: object) -> SafeString:
    """Draw a cover for what has none: always the same one for the same `seed`."""
    number = crc32(str(seed).encode())
    random = Random(number)  # noqa: S311
    drawing = random.choice([_wave, _rings, _faders])(random)
    return format_html(
        '<svg class="art art-{}" viewBox="0 0 64 64" preserveAspectRatio="xMidYMid slice"'
        ' aria-hidden="true" focusable="false">{}</svg>',
        number % ART_COLOURS,
        drawing,
    )


@register.simple_tag
def cover(asset: Any, seed: object) -> SafeString:
    """Show the picture `asset`, small, when we have it, a drawn cover otherwise.

    Pictures come after what the page itself is made of.
    """
    if asset and asset.kind == "image" and asset.is_here:
        return format_html(
            '<img src="{}" alt="" loading="lazy" decoding="async" fetchpriority="low">',
            reverse("poster", args=[asset.pk]),
        )
    return art(seed)


@register.filter
def keyed(body: str, name: str) -> SafeString:
    """Wrap `body` in a section that a refresh replaces only when it has changed; nothing if empty.

    `name` is the section's id, then its classes.
    """
    if not body.strip():
        return mark_safe("")
    lasting = CSRF_INPUT.sub("", body)
    part, _, classes = name.partition(" ")
    return format_html(
        '<section id="{}" class="{}" data-rev="{}">{}</section>',
        part,
        classes,
        hashlib.sha256(lasting.encode()).hexdigest()[:12],
        body,
    )

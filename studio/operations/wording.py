"""What Django says of a wrong field, in this product's words."""

from django import forms

_NUMBER = {
    "max_digits": "Fewer digits, please.",
    "max_decimal_places": "At most %(max)s decimals.",
    "max_whole_digits": "Fewer digits, please.",
    "min_value": "At least %(limit_value)s.",
    "max_value": "At most %(limit_value)s.",
}
_TEXT = {
    "max_length": "At most %(limit_value)d characters; this has %(show_value)d.",
    "null_characters_not_allowed": "There is a sign in it that cannot be sent. Type it anew.",
}
_CHOICE = {"invalid_choice": "Choose one of these."}
_ROW = {
    "invalid_choice": "This is not here any more. Choose another.",
    "invalid_pk_value": "This is not here any more. Choose another.",
}
_ADDRESS = {"invalid": "This is no web address, such as https://example.com/song.mp3."}
# By kind of field, the more general first.
_WORDS: tuple[tuple[type[forms.Field], dict[str, str]], ...] = (
    (forms.Field, {"required": "This is missing."}),
    (forms.CharField, _TEXT),
    (forms.URLField, _ADDRESS),
    (forms.DecimalField, _NUMBER),
    (forms.ChoiceField, _CHOICE),
    (forms.ModelChoiceField, _ROW),
)


def in_plain_words(field: forms.Field) -> None:
    """Have `field` say what is wrong in our words; what its own module says stays."""
    standard: dict[str, object] = {}
    for kind in reversed(type(field).__mro__):
        if kind.__module__.startswith("django."):
            standard |= getattr(kind, "default_error_messages", {})
    ours: dict[str, str] = {}
    for kind, words in _WORDS:
        if isinstance(field, kind):
            ours |= words
    low, high = getattr(field, "min_value", None), getattr(field, "max_value", None)
    if low is not None and high is not None:
        ours |= dict.fromkeys(("min_value", "max_value"), f"Between {low} and {high}.")
    for code, text in ours.items():
        own = field.error_messages.get(code)
        if own is None or own == standard.get(code):
            field.error_messages[code] = text

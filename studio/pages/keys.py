"""Keys of rows as they come with a request."""


def is_key(value: object) -> bool:
    """Return whether `value` can be a row's key: digits, and no more than 64 bits hold."""
    text = str(value or "")
    return text.isdecimal() and len(text) < 19

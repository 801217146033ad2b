"""Taking out of a text what names a person, before it leaves this machine: addresses, numbers, links, known names."""

import re
from collections.abc import Iterable

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# Seven digits or more, however they are written and whether or not some country knows such a number.
_NUMBER = re.compile(r"\+?\(?\d(?:[\s().\-/]{0,3}\d){6,}")
# A name of two letters would take out half of a text.
_SHORTEST_NAME = 3


def redact(text: str, names: Iterable[str | None]) -> str:
    """The text with ``[email]``, ``[link]``, ``[number]`` and ``[name]`` in the place of what was there."""
    text = _LINK.sub("[link]", _EMAIL.sub("[email]", text))
    text = _NUMBER.sub("[number]", text)
    words = {word for name in names if name for word in (name, *name.split()) if len(word) >= _SHORTEST_NAME}
    for word in sorted(words, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text

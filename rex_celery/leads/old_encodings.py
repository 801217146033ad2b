"""Which of the encodings from before UTF-8 a list is in: the one whose accents stand where letters belong."""

from unicodedata import category

# The first wins a draw: most old lists come from a Western European Excel.
OLD = ("cp1252", "cp1250", "mac_roman")
# Letters an encoding can write but lists in it hardly hold: they prove nothing.
_RARE = {"cp1252": "šžŠŽŸðÐþÞ", "cp1250": "ŕŔĺĹďĎńŃâîëË", "mac_roman": ""}
_LAST_OF_ASCII = 0x7F
_SIGNS = "‘’“”„«»‹›–—…•·€£™®©°§ªº¿¡²³½\xa0"


def best(raw: bytes) -> str | None:
    """The likeliest of the old encodings; nothing if the text makes no sense in any of them."""
    # All of them write ASCII alike, and words in Latin letters are mostly that.
    plain = sum(1 for byte in raw if byte <= _LAST_OF_ASCII)
    if 3 * (len(raw) - plain) > plain:
        return None
    scores = {name: _score(raw, name) for name in OLD}
    name = max(OLD, key=lambda each: scores[each])
    return name if scores[name] > 0 else None


def _score(raw: bytes, name: str) -> int:
    try:
        text = raw.decode(name)
    except UnicodeDecodeError:
        return -1
    rare = _RARE[name]
    return sum(
        0 if char in rare else _fits(text[at - 1 : at], char, text[at + 1 : at + 2])
        for at, char in enumerate(text)
        if char > "\x7f"
    )


def _fits(before: str, char: str, after: str) -> int:
    """1 for a letter as words have it, -5 for a capital or a sign within a word, 0 for what says nothing."""
    if char in _SIGNS or not (before.isalpha() or after.isalpha()):
        return 0
    kind = category(char)
    fits = kind == "Ll" or (kind == "Lu" and not before.islower())
    return 1 if fits else -5

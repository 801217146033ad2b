"""What a text message costs: its encoding and its number of segments."""

from dataclasses import dataclass

# GSM 03.38: the characters that take one septet, and those that take two (an escape and the character).
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")

# Beyond this character UTF-16 needs a pair of units.
_LAST_OF_ONE_UNIT = "\uffff"

# A message that is split loses room in each segment to a header that says how to join them.
_ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


@dataclass(frozen=True, slots=True)
class SmsSize:
    """``encoding`` is GSM-7 or UCS-2; ``units`` are septets or 16-bit units; each segment is billed."""

    encoding: str
    units: int
    segments: int


def measure(text: str) -> SmsSize:
    """The size of a text; a single emoji or curly quote turns GSM-7 into UCS-2 and halves the room."""
    characters = frozenset(text)
    if characters <= _BASIC | _EXTENDED:
        return _measured("GSM-7", [2 if character in _EXTENDED else 1 for character in text])
    return _measured("UCS-2", [1 if character <= _LAST_OF_ONE_UNIT else 2 for character in text])


def _measured(encoding: str, costs: list[int]) -> SmsSize:
    single, split = _ROOM[encoding]
    units = sum(costs)
    if units <= single:
        return SmsSize(encoding, units, 1)
    segments, used = 1, 0
    for cost in costs:  # a character of two units is never parted
        if used + cost > split:
            segments, used = segments + 1, 0
        used += cost
    return SmsSize(encoding, units, segments)

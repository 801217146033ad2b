"""What text messages cost."""

import pytest

from rex_celery.compliance.sms import SmsSize, measure


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", SmsSize("GSM-7", 0, 1)),
        ("a" * 160, SmsSize("GSM-7", 160, 1)),
        ("a" * 161, SmsSize("GSM-7", 161, 2)),
        ("a" * 306, SmsSize("GSM-7", 306, 2)),
        ("a" * 307, SmsSize("GSM-7", 307, 3)),
        ("é" * 160, SmsSize("GSM-7", 160, 1)),
        ("€" * 80, SmsSize("GSM-7", 160, 1)),
        ("€" * 81, SmsSize("GSM-7", 162, 2)),
        ("ä" * 69 + "’", SmsSize("UCS-2", 70, 1)),
        ("ä" * 70 + "’", SmsSize("UCS-2", 71, 2)),
        ("’" * 134, SmsSize("UCS-2", 134, 2)),
        ("’" * 135, SmsSize("UCS-2", 135, 3)),
        ("😀" * 35, SmsSize("UCS-2", 70, 1)),
    ],
)
def test_length_and_encoding_give_the_segments(text: str, size: SmsSize) -> None:
    assert measure(text) == size


def test_a_character_of_two_units_is_not_parted() -> None:
    # 76 euro signs fill 152 of 153 septets; the 77th moves on, so 153 signs need three segments and not two.
    assert measure("€" * 153).segments == 3
    assert measure("a" + "€" * 152).segments == 2

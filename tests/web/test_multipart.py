"""Multipart bodies as bytes."""

import pytest

from rex_celery.errors import RefusedError
from web import multipart

BODY = (
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nFrom: a\r\n\r\n\xff\x00 text\r\n'
    b'--x\r\nContent-Disposition: form-data; name="attachment1"; filename="a.pdf"\r\n\r\nPDF\r\n'
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nsecond\r\n--x--\r\n'
)
TYPE = "multipart/form-data; boundary=x"


def test_parts_are_bytes_files_are_left_out_and_the_first_of_a_name_counts() -> None:
    assert multipart.fields(TYPE, BODY) == {"email": b"From: a\r\n\r\n\xff\x00 text"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", BODY),
        ("", b""),
        (TYPE, BODY[:60]),
        (TYPE, b""),
        (TYPE, b"--x\r\nno header\r\n\r\n"),
        (TYPE, b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' for _ in range(300)) + b"--x--"),
    ],
)
def test_what_is_broken_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(RefusedError) as refusal:
        multipart.fields(kind, body)
    assert refusal.value.status == 400

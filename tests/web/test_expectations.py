"""Whatever does not fit a request is answered with what would be right, in words."""

import pytest
from flask.testing import FlaskClient

PAGE = {
    "slug": "intro", "title": "Intro", "host_name": "Ada", "host_email": "ada@acme.example.com", "timezone": "UTC",
    "hours": {"mon": [["09:00", "10:00"]]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("booking-pages", PAGE | {"slug": "Not so"}, "a-z and 0-9"),
        ("booking-pages", PAGE | {"host_email": "nobody"}, "an e-mail address"),
        ("booking-pages", PAGE | {"title": "a", "colour": 1}, "there are slug, title, host_name"),
        (
            "meetings/7d9f3c1e-5b1a-4f0e-9c55-2f6f3c1d8a10/reschedule",
            {"starts_at": "yesterday"},
            "2026-11-23T14:00:00Z",
        ),
        ("approvals/approve", {}, "name at least one message"),
        ("simulations", {"inboxes": [{"channel": "fax", "address": "a@example.com"}]}, "email, sms, linkedin"),
    ],
)
def test_bad_input_hears_what_would_be_right(
    admin: FlaskClient, path: str, body: dict[str, object], expected: str
) -> None:
    answer = admin.post(f"/api/rex/{path}", json=body)
    assert answer.status_code == 422
    assert any(expected in one["expected"] for one in answer.json["errors"]), answer.json["errors"]
    assert all(one["what"] and one["expected"] for one in answer.json["errors"])


def test_a_body_that_is_too_large_hears_how_large_it_may_be(admin: FlaskClient) -> None:
    answer = admin.post("/api/rex/booking-pages", json={"title": "x" * 20_000_000})
    assert answer.status_code == 413
    assert answer.json["errors"][0]["expected"].endswith(" MB")

"""What Twilio's webhooks tell, read."""

from datetime import UTC, datetime

import pytest

from rex_celery import clock
from rex_celery.errors import InvalidError
from rex_celery.integrations.twilio import read_event, read_text
from rex_celery.reasons import REASONS

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SID = "SM" + "2" * 32


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("queued", "accepted"),
        ("sent", "accepted"),
        ("delivered", "delivered"),
        ("partially_delivered", "delivered"),
        ("read", "delivered"),
        ("canceled", "failed"),
        ("receiving", "other"),
    ],
)
def test_every_status_has_its_meaning(status: str, kind: str) -> None:
    read = read_event({"MessageSid": SID, "MessageStatus": status, "To": "+12025550143"}, AT)
    assert (read.kind, read.event_id, read.provider_message_id) == (kind, f"{SID}:{status}", SID)
    assert (read.provider, read.source, read.at, read.recipient) == ("twilio", "webhook", AT, "+12025550143")


@pytest.mark.parametrize("status", ["undelivered", "failed"])
@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("21610", "unsubscribed", "suppressed_opt_out"),
        ("30003", "failed", "number_unreachable"),
        ("30005", "failed", "number_unreachable"),
        ("30006", "failed", "number_unreachable"),
        ("30007", "blocked", "bounced_other"),
        ("30022", "blocked", "bounced_other"),
        ("30034", "blocked", "bounced_other"),
        ("30036", "failed", "validity_expired"),
        ("30008", "failed", "provider_rejected"),
        ("", "failed", "provider_rejected"),
        ("nonsense", "failed", "provider_rejected"),
        ("9" * 5000, "failed", "provider_rejected"),
    ],
)
def test_a_failure_says_whose_problem_it_is(status: str, code: str, kind: str, reason: str) -> None:
    read = read_event({"MessageSid": SID, "MessageStatus": status, "ErrorCode": code}, AT)
    assert (read.kind, read.classification, read.code) == (kind, reason, code[:20])
    assert reason in REASONS


def test_the_older_names_of_the_parameters_are_known() -> None:
    assert read_event({"SmsSid": SID, "SmsStatus": "delivered"}, AT).event_id == f"{SID}:delivered"


def test_without_a_time_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    assert read_event({"MessageSid": SID, "MessageStatus": "sent"}).at == AT


def test_everything_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidError) as refusal:
        read_event({"To": "+12025550143"}, AT)
    assert [one.where for one in refusal.value.problems] == ["form.MessageSid", "form.MessageStatus"]
    with pytest.raises(InvalidError) as refusal:
        read_text({"MessageSid": SID}, AT)
    assert [one.where for one in refusal.value.problems] == ["form.From", "form.To"]


@pytest.mark.parametrize(
    ("told", "word"), [("STOP", "STOP"), ("stop", "STOP"), ("HELP", "HELP"), ("START", "START"), ("X", ""), ("", "")]
)
def test_a_text_that_came_in_keeps_its_words_and_what_twilio_took_it_for(told: str, word: str) -> None:
    form = {
        "MessageSid": SID,
        "From": "+12025550143",
        "To": "+12025550100",
        "Body": "Stop please 🙂",
        "OptOutType": told,
    }
    read = read_text(form, AT)
    assert (read.provider_id, read.sender, read.recipient) == (SID, "+12025550143", "+12025550100")
    assert (read.text, read.at, read.opt_out_type) == ("Stop please 🙂", AT, word)

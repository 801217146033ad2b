"""The doors of providers: proven and kept once, or refused and nothing stored."""

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import text
from werkzeug.test import TestResponse

from rex_celery import config, db
from rex_celery.tenancy import credentials
from rex_celery.webhooks import doors
from tests.factories import a_connection
from tests.webhooks import signing

HOOKS = "/api/rex/webhooks"
FORM = "application/x-www-form-urlencoded"
EVENTS = [
    {"sg_event_id": "ZGVsaXZlcmVk", "event": "delivered", "email": "grace@example.com", "timestamp": 1760000000},
    {"sg_event_id": "b3Blbg==", "event": "open", "email": "grace@example.com", "timestamp": 1760000100},
]
BATCH = json.dumps(EVENTS).encode()
STATUS = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+12025550143", "Empty": ""}
TEXT = {"MessageSid": "SM2", "From": "+12025550143", "Body": "STOP please 😀 + more", "NumMedia": "0"}
BOOKED = json.dumps({"event": "invitee.created", "payload": {"uri": "https://api.example.com/invitees/1"}}).encode()
MAIL = b"From: grace@example.com\r\nTo: ada@acme.example.com\r\nSubject: Re: Hello\r\n\r\nYes \xff please."
SECRETS = {
    "sendgrid": {"inbound_token": signing.INBOUND_TOKEN},
    "twilio": {"auth_token": signing.TWILIO_TOKEN},
    "calendly": {"signing_key": signing.CALENDLY_KEY},
}
RULES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def connections(tenant: UUID) -> dict[str, str]:
    """One of each provider, with its keys."""
    known = {"sendgrid": {"webhook_public_key": signing.sendgrid_public_key()}}
    with db.transaction(tenant) as session:
        return {
            provider: str(
                a_connection(
                    session,
                    tenant,
                    provider=provider,
                    settings=known.get(provider, {}),
                    secret=credentials.encrypt(secret),
                ).id
            )
            for provider, secret in SECRETS.items()
        }


def stored(tenant: UUID) -> list[tuple[str, str, str]]:
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT provider, kind, event_id FROM inbound_events ORDER BY id"))
        return [tuple(row) for row in rows]


def events(client: FlaskClient, address: str, body: bytes, headers: Mapping[str, str]) -> TestResponse:
    path = f"{HOOKS}/sendgrid/events/{address}"
    return client.post(path, data=body, content_type="application/json", headers=dict(headers))


def twilio(client: FlaskClient, path: str, parameters: dict[str, str], url: str = "") -> TestResponse:
    signed = signing.twilio(url or f"{config.settings().public_url}{path}", parameters)
    return client.post(path, data=urlencode(parameters), content_type=FORM, headers=signed)


def mail(client: FlaskClient, address: str, raw: bytes = MAIL, **how: object) -> TestResponse:
    body = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + raw + b"\r\n--x--\r\n"
    path = f"{HOOKS}/sendgrid/inbound/{address}"
    return client.post(path, data=body, content_type="multipart/form-data; boundary=x", **how)


def test_a_signed_batch_is_kept_once_and_always_answered_alike(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str]
) -> None:
    answers = [events(nobody, connections["sendgrid"], BATCH, signing.sendgrid(BATCH)) for _ in range(3)]
    assert {(answer.status_code, answer.data) for answer in answers} == {(204, b"")}
    assert stored(tenant) == [("sendgrid", "sendgrid.event", event["sg_event_id"]) for event in EVENTS]


def test_a_replay_23_hours_later_is_accepted_and_kept_once(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str]
) -> None:
    hours_ago = str(1_760_000_000)  # P12: SendGrid's timestamps may be a day old, and no tolerance may drop them
    for _ in range(2):
        assert events(nobody, connections["sendgrid"], BATCH, signing.sendgrid(BATCH, hours_ago)).status_code == 204
    assert len(stored(tenant)) == 2


@pytest.mark.parametrize("body", [BATCH + b" ", BATCH.replace(b" ", b""), b"[]"])
def test_the_signature_is_over_the_very_bytes(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str], body: bytes
) -> None:
    assert events(nobody, connections["sendgrid"], body, signing.sendgrid(BATCH)).status_code == 401  # P11
    assert events(nobody, connections["sendgrid"], body, signing.sendgrid(body)).status_code == 204
    assert len(stored(tenant)) in {0, 2}


def test_a_wrong_or_missing_signature_stores_nothing(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str]
) -> None:
    good = signing.sendgrid(BATCH)
    name, when = good
    bad = ({}, {name: good[name]}, {when: good[when]}, good | {name: "AAAA"}, good | {name: "ü"}, good | {when: "1"})
    for headers in bad:
        answer = events(nobody, connections["sendgrid"], BATCH, headers)
        assert (answer.status_code, answer.json["code"]) == (401, "bad_signature"), headers
    assert twilio(nobody, f"{HOOKS}/twilio/status/{connections['twilio']}", STATUS, "https://x.example.com/").status_code == 401  # fmt: skip  # noqa: E501
    for headers in ({}, signing.calendly(BOOKED + b" "), {"Calendly-Webhook-Signature": "t=1,v1="}):
        path = f"{HOOKS}/calendly/{connections['calendly']}"
        assert nobody.post(path, data=BOOKED, headers=headers).status_code == 401
    for query in ("", "token=wrong", "token=", f"token={signing.INBOUND_TOKEN}%ff", "token=%00", "token"):
        assert mail(nobody, connections["sendgrid"], query_string=query).status_code == 401
    assert stored(tenant) == []


def test_a_connection_without_a_key_lets_nobody_in(nobody: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        bare = {provider: str(a_connection(session, tenant, provider=provider).id) for provider in SECRETS}
    assert events(nobody, bare["sendgrid"], BATCH, signing.sendgrid(BATCH)).status_code == 401
    assert mail(nobody, bare["sendgrid"], query_string={"token": ""}).status_code == 401
    assert twilio(nobody, f"{HOOKS}/twilio/status/{bare['twilio']}", STATUS).status_code == 401
    answer = nobody.post(f"{HOOKS}/calendly/{bare['calendly']}", data=BOOKED, headers=signing.calendly(BOOKED))
    assert answer.status_code == 401
    assert stored(tenant) == []


@pytest.mark.parametrize("path", ["sendgrid/events", "sendgrid/inbound", "twilio/status", "twilio/inbound", "calendly"])
def test_an_unknown_connection_or_one_of_another_provider_is_not_found(
    nobody: FlaskClient, connections: dict[str, str], path: str
) -> None:
    own = path.partition("/")[0]
    others = [id_ for provider, id_ in connections.items() if provider != own]
    for address in (str(uuid4()), "nonsense", "%00", *others):
        answer = nobody.post(f"{HOOKS}/{path}/{address}", data=BATCH, headers=signing.sendgrid(BATCH))
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_the_tenant_is_the_connections(
    nobody: FlaskClient, tenant: UUID, other_tenant: UUID, connections: dict[str, str]
) -> None:
    events(nobody, connections["sendgrid"], BATCH, signing.sendgrid(BATCH))
    assert (len(stored(tenant)), stored(other_tenant)) == (2, [])


def test_a_body_that_is_too_large_is_refused_and_not_stored(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str]
) -> None:
    large = b"[" + b" " * doors.EVENT_BYTES + b"]"
    assert events(nobody, connections["sendgrid"], large, signing.sendgrid(large)).status_code == 413
    huge = MAIL + b"x" * doors.MAIL_BYTES
    answer = mail(nobody, connections["sendgrid"], huge, query_string={"token": signing.INBOUND_TOKEN})
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert stored(tenant) == []
    some_megabytes = MAIL + b"x" * doors.EVENT_BYTES
    answer = mail(nobody, connections["sendgrid"], some_megabytes, query_string={"token": signing.INBOUND_TOKEN})
    assert answer.status_code == 204


@pytest.mark.parametrize("body", [b"{", b"{}", b"[1]", b"[" * 50_000, b'[{"x":1e999}]', b'[{"x":NaN}]', b"[\xff]"])
def test_what_is_signed_but_no_batch_is_a_bad_request(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str], body: bytes
) -> None:
    answer = events(nobody, connections["sendgrid"], body, signing.sendgrid(body))
    assert answer.status_code in {400, 401}  # SendGrid signs text: bytes that are none cannot be its own
    assert stored(tenant) == []


def test_a_text_message_is_kept_with_all_it_says_and_answered_with_nothing_to_say(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str]
) -> None:
    for path, parameters in (("status", STATUS), ("inbound", TEXT)):
        for _ in range(2):
            answer = twilio(nobody, f"{HOOKS}/twilio/{path}/{connections['twilio']}", parameters)
            assert (answer.status_code, answer.mimetype, answer.data) == (200, "text/xml", b"<Response/>")
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT kind, event_id, payload FROM inbound_events ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [
        ("twilio.status", "SM1:delivered", STATUS),
        ("twilio.inbound", "SM2:received", TEXT),
    ]


def test_behind_a_proxy_the_public_address_counts_and_not_the_host_header(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "public_url", "https://rex.example.com")  # P11
    path = f"{HOOKS}/twilio/status/{connections['twilio']}?b=2&a=1%2B1&bodySHA256="
    right, wrong = f"https://rex.example.com{path}", f"http://localhost{path}"
    assert twilio(nobody, path, STATUS, wrong).status_code == 401
    assert twilio(nobody, path, STATUS, right).status_code == 200
    assert stored(tenant) == [("twilio", "twilio.status", "SM1:delivered")]


def test_a_status_that_two_web_workers_get_at_once_is_one_row(
    app: Flask, tenant: UUID, connections: dict[str, str]
) -> None:
    together = Barrier(4)  # P13

    def post(_: int) -> int:
        together.wait()
        return twilio(app.test_client(), f"{HOOKS}/twilio/status/{connections['twilio']}", STATUS).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post, range(4))) == {200}
    assert len(stored(tenant)) == 1


def test_a_mail_is_kept_byte_for_byte(nobody: FlaskClient, tenant: UUID, connections: dict[str, str]) -> None:
    for _ in range(2):
        answer = mail(nobody, connections["sendgrid"], query_string={"token": signing.INBOUND_TOKEN})
        assert answer.status_code == 204
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT kind, raw FROM inbound_events")).one() == ("sendgrid.inbound", MAIL)


def test_the_token_may_come_as_a_password_and_a_signature_counts_more(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str]
) -> None:
    basic = base64.b64encode(f"rex:{signing.INBOUND_TOKEN}".encode()).decode()
    assert mail(nobody, connections["sendgrid"], headers={"Authorization": f"Basic {basic}"}).status_code == 204
    forged = {"Authorization": f"Basic {basic}"} | signing.sendgrid(b"something else")
    assert mail(nobody, connections["sendgrid"], headers=forged).status_code == 401


def test_an_invitee_is_kept_once(nobody: FlaskClient, tenant: UUID, connections: dict[str, str]) -> None:
    for _ in range(2):
        path = f"{HOOKS}/calendly/{connections['calendly']}"
        assert nobody.post(path, data=BOOKED, headers=signing.calendly(BOOKED)).status_code == 204
    assert stored(tenant) == [("calendly", "calendly", "invitee.created https://api.example.com/invitees/1")]


def test_no_key_session_or_limit_stands_before_a_provider(
    nobody: FlaskClient, connections: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "requests_per_minute", 1)
    sent = {events(nobody, connections["sendgrid"], BATCH, signing.sendgrid(BATCH)).status_code for _ in range(5)}
    assert sent == {204}
    assert nobody.get(f"{HOOKS}/sendgrid/events/{connections['sendgrid']}").status_code == 405


def _unsigned(_: bytes) -> dict[str, str]:
    return {}


TYPES = some.sampled_from(
    ["application/json", FORM, "multipart/form-data; boundary=x", "multipart/form-data", "", "\xfc"]
)


@RULES
@given(body=some.binary(max_size=300), kind=TYPES)
@pytest.mark.parametrize("sign", [_unsigned, signing.sendgrid, signing.calendly])
def test_any_bytes_get_an_answer(
    nobody: FlaskClient, connections: dict[str, str], sign: Callable[[bytes], dict[str, str]], body: bytes, kind: str
) -> None:
    doors_of = {"sendgrid/events": "sendgrid", "sendgrid/inbound": "sendgrid", "twilio/inbound": "twilio"}
    for path, provider in (doors_of | {"calendly": "calendly"}).items():
        address = f"{HOOKS}/{path}/{connections[provider]}?token={signing.INBOUND_TOKEN}"
        answer = nobody.post(address, data=body, content_type=kind, headers=sign(body))
        assert answer.status_code in {200, 204, 400, 401}, answer.text


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20) | some.just("\ud800\0"),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
NAMES = some.sampled_from(["sg_event_id", "event", "uri", "payload", "timestamp"])


@RULES
@given(content=some.lists(some.dictionaries(NAMES | some.text(max_size=5), JSON, max_size=4), max_size=3) | JSON)
def test_any_signed_json_gets_an_answer(nobody: FlaskClient, connections: dict[str, str], content: object) -> None:
    body = json.dumps(content).encode()
    assert events(nobody, connections["sendgrid"], body, signing.sendgrid(body)).status_code in {204, 400}
    path = f"{HOOKS}/calendly/{connections['calendly']}"
    assert nobody.post(path, data=body, headers=signing.calendly(body)).status_code in {204, 400}


@RULES
@given(
    parameters=some.dictionaries(
        some.sampled_from(["MessageSid", "MessageStatus", "Body"])
        | some.text(some.characters(codec="utf-8"), max_size=9),
        some.text(some.characters(codec="utf-8"), max_size=20) | some.just("a" * 5000),
        max_size=5,
    )
)
def test_any_signed_form_gets_an_answer(
    nobody: FlaskClient, connections: dict[str, str], parameters: dict[str, str]
) -> None:
    for path in ("status", "inbound"):
        answer = twilio(nobody, f"{HOOKS}/twilio/{path}/{connections['twilio']}", parameters)
        assert answer.status_code == 200, answer.text


def test_the_addresses_that_a_connection_shows_are_these_doors(
    admin: FlaskClient, nobody: FlaskClient, tenant: UUID
) -> None:
    def made(provider: str, known: dict[str, str], secret: dict[str, str]) -> dict[str, str]:
        body = {"provider": provider, "name": provider, "settings": known, "secret": secret}
        answer = admin.post("/api/rex/connections", json=body)
        assert answer.status_code == 201, answer.text
        public = config.settings().public_url
        return {what: url.removeprefix(public) for what, url in answer.json["webhooks"].items()}

    sendgrid = made("sendgrid", {"webhook_public_key": signing.sendgrid_public_key()}, {"api_key": "SG.x"})
    answer = nobody.post(sendgrid["events"], data=BATCH, headers=signing.sendgrid(BATCH))
    assert answer.status_code == 204
    body = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + MAIL + b"\r\n--x--\r\n"
    assert (
        nobody.post(sendgrid["inbound"], data=body, content_type="multipart/form-data; boundary=x").status_code == 204
    )
    account = {"account_sid": f"AC{'0' * 32}", "service_sid": f"MG{'0' * 32}"}
    texts = made("twilio", account, {"auth_token": signing.TWILIO_TOKEN})
    assert {twilio(nobody, texts[what], STATUS).status_code for what in ("status", "inbound")} == {200}
    booked = made("calendly", {}, {"signing_key": signing.CALENDLY_KEY})
    assert nobody.post(booked["events"], data=BOOKED, headers=signing.calendly(BOOKED)).status_code == 204
    assert len(stored(tenant)) == 6


def test_a_parameter_that_comes_twice_is_signed_with_each_value(
    nobody: FlaskClient, tenant: UUID, connections: dict[str, str]
) -> None:
    path = f"{HOOKS}/twilio/inbound/{connections['twilio']}"
    # As Twilio's own library signs it: each value once, in order.
    signed = signing.twilio(
        f"{config.settings().public_url}{path}", {"Body": "hi", "MessageSid": "SM5", "Tag": "aTagb"}
    )
    body = b"MessageSid=SM5&Tag=b&Tag=a&Tag=a&Body=hi"
    assert nobody.post(path, data=body, content_type=FORM, headers=signed).status_code == 200
    assert nobody.post(path, data=b"MessageSid=SM5&Tag=b&Body=hi", content_type=FORM, headers=signed).status_code == 401
    assert len(stored(tenant)) == 1

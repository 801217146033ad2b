"""Endpoints are kept whole or refused with everything that is wrong; a secret is shown once."""

from dataclasses import asdict
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.webhooks import endpoint_fields, endpoint_views, endpoints
from rex_celery.webhooks.endpoints import Wanted
from tests.webhooks.rows import an_endpoint, happen, seal, unseal


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://example.com/", "is not encrypted"),
        ("ftp://example.com/", "is not encrypted"),
        ("https://", "names no server"),
        ("https://example.com:port/", "is no address"),
        ("https://exa mple.com/", "is no address"),
        ("https://[::1/", "is no address"),
        ("https://a:b@example.com/", "holds a login"),
        ("https://127.0.0.1/", "leads into a private network"),
        ("https://[::ffff:10.0.0.1]/", "leads into a private network"),
        ("https://app.localhost/", "leads into a private network"),
        ("https://example.com/" + "x" * 2000, "is no address"),
    ],
)
def test_an_address_that_will_not_do_is_refused(url: str, wrong: str) -> None:
    with pytest.raises(InvalidError) as refused:
        endpoint_fields.check(url, (), private=False)
    assert [problem.what for problem in refused.value.problems] == [wrong]


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidError) as refused:
        endpoint_fields.check("http://u@127.0.0.1/", ("mission.*", "Mission", "a.*.b", ""), private=False)
    assert len(refused.value.problems) == 6


@pytest.mark.parametrize("name", ["mission.moved.*", "mission.*.moved", "nope.*", "mission", "reply.recieved", ".*"])
def test_events_that_never_happen_are_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(InvalidError) as refused:
        endpoint_fields.check("https://hooks.example.com/", ("todo.*", name), private=False)
    (problem,) = refused.value.problems
    assert problem.where == "body.events.1"
    assert "reply.received" in problem.expected
    assert not refused.value.action


def test_within_the_own_network_only_when_it_is_allowed() -> None:
    with pytest.raises(InvalidError) as refused:
        endpoint_fields.check("http://127.0.0.1:9000/hook", (), private=False)
    assert "REX_WEBHOOKS_PRIVATE" in refused.value.action
    endpoint_fields.check("http://127.0.0.1:9000/hook", ("*",), private=True)
    endpoint_fields.check("https://hooks.example.com:8443/hook?x=1", ("mission.*", "reply.received"), private=False)


def test_the_secret_is_shown_once_and_stored_sealed(tenant: UUID) -> None:
    endpoint, secret = an_endpoint(tenant)
    assert secret not in str(asdict(endpoint))
    with db.transaction(tenant) as session:
        stored = session.scalar(text("SELECT secret FROM webhook_endpoints"))
        assert unseal(bytes(stored)) == {"secret": secret}
        fresh = endpoints.rotate(session, endpoint.id, seal, unseal, endpoint.created_at)
        assert unseal(bytes(session.scalar(text("SELECT secret FROM webhook_endpoints"))))["secret"] == fresh != secret


def test_fields_are_changed_one_by_one(tenant: UUID) -> None:
    endpoint, _ = an_endpoint(tenant, "https://hooks.example.com/a", "mission.*")
    with db.transaction(tenant) as session:
        changed = endpoints.change(session, endpoint.id, Wanted(description="ours"), private=False)
        assert (changed.url, changed.events, changed.description) == (endpoint.url, ("mission.*",), "ours")
        assert endpoints.change(session, endpoint.id, Wanted(events=()), private=False).events == ()
        with pytest.raises(InvalidError):
            endpoints.change(session, endpoint.id, Wanted(url="http://example.com"), private=False)


def test_endpoints_of_others_are_not_there(tenant: UUID, other_tenant: UUID) -> None:
    endpoint, _ = an_endpoint(tenant)
    with db.transaction(other_tenant) as session:
        assert endpoint_views.listed(session) == []
        for ask in (
            lambda: endpoints.change(session, endpoint.id, Wanted(), private=False),
            lambda: endpoints.delete(session, endpoint.id),
            lambda: endpoints.rotate(session, endpoint.id, seal, unseal, endpoint.created_at),
            lambda: endpoints.enable(session, other_tenant, endpoint.id, endpoint.created_at, skip_missed=False),
            lambda: endpoint_views.delivery(session, uuid4()),
        ):
            with pytest.raises(NotFoundError):
                ask()
    with db.transaction(tenant) as session:
        assert [one.id for one in endpoint_views.listed(session)] == [endpoint.id]
        endpoints.delete(session, endpoint.id)
        assert endpoint_views.listed(session) == []


def test_enabling_what_is_enabled_changes_nothing(tenant: UUID) -> None:
    endpoint, _ = an_endpoint(tenant)
    happen(tenant)
    with db.transaction(tenant) as session:
        endpoints.enable(session, tenant, endpoint.id, endpoint.created_at, skip_missed=True)
        assert session.scalar(text("SELECT after_seq FROM webhook_endpoints")) == 0

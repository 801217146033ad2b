"""Campaigns over HTTP."""

from uuid import UUID, uuid4

from flask.testing import FlaskClient

from rex_celery.tenancy.access import Role
from tests.web.conftest import Someone

ADDRESS = "/api/rex/campaigns"


def created(client: FlaskClient, **fields: object) -> dict[str, object]:
    order = {"name": "Spring", "sequence": "reactivation-soft"} | fields
    answer = client.post(ADDRESS, json=order)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json
    return found


def test_a_campaign_is_created_looked_at_and_changed(admin: FlaskClient) -> None:
    made = created(admin, policy={"caps": {"campaign_per_day": 40}})
    address = f"{ADDRESS}/{made['id']}"
    assert admin.get(address).json == made
    changed = admin.patch(address, json={"name": "Summer", "policy": {"holidays": False}}).json
    assert (changed["name"], changed["policy"]) == ("Summer", {"caps": {"campaign_per_day": 40}, "holidays": False})
    assert [one["name"] for one in admin.get(ADDRESS).json["items"]] == ["Summer"]


def test_a_campaign_is_held_and_goes_on(admin: FlaskClient) -> None:
    address = f"{ADDRESS}/{created(admin)['id']}"
    assert admin.post(f"{address}/pause").json["paused_at"]
    assert admin.post(f"{address}/pause").status_code == 409
    assert admin.post(f"{address}/resume").json["paused_at"] is None


def test_what_cannot_be_is_refused(admin: FlaskClient) -> None:
    made = created(admin)
    for order, status in (
        ({"name": "Spring", "sequence": "first-touch"}, 409),
        ({"name": "Other", "sequence": "no such"}, 404),
        ({"name": "Other", "sequence": "first-touch", "policy": {"colour": "red"}}, 422),
        ({"name": "", "sequence": "first-touch"}, 422),
    ):
        assert admin.post(ADDRESS, json=order).status_code == status, order
    answer = admin.patch(f"{ADDRESS}/{made['id']}", json={"policy": {"caps": {"campaign_per_day": "many"}}})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_policy")


def test_a_campaign_is_archived(admin: FlaskClient) -> None:
    address = f"{ADDRESS}/{created(admin)['id']}"
    assert admin.delete(address).status_code == 204
    assert admin.get(ADDRESS).json["items"] == []
    assert admin.delete(address).status_code == 409


def test_only_its_owner_and_those_who_may_change_it(someone: Someone, tenant: UUID, other_tenant: UUID) -> None:
    address = f"{ADDRESS}/{created(someone(tenant))['id']}"
    other, viewer = someone(other_tenant), someone(tenant, Role.VIEWER)
    assert viewer.get(address).status_code == 200
    assert viewer.patch(address, json={"name": "x"}).status_code == 403
    for place in (address, f"{ADDRESS}/{uuid4()}"):
        assert other.get(place).status_code == 404
        assert other.patch(place, json={"name": "x"}).status_code == 404
        assert other.delete(place).status_code == 404
        assert other.post(f"{place}/pause").status_code == 404
        assert other.post(f"{place}/resume").status_code == 404

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from rex_celery.outreach import policies
from rex_celery.outreach.policy import STANDARD
from rex_celery.tenancy.access import Role
from tests.web.conftest import Someone

URL = "/api/rex/settings/policy"


def test_a_new_tenant_has_rex_s_own_policy(admin: FlaskClient) -> None:
    assert admin.get(URL).json == policies.written(STANDARD)


def test_what_is_changed_is_shown_and_the_rest_stays(admin: FlaskClient) -> None:
    changes = {"hours": {"end": "12:30"}, "caps": {"tenant_per_day": None}, "sms_law": {"US-FL": {**NINE, "days": [1]}}}

    answer = admin.patch(URL, json=changes)

    expected = policies.written(STANDARD) | {"sms_law": changes["sms_law"]}
    expected["hours"]["end"], expected["caps"]["tenant_per_day"] = "12:30", None
    assert (answer.status_code, answer.json) == (200, expected)
    assert admin.get(URL).json == expected
    assert admin.patch(URL, json=dict.fromkeys(changes)).json == policies.written(STANDARD)


NINE = {"start": "09:00", "end": "10:00"}


def test_all_that_is_wrong_is_told_at_once(admin: FlaskClient) -> None:
    answer = admin.patch(URL, json={"holliday": True, "timezone": "CET/Berlin", "caps": {"inbox_per_day": -1}})

    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (
        422,
        "application/problem+json",
        "invalid_policy",
    )
    assert {error["where"]: error["expected"] for error in answer.json["errors"]} == {
        "policy.holliday": "holidays",
        "policy.timezone": "Europe/Berlin",
        "policy.caps.inbox_per_day": "a whole number from 1 to 1000000",
    }
    assert admin.get(URL).json == policies.written(STANDARD)


def test_a_schedule_that_never_opens_is_refused(admin: FlaskClient) -> None:
    answer = admin.patch(URL, json={"hours": {"days": []}})

    assert (answer.status_code, answer.json["code"]) == (422, "schedule_unsatisfiable")


@pytest.mark.parametrize(("role", "method", "status"), [(Role.VIEWER, "get", 200), (Role.OPERATOR, "patch", 403)])
def test_everybody_sees_it_and_admins_change_it(
    someone: Someone, tenant: UUID, role: Role, method: str, status: int
) -> None:
    assert someone(tenant, role).open(URL, method=method.upper(), json={}).status_code == status


@pytest.mark.parametrize("body", ["[]", "5", '{"caps": [[[]]]}', '{"timezone": {"a": 1}}', '{"sms_law": {"": 1}}'])
def test_any_body_gets_an_answer(admin: FlaskClient, body: str) -> None:
    assert admin.patch(URL, data=body, content_type="application/json").status_code == 422


def test_its_description_names_every_field_that_may_be_set(nobody: FlaskClient) -> None:
    described = nobody.get("/api/rex/openapi.json").json["components"]["schemas"]

    assert set(described["PolicyChange"]["properties"]) == set(policies.written(STANDARD))
    assert set(described["SendingPolicy"]["required"]) == set(policies.written(STANDARD))

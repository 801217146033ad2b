import json
from datetime import date
from decimal import Decimal

from rex_celery.leads import columns
from rex_celery.leads.normalising import Normaliser
from rex_celery.leads.rows import LeadRow, Rejection, Row


def _read(**cells: str) -> LeadRow | Rejection:
    header, values = list(cells), list(cells.values())
    layout = columns.layout(header, [values], None)
    return Normaliser(layout, [values]).lead(Row(7, values, sum(map(len, values))))


def _lead(**cells: str) -> LeadRow:
    lead = _read(**cells)
    assert isinstance(lead, LeadRow)
    return lead


def _rejection(**cells: str) -> Rejection:
    rejection = _read(**cells)
    assert isinstance(rejection, Rejection)
    return rejection


def test_a_row_becomes_a_lead_in_one_spelling() -> None:
    lead = _lead(
        Email=" ADA@Example.com",
        Name="Dr. ADA LOVELACE",
        Phone="(202) 555-0143 x9",
        State="Ohio",
        Country="USA",
        Create_Date="3/14/2026",
        Last_Activity_Date="2026-04-01",
        Activities="4",
        Amount="$1,200.50",
        Company=" Acme ",
        Notes="N/A",
    )
    assert lead == LeadRow(
        line=7,
        email="ada@example.com",
        phone="+12025550143",
        first_name="Ada",
        last_name="Lovelace",
        region="Ohio",
        country="US",
        timezone="America/New_York",
        timezone_source="region",
        crm_created_on=date(2026, 3, 14),
        last_activity_on=date(2026, 4, 1),
        activities=4,
        deal_value=Decimal("1200.50"),
        extra='{"phone_extension": "9"}',
        company="Acme",
        title=None,
        city=None,
        source=None,
        status=None,
        crm_id=None,
        last_activity=None,
        deal_stage=None,
        notes=None,
        linkedin_url=None,
    )


def test_a_broken_telephone_number_does_not_cost_the_person() -> None:
    lead = _lead(Email="ada@example.com", Phone="3222538271", Country="USA")
    assert lead.phone is None
    assert json.loads(lead.extra or "") == {"unread": {"phone": "3222538271: not a valid telephone number"}}


def test_values_that_cannot_be_read_are_left_out_and_noted() -> None:
    lead = _lead(Email="ada@example.com", Amount="a lot", Activities="few", Last_Activity_Date="03/04/2026")
    assert (lead.deal_value, lead.activities, lead.last_activity_on) == (None, None, None)
    assert set(json.loads(lead.extra or "")["unread"]) == {"deal_value", "activities", "last_activity_on"}


def test_columns_without_a_field_are_kept() -> None:
    lead = _lead(Email="ada@example.com", Favourite_Colour="blue", Empty="")
    assert json.loads(lead.extra or "") == {"Favourite_Colour": "blue"}


def test_a_person_may_be_known_by_the_telephone_only() -> None:
    lead = _lead(Email="", Phone="+1 202 555 0143")
    assert (lead.email, lead.phone) == (None, "+12025550143")


def test_first_and_last_name_go_before_the_full_name() -> None:
    lead = _lead(Email="ada@example.com", First_Name="Ada", Last_Name="King", Full_Name="Ada Lovelace")
    assert (lead.first_name, lead.last_name) == ("Ada", "King")


def test_a_stated_time_zone_goes_before_a_found_one() -> None:
    lead = _lead(Email="ada@example.com", Timezone="Europe/London", State="Ohio", Country="USA")
    assert (lead.timezone, lead.timezone_source) == ("Europe/London", "stated")


def test_a_state_by_its_name_tells_how_a_number_is_dialled() -> None:
    assert _lead(Email="ada@example.com", Phone="202 555 0143", State="Ohio").phone == "+12025550143"


def test_a_broken_address_is_rejected_with_its_column_even_with_a_number() -> None:
    rejection = _rejection(Name="Ada", Email="ada@@example.com", Phone="+12025550143")
    assert (rejection.line, rejection.column, rejection.value) == (7, "Email", "ada@@example.com")
    assert "not an e-mail address" in rejection.reason


def test_nobody_is_rejected() -> None:
    assert _rejection(Name="Ada", Email="", Phone="").reason == "there is no e-mail address and no telephone number"
    rejection = _rejection(Name="Ada", Phone="12")
    assert (rejection.column, rejection.value) == ("Phone", "12")
    assert "not a valid telephone number" in rejection.reason


def test_a_value_too_long_for_its_field_is_rejected_with_its_column() -> None:
    rejection = _rejection(Email="ada@example.com", Company="x" * 501)
    assert (rejection.column, rejection.reason) == ("Company", "longer than 500 characters")
    assert _lead(Email="ada@example.com", Notes="x" * 20_000).notes == "x" * 20_000
    assert _rejection(Email="ada@example.com", Notes="x" * 20_001).reason == "longer than 20000 characters"

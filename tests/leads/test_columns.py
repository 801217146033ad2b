import csv

import pytest

from rex_celery.errors import InvalidError
from rex_celery.leads import columns
from rex_celery.leads.headers import Field
from tests.leads.lists import SAMPLE

HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Company Name,City,State/Region,Country/Region,"
    "Lead Status,Original Source,Create Date,Last Activity Date,Number of Sales Activities,LinkedIn URL,Contact owner"
)
SALESFORCE = (
    "Lead ID,First Name,Last Name,Title,Company / Account,Email,Mobile,Mailing City,Mailing State/Province,"
    "Mailing Country,Lead Source,Lead Status,Created Date,Last Activity,Stage,Amount,Lead Owner"
)
PIPEDRIVE = (
    "Person - ID,Person - Name,Person - Email,Person - Phone,Organization - Name,Deal - Title,Deal - Stage,"
    "Deal - Value,Deal - Last activity date"
)


def _guess(header: str, *rows: str) -> dict[str, str]:
    return columns.layout(header.split(","), [row.split(",") for row in rows], None).columns()


def test_every_column_of_the_sample_list_is_known() -> None:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert columns.layout(header, rows, None).columns() == {
        "Record ID": "crm_id",
        "Full Name": "full_name",
        "Email": "email",
        "Phone Number": "phone",
        "City": "city",
        "State/Region": "region",
        "Country": "country",
        "Lead Source": "source",
        "Lead Status": "status",
        "Create Date": "crm_created_on",
        "Last Activity Date": "last_activity_on",
        "Last Activity": "last_activity",
        "Activities": "activities",
        "Deal Stage": "deal_stage",
        "Deal Amount": "deal_value",
        "Notes": "notes",
    }


def test_an_export_of_hubspot_is_known() -> None:
    found = _guess(HUBSPOT)
    assert [name for name, field in found.items() if not field] == ["Contact owner"]
    assert found["Original Source"] == "source"
    assert found["Number of Sales Activities"] == "activities"


def test_an_export_of_salesforce_is_known_and_its_last_activity_is_a_date() -> None:
    row = "00Q1,Ada,Lovelace,CEO,Acme,ada@example.com,,,,,Web,Open,3/14/2026,3/15/2026,Closed Lost,100,Bob"
    found = _guess(SALESFORCE, row)
    assert [name for name, field in found.items() if not field] == ["Lead Owner"]
    assert found["Title"] == "title"
    assert found["Last Activity"] == "last_activity_on"


def test_an_export_of_pipedrive_is_known_and_the_title_of_a_deal_is_no_job() -> None:
    found = _guess(PIPEDRIVE)
    assert [name for name, field in found.items() if not field] == ["Deal - Title"]
    assert found["Organization - Name"] == "company"


def test_case_spaces_and_signs_do_not_matter() -> None:
    assert _guess(" E-Mail ,FIRST_NAME,phone  number") == {
        "E-Mail": "email",
        "FIRST_NAME": "first_name",
        "phone number": "phone",
    }


def test_the_best_of_several_columns_for_a_field_is_taken_and_the_others_kept() -> None:
    found = columns.layout(["Mobile", "Phone", "Email"], [], None)
    assert found.places[Field.PHONE] == 1
    assert found.extras == (("Mobile", 0),)


def test_equal_names_are_told_apart() -> None:
    assert list(_guess("Email,Note,Note,")) == ["Email", "Note", "Note (2)", "Column 4"]


def test_a_mapping_settles_what_the_header_leaves_open() -> None:
    found = columns.layout(["Kontakt", "Firma", "Notes"], [], {"Kontakt": "email", "Firma": "company", "Notes": ""})
    assert found.columns() == {"Kontakt": "email", "Firma": "company", "Notes": ""}
    assert found.extras == ()


def test_a_mapping_may_overrule_the_guess() -> None:
    found = columns.layout(["Email", "Work Email"], [], {"Work Email": "email"})
    assert found.columns() == {"Email": "", "Work Email": "email"}


def test_a_list_without_anybody_to_know_is_refused_with_what_was_found() -> None:
    with pytest.raises(InvalidError) as refused:
        columns.layout(["Name", "Company"], [], None)
    assert refused.value.code == "csv_columns"
    [problem] = refused.value.problems
    assert "Name, Company" in problem.what
    assert "Email" in problem.expected


def test_a_list_without_a_header_is_recognised() -> None:
    with pytest.raises(InvalidError) as refused:
        columns.layout(["Ada", "ada@example.com"], [], None)
    assert "must name the columns" in refused.value.problems[0].what


@pytest.mark.parametrize(
    "mapping",
    [{"Nowhere": "email"}, {"Email": "shoe_size"}, {"Email": "email", "Other": "email"}],
)
def test_a_mapping_that_does_not_fit_is_refused_with_each_fault(mapping: dict[str, str]) -> None:
    with pytest.raises(InvalidError) as refused:
        columns.layout(["Email", "Other"], [], mapping)
    assert refused.value.code == "csv_mapping"
    assert len(refused.value.problems) == 1

"""Who belongs to which company: the registrable domain decides, and free mail makes nobody a colleague."""

import pytest

from rex_celery.outreach.companies import company_of


@pytest.mark.parametrize(
    ("address", "company"),
    [
        ("grace@navy.example", "navy.example"),
        ("grace@mail.Navy.example", "navy.example"),
        ("grace@sales.navy.co.uk", "navy.co.uk"),
        ("grace@gmail.com", None),
        ("grace@yahoo.co.jp", None),
        ("grace@example.com", None),
        ("grace@navy.example.com", "navy.example.com"),
        ("", None),
    ],
)
def test_the_company_of_an_address(address: str, company: str | None) -> None:
    assert company_of(address) == company

from uuid import UUID

from rex_celery import config, db
from rex_celery.leads import queries
from tests.leads.lists import take_in

EXAMPLE = config.CHECKOUT / "examples" / "leads.csv"


def test_the_example_list_shows_every_fate_of_a_row(tenant: UUID) -> None:
    """52 rows: 45 people, four more rows of people who are there already, three rows that cannot be taken."""
    with EXAMPLE.open("rb") as file:
        result = take_in(file, tenant)
    assert (result.rows, result.created, result.merged, result.rejected) == (52, 45, 4, 3)
    assert all(result.columns.values())


def test_nobody_in_the_example_list_can_be_reached(tenant: UUID) -> None:
    with EXAMPLE.open("rb") as file:
        take_in(file, tenant)
    with db.transaction(tenant) as session:
        leads = queries.page(session, limit=100, cursor=None).items
    reserved = ("example.com", "example.net", "example.org")
    assert all(lead.email is None or lead.email.endswith(reserved) for lead in leads)
    american = [lead.phone for lead in leads if lead.phone and lead.phone.startswith("+1")]
    assert len(american) > 20
    assert all(phone[5:10] == "55501" for phone in american)

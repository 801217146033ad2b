import json
from datetime import date
from decimal import Decimal

from rex_celery.leads.merging import PAIRS, RULES, merge
from rex_celery.leads.rows import LeadRow


def _row(**fields: object) -> LeadRow:
    blank = LeadRow(*(None for _ in LeadRow._fields))  # type: ignore[arg-type]
    return blank._replace(line=1, email="ada@example.com")._replace(**fields)  # type: ignore[arg-type]


OLD, NEW = date(2025, 1, 1), date(2026, 1, 1)


def test_every_field_has_exactly_one_rule() -> None:
    ruled = [*RULES, *(field for pair in PAIRS for field in pair), "line", "extra"]
    assert sorted(ruled) == sorted(LeadRow._fields)


def test_the_newer_activity_knows_better_in_whichever_order_the_rows_come() -> None:
    old = _row(last_activity_on=OLD, title="Clerk", status="New")
    new = _row(last_activity_on=NEW, title="Director", status="Lost")
    for merged in (merge(old, new), merge(new, old)):
        assert (merged.title, merged.status, merged.last_activity_on) == ("Director", "Lost", NEW)


def test_a_blank_never_replaces_a_value() -> None:
    known = _row(last_activity_on=OLD, title="Clerk", company="Acme")
    merged = merge(known, _row(last_activity_on=NEW, title="Director"))
    assert (merged.title, merged.company) == ("Director", "Acme")


def test_an_older_row_fills_blanks() -> None:
    merged = merge(_row(last_activity_on=NEW), _row(last_activity_on=OLD, title="Clerk"))
    assert (merged.title, merged.last_activity_on) == ("Clerk", NEW)


def test_without_dates_the_later_row_knows_better() -> None:
    assert merge(_row(title="Clerk"), _row(title="Director")).title == "Director"
    assert merge(_row(title="Clerk", last_activity_on=OLD), _row(title="Director")).title == "Clerk"


def test_activities_are_not_added_up_because_both_rows_may_count_the_same_ones() -> None:
    assert merge(_row(activities=3), _row(activities=5)).activities == 5
    assert merge(_row(activities=5), _row(activities=3)).activities == 5


def test_stage_and_value_are_of_the_same_deal() -> None:
    won = _row(last_activity_on=OLD, deal_stage="Closed Won", deal_value=Decimal(900))
    begun = _row(last_activity_on=NEW, deal_stage="Prospecting")
    merged = merge(won, begun)
    assert (merged.deal_stage, merged.deal_value) == ("Prospecting", None)
    assert merge(begun, won).deal_value is None
    assert merge(_row(last_activity_on=NEW), won).deal_value == Decimal(900)


def test_the_first_telephone_stays_and_the_other_is_noted() -> None:
    merged = merge(_row(phone="+12025550143"), _row(phone="+12025550199", last_activity_on=NEW))
    assert merged.phone == "+12025550143"
    assert json.loads(merged.extra or "") == {"other_phone": "+12025550199"}


def test_the_earliest_beginning_and_the_first_number_in_the_crm_stay() -> None:
    merged = merge(_row(crm_created_on=NEW, crm_id="7"), _row(crm_created_on=OLD, crm_id="8"))
    assert (merged.crm_created_on, merged.crm_id) == (OLD, "7")


def test_columns_without_a_field_are_merged_like_the_others() -> None:
    known = _row(last_activity_on=OLD, extra='{"a": "old", "b": "kept"}')
    assert json.loads(merge(known, _row(last_activity_on=NEW, extra='{"a": "new"}')).extra or "") == {
        "a": "new",
        "b": "kept",
    }


def test_merging_a_row_again_changes_nothing() -> None:
    known = _row(last_activity_on=OLD, title="Clerk", activities=2, deal_stage="Negotiation")
    row = _row(last_activity_on=NEW, company="Acme", deal_value=Decimal(5))
    once = merge(known, row)
    assert merge(once, row) == once

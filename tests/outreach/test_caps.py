from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from rex_celery import db
from rex_celery.outreach import caps, policies
from rex_celery.outreach.caps import Ask, Hold
from rex_celery.outreach.policy import Caps, Policy
from tests.factories import an_inbox

NOW = datetime(2026, 5, 5, 12, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 6, tzinfo=UTC)
NEXT_HOUR = datetime(2026, 5, 5, 13, tzinfo=UTC)
ENDLESS = Caps(tenant_per_day=None, domain_per_day=None, inbox_per_day=None, inbox_per_hour=None)


@pytest.fixture
def inbox(tenant: UUID) -> UUID:
    with db.transaction(tenant) as session:
        return an_inbox(session, tenant).id


def ask(inbox: UUID, **fields: object) -> Ask:
    known = Ask(uuid4(), uuid4(), inbox, "mail.acme.co.uk", "google", uuid4(), new_lead=False)
    return replace(known, **fields)  # type: ignore[arg-type]


def limited(**limits: int | None) -> Policy:
    return Policy(caps=replace(ENDLESS, **limits))  # type: ignore[arg-type]


def reserve(tenant: UUID, asks: Sequence[Ask], policy: Policy, now: datetime = NOW) -> dict[UUID, Hold | None]:
    with db.transaction(tenant) as session:
        return caps.reserve(session, tenant, asks, policy, now)


def granted(tenant: UUID, asks: Sequence[Ask], policy: Policy, now: datetime = NOW) -> int:
    return sum(hold is None for hold in reserve(tenant, asks, policy, now).values())


def settle(how: Callable[..., None], tenant: UUID, asks: Sequence[Ask], at: datetime = NOW) -> None:
    with db.transaction(tenant) as session:
        how(session, tenant, asks, at)


def usage(tenant: UUID) -> dict[str, tuple[int, int]]:
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT scope, sum(reserved), sum(committed) FROM cap_usage GROUP BY scope"))
        return {row[0]: (row[1], row[2]) for row in rows}


@pytest.mark.parametrize(
    ("cap", "hold"),
    [
        ("tenant_per_day", Hold("waiting_cap_tenant", MIDNIGHT)),
        ("domain_per_day", Hold("waiting_cap_domain", MIDNIGHT)),
        ("inbox_per_day", Hold("waiting_cap_inbox", MIDNIGHT)),
        ("inbox_per_hour", Hold("waiting_cap_inbox", NEXT_HOUR)),
        ("recipient_provider_per_hour", Hold("waiting_cap_recipient", NEXT_HOUR)),
        ("campaign_per_day", Hold("waiting_cap_campaign", MIDNIGHT)),
        ("new_leads_per_day", Hold("waiting_cap_new_leads", MIDNIGHT)),
    ],
)
def test_each_cap_holds_what_is_beyond_it_until_its_slot_ends(tenant: UUID, inbox: UUID, cap: str, hold: Hold) -> None:
    campaign = uuid4()
    asks = [ask(inbox, campaign=campaign, new_lead=True) for _ in range(5)]

    answers = reserve(tenant, asks, limited(**{cap: 3}))

    assert [answers[one.message_id] for one in asks] == [None, None, None, hold, hold]
    assert granted(tenant, [ask(inbox, campaign=campaign, new_lead=True)], limited(**{cap: 3})) == 0
    later = [ask(inbox, campaign=campaign, new_lead=True) for _ in range(5)]
    assert granted(tenant, later, limited(**{cap: 3}), hold.until) == 3


def test_the_smallest_cap_wins_and_of_two_the_longer_wait(tenant: UUID, inbox: UUID) -> None:
    asks = [ask(inbox) for _ in range(4)]

    answers = reserve(tenant, asks, limited(inbox_per_hour=2, tenant_per_day=3))
    assert Counter(answers.values()) == {None: 2, Hold("waiting_cap_inbox", NEXT_HOUR): 2}

    both = reserve(tenant, [ask(inbox)], limited(inbox_per_hour=2, tenant_per_day=2))
    assert list(both.values()) == [Hold("waiting_cap_tenant", MIDNIGHT)]


def test_one_that_is_held_takes_no_room_from_those_behind_it(tenant: UUID, inbox: UUID) -> None:
    yahoo = [ask(inbox, recipient_provider="yahoo") for _ in range(3)]
    google = [ask(inbox) for _ in range(2)]
    policy = limited(recipient_provider_per_hour=2, tenant_per_day=4)

    assert granted(tenant, [*yahoo, *google], policy) == 4


def test_only_first_messages_count_as_new_people(tenant: UUID, inbox: UUID) -> None:
    campaign = uuid4()
    asks = [ask(inbox, campaign=campaign, new_lead=index % 2 == 0) for index in range(6)]

    assert granted(tenant, asks, limited(new_leads_per_day=1)) == 4


def test_p30_subdomains_share_the_cap_of_the_domain_that_was_bought(tenant: UUID, inbox: UUID) -> None:
    asks = [ask(inbox, domain=domain) for domain in ("acme.co.uk", "mail.acme.co.uk", "go.acme.co.uk", "other.co.uk")]

    assert granted(tenant, asks, limited(domain_per_day=2)) == 3


def test_an_inbox_s_own_caps_stand_in_the_place_of_the_policy_s(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        strong = an_inbox(session, tenant, per_day=4, per_hour=3).id

    asks = [ask(strong) for _ in range(6)]
    assert granted(tenant, asks, limited(inbox_per_day=1, inbox_per_hour=1)) == 3
    assert granted(tenant, asks, limited(inbox_per_day=1, inbox_per_hour=1), NEXT_HOUR) == 1


def test_a_message_without_domain_provider_or_campaign_has_fewer_caps(tenant: UUID, inbox: UUID) -> None:
    text_message = ask(inbox, domain="", recipient_provider="", campaign=None, new_lead=True)

    assert granted(tenant, [text_message], limited(domain_per_day=1, campaign_per_day=1, new_leads_per_day=1)) == 1
    assert set(usage(tenant)) == {"tenant_day", "inbox_day", "inbox_hour"}


def test_days_are_the_tenant_s_own_also_on_the_long_one(tenant: UUID, inbox: UUID) -> None:
    berlin = Policy(timezone="Europe/Berlin", caps=replace(ENDLESS, tenant_per_day=1))
    with db.transaction(tenant) as session:
        policies.change(session, tenant, {"timezone": "Europe/Berlin"}, "test")
    # 25 October 2026 has 25 hours in Berlin: from 22:00 of the 24th to 23:00 of the 25th in UTC.
    start, end = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)

    assert granted(tenant, [ask(inbox)], berlin, start - timedelta(seconds=1)) == 1
    assert granted(tenant, [ask(inbox)], berlin, start) == 1
    late = reserve(tenant, [ask(inbox)], berlin, end - timedelta(seconds=1))
    assert list(late.values()) == [Hold("waiting_cap_tenant", end)]
    assert granted(tenant, [ask(inbox)], berlin, end) == 1


def test_what_left_is_counted_and_what_did_not_is_given_back(tenant: UUID, inbox: UUID) -> None:
    asks = [ask(inbox, new_lead=True) for _ in range(3)]
    policy = limited(tenant_per_day=3)
    reserve(tenant, asks, policy)
    assert set(usage(tenant).values()) == {(3, 0)}

    settle(caps.spend, tenant, asks[:1])
    settle(caps.release, tenant, asks[1:])

    assert set(usage(tenant).values()) == {(0, 1)}
    assert granted(tenant, [ask(inbox) for _ in range(9)], policy) == 2


def test_what_was_reserved_before_midnight_is_settled_there(tenant: UUID, inbox: UUID) -> None:
    evening = MIDNIGHT - timedelta(minutes=1)
    asks = [ask(inbox) for _ in range(2)]
    reserve(tenant, asks, limited(), evening)

    settle(caps.spend, tenant, asks, evening)

    assert usage(tenant)["tenant_day"] == (0, 2)
    assert granted(tenant, [ask(inbox)], limited(tenant_per_day=1), MIDNIGHT) == 1


def test_a_worker_that_dies_between_reserving_and_sending_leaves_its_share_counted(tenant: UUID, inbox: UUID) -> None:
    asks = [ask(inbox) for _ in range(3)]
    reserve(tenant, asks, limited(tenant_per_day=4))

    # Nobody commits or releases. Whoever settles the messages later does, and only then there is room.
    assert granted(tenant, [ask(inbox) for _ in range(5)], limited(tenant_per_day=4)) == 1
    settle(caps.release, tenant, asks)
    assert granted(tenant, [ask(inbox) for _ in range(5)], limited(tenant_per_day=4)) == 3


def test_settling_twice_never_counts_below_nothing(tenant: UUID, inbox: UUID) -> None:
    asks = [ask(inbox)]
    reserve(tenant, asks, limited())

    settle(caps.release, tenant, asks)
    settle(caps.release, tenant, asks)

    assert set(usage(tenant).values()) == {(0, 0)}


def test_another_tenant_s_use_is_its_own(tenant: UUID, other_tenant: UUID, inbox: UUID) -> None:
    reserve(tenant, [ask(inbox)], limited(tenant_per_day=1))
    with db.transaction(other_tenant) as session:
        theirs = an_inbox(session, other_tenant).id

    assert granted(other_tenant, [ask(theirs)], limited(tenant_per_day=1)) == 1


@pytest.mark.parametrize("round_", range(3))
def test_eight_workers_at_once_spend_exactly_the_cap(tenant: UUID, inbox: UUID, round_: int) -> None:
    policy, campaigns = limited(tenant_per_day=100), [uuid4(), uuid4(), uuid4()]
    asks = [ask(inbox, campaign=campaigns[index % 3]) for index in range(1000)]

    with ThreadPoolExecutor(8) as workers:
        chunks = [asks[start : start + 25] for start in range(0, 1000, 25)]
        found = sum(workers.map(lambda chunk: granted(tenant, chunk, policy), chunks))

    assert found == 100
    assert usage(tenant)["tenant_day"] == (100, 0)


def test_workers_that_reserve_for_two_campaigns_in_either_order_do_not_block_each_other(
    tenant: UUID, inbox: UUID
) -> None:
    campaigns = [uuid4() for _ in range(4)]

    def claim(turn: int) -> None:
        order = campaigns if turn % 2 else campaigns[::-1]
        asks = [ask(inbox, campaign=campaign, domain=f"d{campaign}.example") for campaign in order]
        with db.transaction(tenant) as session:
            for one in asks:
                caps.reserve(session, tenant, [one], limited(), NOW)
        with db.transaction(tenant) as session:
            for one in reversed(asks):
                caps.spend(session, tenant, [one], NOW)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(claim, range(40)))

    assert usage(tenant)["tenant_day"] == (0, 160)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["reserve", "commit", "release"]), st.integers(1, 6)), max_size=12),
    st.integers(1, 10),
)
def test_whatever_the_order_the_cap_holds_and_the_books_agree(
    tenant: UUID, inbox: UUID, moves: list[tuple[str, int]], cap: int
) -> None:
    day = NOW + timedelta(days=int(uuid4()) % 100_000)
    open_: list[Ask] = []
    committed = 0
    for move, count in moves:
        if move == "reserve":
            asks = [ask(inbox) for _ in range(count)]
            answers = reserve(tenant, asks, limited(tenant_per_day=cap), day)
            open_ += [one for one in asks if answers[one.message_id] is None]
        else:
            chosen, open_ = open_[:count], open_[count:]
            settle(caps.spend if move == "commit" else caps.release, tenant, chosen, day)
            committed += len(chosen) if move == "commit" else 0
        assert len(open_) + committed <= cap
    with db.transaction(tenant) as session:
        rows = session.execute(
            text("SELECT reserved, committed FROM cap_usage WHERE scope = 'tenant_day' AND slot = :slot"),
            {"slot": day.replace(hour=0, minute=0)},
        ).all()
    assert [tuple(row) for row in rows] in ([], [(len(open_), committed)])

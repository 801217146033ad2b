"""Whom a mission would look at: its leads in parts, each with what the ledgers say of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.compliance import consent
from rex_celery.outreach import in_touch
from rex_celery.outreach.windows import Place
from rex_celery.vocabulary import Channel

MOST_LEADS = 20_000
STRIDE = 1_000

_COUNT_ALL = text("SELECT count(*) FROM leads")
_COUNT_LIST = text("SELECT count(*) FROM import_members WHERE import_id = :list")
_LEADS = """
SELECT l.id AS lead_id, l.email, l.phone, l.linkedin_url, l.first_name, l.last_name, l.company, l.city, l.last_activity,
  l.last_activity_on, l.activities, l.deal_stage, l.deal_value, l.notes, l.timezone, l.timezone_source, l.country,
  l.region
FROM leads AS l {join} WHERE l.id > :after ORDER BY l.id LIMIT :most
"""
_ALL = text(_LEADS.format(join=""))
_LIST = text(_LEADS.format(join="JOIN import_members AS i ON i.lead_id = l.id AND i.import_id = :list"))
_ENROLLED = text("SELECT lead_id FROM enrolments WHERE lead_id = ANY(CAST(:leads AS uuid[])) AND state = 'active'")


@dataclass(frozen=True, slots=True)
class Person:
    """A lead as the agents read it: ``strategy`` and ``channel`` are filled in once it has been scored."""

    lead_id: UUID
    email: str | None
    phone: str | None
    linkedin_url: str | None
    first_name: str | None
    last_name: str | None
    company: str | None
    city: str | None
    last_activity: str | None
    last_activity_on: date | None
    activities: int | None
    deal_stage: str | None
    deal_value: Decimal | None
    notes: str | None
    timezone: str | None
    timezone_source: str | None
    country: str | None
    region: str | None
    strategy: str | None = None
    channel: str | None = None

    @property
    def name(self) -> str | None:
        """How they are called."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or None

    @property
    def place(self) -> Place:
        """Where they are, as far as it is known."""
        return Place(self.timezone, self.timezone_source, self.country, self.region, self.phone)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the leads, those among them who may be texted, and those who begin no sequence, each with the reason."""

    people: list[Person]
    texting: frozenset[UUID]
    busy: Mapping[UUID, str]


def count(tenant_id: UUID, params: Mapping[str, Any]) -> int:
    """How many leads the mission would have."""
    wanted = params["import_id"]
    with db.transaction(tenant_id) as session:
        return int(session.execute(_COUNT_LIST if wanted else _COUNT_ALL, {"list": wanted}).scalar_one())


def parts(tenant_id: UUID, params: Mapping[str, Any]) -> Iterator[Part]:
    """The leads in order of their ids, a thousand at a time, up to ``MOST_LEADS``; each part in its own transaction."""
    wanted, after, left = params["import_id"], UUID(int=0), MOST_LEADS
    while left > 0:
        values = {"list": wanted, "after": after, "most": min(STRIDE, left)}
        with db.transaction(tenant_id) as session:
            people = [Person(*row) for row in session.execute(_LIST if wanted else _ALL, values)]
            phones = [one.lead_id for one in people if one.phone]
            texting = consent.consenting_among(session, phones, Channel.SMS) if phones else set()
            ids = [one.lead_id for one in people]
            busy = dict.fromkeys(session.scalars(_ENROLLED, {"leads": ids}), "already_enrolled")
            busy |= in_touch.of(session, ids, clock.now())
        if people:
            yield Part(people, frozenset(texting), busy)
        if len(people) < values["most"]:
            return
        after, left = people[-1].lead_id, left - len(people)

"""What a mission would do with some leads: the agents' own judgements in their order, and nothing stored."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from rex_celery import db
from rex_celery.agents import compliance, judging, personalizer, quality_control, scripts
from rex_celery.agents.data_steward import DataSteward
from rex_celery.agents.desks import MissionJob
from rex_celery.agents.personalizer import Assignment, Personalizer
from rex_celery.agents.reviver import Quiet, Reviver
from rex_celery.compliance.content import Finding
from rex_celery.outreach import windows
from rex_celery.outreach.by_hand import ASKS_A_PERSON
from rex_celery.outreach.policy import Policy
from rex_celery.preflight.audience import Part, Person
from rex_celery.preflight.letter import Letter, letter_of
from rex_celery.vocabulary import Channel
from rex_celery.work import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rex_celery.agents.base import LeadRow


@dataclass(frozen=True, slots=True)
class Desk:
    """The mission as if it were ordered, the policy that it would send by, and when."""

    job: MissionJob
    policy: Policy
    at: datetime

    @property
    def over_days(self) -> bool:
        """Whether it follows a sequence; else its messages go out at once and know no window."""
        return bool(self.job.params["sequence"])


@dataclass(frozen=True, slots=True)
class Unfit:
    """A message that would not go, and one thing that was found."""

    step_key: str
    channel: Channel
    finding: Finding


@dataclass(slots=True)
class Look:
    """What would become of one lead: ``held`` for a reason code, or written to with the ``ready`` ones of its messages.

    ``written`` counts all of its messages; those that would not go are ``unfit``, each with everything that was found.
    """

    person: Person
    held: str | None = None
    written: list[Letter] = field(default_factory=list)
    ready: list[Letter] = field(default_factory=list)
    unfit: list[Unfit] = field(default_factory=list)


def looks(desk: Desk, part: Part) -> list[Look]:
    """One look at each of these leads, in their order."""
    found = {one.lead_id: Look(one) for one in part.people}
    people = _scored(desk, part, found)
    for person, made in zip(people, _made(desk, people), strict=True):
        look = found[person.lead_id]
        look.person = person
        if isinstance(made, Verdict):
            look.held = made.reason or "agent_failed"
            continue
        look.written = [letter_of(person, one) for one in made]
        look.unfit = [Unfit(one.step_key, one.channel, Finding(one.reason)) for one in made if one.reason]
    _judge(desk, found)
    for lead, reason in part.busy.items() if desk.over_days else ():
        found[lead].held = found[lead].held or reason
    return list(found.values())


def _scored(desk: Desk, part: Part, found: dict[UUID, Look]) -> list[Person]:
    """Those whom the data steward and the reviver let go on, with their strategies; the others are held."""
    verdicts = DataSteward().work(desk.job, cast("Sequence[LeadRow]", part.people))
    reachable = [one for one, verdict in zip(part.people, verdicts, strict=True) if not verdict.reason]
    quiet = Quiet(cast("Sequence[LeadRow]", reachable), set(part.texting))
    scored = Reviver().work(desk.job, quiet)
    for verdict in (*verdicts, *scored):
        found[verdict.lead_id].held = verdict.reason
    return [
        replace(person, strategy=verdict.strategy, channel=verdict.channel)
        for person, verdict in zip(reachable, scored, strict=True)
        if verdict.state == "pending"
    ]


def _made(desk: Desk, people: list[Person]) -> list[personalizer.Made]:
    rows = cast("Sequence[LeadRow]", people)
    with db.transaction(desk.job.tenant_id) as session:
        found = scripts.load(session, desk.job.params, rows)
    return Personalizer().work(desk.job, Assignment(rows, found))


def _judge(desk: Desk, found: dict[UUID, Look]) -> None:
    """Compliance and the quality control on every message that was written, and the windows of its reader."""
    letters = [one for look in found.values() for one in look.written if not one.reason]
    rows = cast("Sequence[LeadRow]", letters)
    with db.transaction(desk.job.tenant_id) as session:
        standing = compliance.standing_of(session, rows)
    judged = judging.split(rows, [_verdict(desk, one, standing, found[one.lead_id]) for one in letters])
    for verdict in judged.leads:
        found[verdict.lead_id].held = verdict.reason
    for letter in letters:
        look = found[letter.lead_id]
        if look.held or letter.id in judged.messages:
            continue
        if never := _never(desk, look.person, letter):
            look.unfit.append(Unfit(letter.step_key, letter.channel, Finding(never)))
        else:
            look.ready.append(letter)
    for look in found.values():
        if look.written and not look.ready and not look.held:
            look.held = look.unfit[0].finding.code


def _verdict(desk: Desk, letter: Letter, standing: compliance.Standing, look: Look) -> Verdict:
    """The verdict on one message, with every finding noted; what compliance says comes first."""
    row = cast("LeadRow", letter)
    verdict = compliance.allowed(row, standing)
    noted = [Finding(verdict.reason)] if verdict.reason else []
    noted += quality_control.findings(row, desk.job)
    look.unfit += [Unfit(letter.step_key, letter.channel, one) for one in noted]
    if verdict.reason or not noted:
        return verdict
    return Verdict(letter.lead_id, "skipped", noted[0].code)


def _never(desk: Desk, person: Person, letter: Letter) -> str | None:
    """Why no window ever opens for this message, as a reason code."""
    if not desk.over_days or letter.framework == ASKS_A_PERSON:
        return None
    opening = windows.next_open(desk.at, person.place, letter.channel, desk.policy)
    return None if opening.at else opening.reason or "schedule_unsatisfiable"

"""What a person asks for when submitting a mission, and what is wrong with it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from rex_celery.compliance import addresses
from rex_celery.copywriting import printable
from rex_celery.crews import Crew
from rex_celery.errors import Problem


class MissionType(StrEnum):
    """The six kinds of mission."""

    LEAD_REACTIVATION = "lead_reactivation"
    CAMPAIGN_EXECUTION = "campaign_execution"
    ICP_EXTRACTION = "icp_extraction"
    DOMAIN_ROTATION = "domain_rotation"
    PERFORMANCE_OPTIMIZATION = "performance_optimization"
    ERROR_RECOVERY = "error_recovery"


class Autonomy(StrEnum):
    """How much may leave without a person."""

    SUGGEST = "suggest"
    APPROVE_FIRST_N = "approve_first_n"
    AUTO = "auto"


LEAD_CREWS = {
    MissionType.LEAD_REACTIVATION: Crew.DEAD_LEAD,
    MissionType.CAMPAIGN_EXECUTION: Crew.CAMPAIGN,
    MissionType.ICP_EXTRACTION: Crew.AUTO_ICP,
    MissionType.DOMAIN_ROTATION: Crew.DOMAIN_HEALTH,
    MissionType.PERFORMANCE_OPTIMIZATION: Crew.SPECIAL_FORCES,
    MissionType.ERROR_RECOVERY: Crew.SPECIAL_FORCES,
}

FRAMEWORKS = ("PAS", "AIDA", "BAB", "FAB")
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message is from; the postal address stands under every e-mail, as the law asks."""

    name: str
    email: str
    postal_address: str


@dataclass(frozen=True, slots=True)
class Order:
    """One mission as ordered. ``import_id`` None means all leads; ``framework`` None lets REX choose per lead.

    ``sequence`` is a name, an id, a shipped key or the family "reactivation"; ``campaign`` brings its own.
    """

    type: str
    name: str
    sender: Sender
    offer: str
    priority: int = 50
    autonomy: str = Autonomy.APPROVE_FIRST_N
    import_id: UUID | None = None
    framework: str | None = None
    sequence: str | None = None
    campaign: UUID | None = None


def problems_of(order: Order) -> list[Problem]:
    """Everything wrong with an order, all at once; empty when it can be planned."""
    found = []
    if order.type not in set(MissionType):
        found.append(Problem("type", f"unknown mission type {order.type!r}", "one of " + ", ".join(MissionType)))
    if order.autonomy not in set(Autonomy):
        found.append(Problem("autonomy", f"unknown value {order.autonomy!r}", "one of " + ", ".join(Autonomy)))
    if order.framework is not None and order.framework not in FRAMEWORKS:
        found.append(Problem("framework", f"unknown value {order.framework!r}", "one of " + ", ".join(FRAMEWORKS)))
    if not 0 <= order.priority <= 100:  # noqa: PLR2004  the whole scale
        found.append(Problem("priority", f"{order.priority} is out of range", "a whole number from 0 to 100"))
    if order.sequence is not None and order.campaign is not None:
        found.append(Problem("sequence", "is given beside a campaign", "one of both: a campaign has its own sequence"))
    found.extend(_problems_of_sender(order))
    if order.offer.strip() and (problem := printable.offer_problem(order.offer)):
        found.append(problem)
    return found


_ADDRESS = "an address such as you@your-domain.example"


def _problems_of_sender(order: Order) -> list[Problem]:
    missing = {
        "sender.name": (order.sender.name, "the name that signs the messages"),
        "sender.email": (order.sender.email, _ADDRESS),
        "sender.postal_address": (order.sender.postal_address, "a postal address: the law wants one in every e-mail"),
        "offer": (order.offer, "one line that says what you offer, such as 'a 20-minute energy audit'"),
    }
    found = [Problem(at, "is missing", expected) for at, (value, expected) in missing.items() if not value.strip()]
    if order.sender.email.strip() and addresses.refusal(order.sender.email.strip()) == "invalid_email":
        found.append(Problem("sender.email", f"{order.sender.email!r} is not an e-mail address", _ADDRESS))
    return found

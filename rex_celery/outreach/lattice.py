"""What is known about a message, in one order: word of it may come twice, late or shuffled, and only ever adds."""

from collections.abc import Iterable

# As the database's message_rank; a trigger there refuses going back.
RANKED = ("unknown", "accepted", "deferred", "delivered", "bounced", "replied", "complained")
UNSENT = frozenset({"planned", "claimed", "submitted"})
SENT = frozenset(RANKED)
# A provider may still refuse or drop what it took, until somebody has it.
_MAY_FAIL = frozenset({"unknown", "accepted", "deferred"}) | UNSENT

_STATES = {
    "accepted": "accepted",
    "deferred": "deferred",
    "delivered": "delivered",
    # Only who has a message can open it, follow its link, report it or leave by it.
    "opened": "delivered",
    "clicked": "delivered",
    "unsubscribed": "delivered",
    "bounced": "bounced",
    "blocked": "bounced",
    "replied": "replied",
    "complained": "complained",
    "dropped": "failed",
    "failed": "failed",
}


def state_of(kind: str) -> str | None:
    """The state that a kind of delivery fact speaks for; None when it speaks for none."""
    return _STATES.get(kind)


def after(state: str, kinds: Iterable[str]) -> str:
    """The state of a message once these kinds of facts are known of it, in whatever order they came.

    A fact about a message that the ledger thinks unsent shows that it left. One that was taken back stays so.
    """
    told = {known for kind in kinds if (known := _STATES.get(kind))}
    if state not in SENT | UNSENT:
        return state
    highest = max((one for one in told if one in SENT), key=RANKED.index, default=None)
    if "failed" in told and state in _MAY_FAIL and (highest is None or highest in _MAY_FAIL):
        return "failed"
    if highest is None or (state in SENT and RANKED.index(highest) <= RANKED.index(state)):
        return state
    return highest

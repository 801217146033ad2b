"""Which version of which sequence a mission's people go through: frozen in its parameters when it was ordered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

LIGHTEST = "soft_touch"


@dataclass(frozen=True, slots=True)
class Pinned:
    """One version of a sequence; versions never change."""

    sequence_id: UUID
    version: int

    def stored(self) -> dict[str, object]:
        """As JSON."""
        return {"id": str(self.sequence_id), "version": self.version}


def of(params: Mapping[str, Any], strategy: str | None) -> Pinned | None:
    """The version for a lead of this strategy; None for a mission whose messages go out at once."""
    sequence = params.get("sequence")
    if not sequence:
        return None
    family = sequence.get("family")
    if family is None:
        return _read(sequence)
    # A strategy without a form of its own gets the lightest; JSON of the database keeps no order.
    return _read(family.get(strategy or "") or family.get(LIGHTEST) or next(iter(family.values())))


def every(params: Mapping[str, Any]) -> tuple[Pinned, ...]:
    """All versions that a mission may use."""
    sequence = params.get("sequence")
    if not sequence:
        return ()
    stored = sequence["family"].values() if "family" in sequence else [sequence]
    return tuple(dict.fromkeys(_read(one) for one in stored))


def _read(stored: Mapping[str, Any]) -> Pinned:
    return Pinned(UUID(stored["id"]), int(stored["version"]))

"""The states of a mission and its legal moves: one piece of data for the code, the database trigger and the UI."""

from enum import StrEnum


class MissionState(StrEnum):
    """Where a mission stands; *paused* is a flag beside the state."""

    QUEUED = "queued"
    ASSIGNED = "assigned"
    EXECUTING = "executing"
    COLLECTING = "collecting"
    ANALYZING = "analyzing"
    OPTIMIZING = "optimizing"
    COMPLETED = "completed"
    FAILED = "failed"
    ESCALATED = "escalated"
    CANCELLED = "cancelled"


_S = MissionState
ACTIVE = (_S.ASSIGNED, _S.EXECUTING, _S.COLLECTING, _S.ANALYZING, _S.OPTIMIZING)
FINAL = (_S.COMPLETED, _S.CANCELLED)
# The phases a plan's steps may belong to, in the order a mission walks through them.
PHASES = (_S.EXECUTING, _S.COLLECTING, _S.ANALYZING, _S.OPTIMIZING)

_FORWARD = {
    _S.QUEUED: (_S.ASSIGNED,),
    _S.ASSIGNED: (_S.EXECUTING,),
    _S.EXECUTING: (_S.COLLECTING,),
    _S.COLLECTING: (_S.ANALYZING,),
    _S.ANALYZING: (_S.OPTIMIZING, _S.COMPLETED),
    _S.OPTIMIZING: (_S.COMPLETED,),
    _S.FAILED: (_S.QUEUED, _S.ESCALATED),
    # A person has decided: run it again, or give it up.
    _S.ESCALATED: (_S.QUEUED, _S.FAILED),
}


def legal_moves(state: MissionState) -> tuple[MissionState, ...]:
    """The states a mission may go to from here."""
    moves = _FORWARD.get(state, ())
    if state in ACTIVE:
        moves = (*moves, _S.FAILED, _S.ESCALATED)
    if state not in FINAL:
        moves = (*moves, _S.CANCELLED)
    return moves


def all_moves() -> frozenset[tuple[MissionState, MissionState]]:
    """Every legal move as a pair, as the database keeps them."""
    return frozenset((before, after) for before in MissionState for after in legal_moves(before))

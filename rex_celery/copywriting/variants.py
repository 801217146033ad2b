"""Which variant of a message a lead gets: by hash, so that a retry writes the same words again."""

from hashlib import blake2b
from uuid import UUID

ARMS = ("A", "B")


def assign(lead_id: UUID, test: str) -> int:
    """The arm of this lead in this test, as an index into ``ARMS``; even over leads, and the same for ever."""
    return blake2b(lead_id.bytes + test.encode(), digest_size=8).digest()[0] % len(ARMS)

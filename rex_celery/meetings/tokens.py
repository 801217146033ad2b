"""Signed words in addresses: which page for whom, and which meeting; opaque, stateless, and they never expire."""

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from itsdangerous import BadSignature, Signer

from rex_celery.errors import NotFoundError

_ID_BYTES = 16
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A booking page as somebody was given it: ids only, so that the address tells nothing of the person."""

    tenant_id: UUID
    page_id: UUID
    lead_id: UUID | None = None
    mission_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A lead, and the mission that wrote to them, as an outside calendar carries it."""

    tenant_id: UUID
    lead_id: UUID
    mission_id: UUID | None = None


def invitation(secret: str, given: Invitation) -> str:
    """The word in a booking page's address."""
    return _write(secret, "page", given.tenant_id, given.page_id, given.lead_id, given.mission_id)


def read_invitation(signed: str, secret: str) -> Invitation:
    """What a booking page's address says.

    Raises:
        NotFoundError: it was not made with this secret, or was cut off on its way.

    """
    tenant, page, lead, mission = _read(signed, secret, "page", 4)
    return Invitation(tenant, page, _known(lead), _known(mission))


def person(secret: str, given: Person) -> str:
    """The word that an outside calendar is given and hands back."""
    return _write(secret, "person", given.tenant_id, given.lead_id, given.mission_id)


def read_person(signed: str, secret: str) -> Person:
    """Whom such a word means.

    Raises:
        NotFoundError: as ``read_invitation``.

    """
    tenant, lead, mission = _read(signed, secret, "person", 3)
    return Person(tenant, lead, _known(mission))


def meeting(secret: str, tenant_id: UUID, meeting_id: UUID) -> str:
    """The word in the address where a meeting can be moved or cancelled."""
    return _write(secret, "meeting", tenant_id, meeting_id)


def read_meeting(signed: str, secret: str) -> tuple[UUID, UUID]:
    """The tenant and the meeting of such an address.

    Raises:
        NotFoundError: as ``read_invitation``.

    """
    tenant, found = _read(signed, secret, "meeting", 2)
    return tenant, found


def _write(secret: str, purpose: str, *ids: UUID | None) -> str:
    plain = b"".join((one or _NOBODY).bytes for one in ids)
    return _signer(secret, purpose).sign(urlsafe_b64encode(plain).rstrip(b"=")).decode("ascii")


def _read(signed: str, secret: str, purpose: str, count: int) -> list[UUID]:
    try:
        encoded = _signer(secret, purpose).unsign(signed.encode())
        plain = urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
    except (BadSignature, binascii.Error, UnicodeError) as error:
        raise _unreadable() from error
    if len(plain) != count * _ID_BYTES:
        raise _unreadable()
    return [UUID(bytes=plain[at : at + _ID_BYTES]) for at in range(0, len(plain), _ID_BYTES)]


def _known(one: UUID) -> UUID | None:
    return one if one != _NOBODY else None


def _unreadable() -> NotFoundError:
    return NotFoundError(
        "This link is not complete.", code="invalid_link", action="Open the whole link from the message."
    )


@lru_cache(maxsize=16)
def _signer(secret: str, purpose: str) -> Signer:
    if not secret:
        raise ValueError("An empty secret would let anyone sign booking links.")
    signer = Signer(secret, salt=f"rex.meetings.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
    # Its key is derived once here, and not again for every link.
    return Signer(signer.derive_key(), key_derivation="none", digest_method=hashlib.sha256)

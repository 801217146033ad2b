"""Messages as requests of SendGrid's v3 Mail Send: what goes into one request, and what it tells of each message."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rex_celery.integrations.base import Mailbox, Outbound, OutboundEmail
from rex_celery.integrations.eml import as_eml, ascii_address, own_headers

MOST_PERSONALIZATIONS = 1000
# SendGrid takes less than 30 MB; the rest of the request is far smaller than what is left here.
LARGEST_REQUEST = 29_000_000
# Its limit for the substitutions of one personalization is 10 000 bytes, the name of the tag included.
LARGEST_SUBSTITUTION = 9_900
# What a personalization cannot have of its own is the body, so it stands there as the value of this tag.
BODY_TAG = "-rex-body-"
ARGUMENT = "rex_message_id"
_UNWANTED_IN_NAMES = re.compile(r"[;,\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message made ready. ``shared`` is what all messages of a request have in common; ``size`` is in bytes."""

    id: UUID
    personalization: dict[str, Any]
    body: str
    shared: tuple[Mailbox, str, UUID | None]
    size: int

    @property
    def recipient(self) -> str:
        """SendGrid takes each address once a request, however it is written."""
        return str(self.personalization["to"][0]["email"]).lower()


def letter(message: Outbound) -> Letter:
    """A message as one personalization; of its facts only the ledger's id goes along as a custom argument.

    Raises:
        ProviderRejectedError: an address or a header cannot be written.

    """
    content = message.content
    if not isinstance(content, OutboundEmail):
        raise TypeError("SendGrid takes e-mail only")
    as_eml(content)  # refuses a line break in a header, and addresses that no mail server could take
    personalization: dict[str, Any] = {
        "to": [_address(content.recipient)],
        "headers": own_headers(content),
        "custom_args": {ARGUMENT: str(message.id)},
    }
    if content.subject:
        personalization["subject"] = content.subject
    size = len(json.dumps(personalization)) + len(json.dumps(content.body))
    return Letter(
        message.id, personalization, content.body, (content.sender, content.reply_to, message.campaign_id), size
    )


def grouped(letters: Sequence[Letter], alone: Collection[UUID] = ()) -> Iterator[list[Letter]]:
    """Which letters go into one request: same sender, same Reply-To, same campaign. ``alone`` go each by itself."""
    growing: dict[tuple[Mailbox, str, UUID | None], _Group] = {}
    for one in letters:
        if one.id in alone or not _fits_a_substitution(one.body):
            yield [one]
            continue
        group = growing.setdefault(one.shared, _Group())
        if not group.has_room_for(one):
            yield group.letters
            group = growing[one.shared] = _Group()
        group.add(one)
    yield from (group.letters for group in growing.values())


def request_of(group: Sequence[Letter], *, track_clicks: bool = False) -> dict[str, Any]:
    """The body of the request for the letters of one group."""
    sender, reply_to, campaign_id = group[0].shared
    alone = len(group) == 1
    request = {
        "personalizations": [one.personalization if alone else _with_body(one) for one in group],
        "from": _address(sender),
        "content": [{"type": "text/plain", "value": group[0].body if alone else BODY_TAG}],
        "categories": ["rex", *([str(campaign_id)] if campaign_id else [])],
        "tracking_settings": {
            # Rewritten links are what spam filters look for, and the link in the footer must stay what it says.
            "click_tracking": {"enable": track_clicks, "enable_text": track_clicks},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    if reply_to:
        request["reply_to"] = {"email": ascii_address(reply_to)}
    return request


def _with_body(one: Letter) -> dict[str, Any]:
    return one.personalization | {"substitutions": {BODY_TAG: one.body}}


def _fits_a_substitution(body: str) -> bool:
    return bool(body) and BODY_TAG not in body and len(body.encode()) <= LARGEST_SUBSTITUTION


class _Group:
    """The letters of a request that still grows."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self._recipients: set[str] = set()
        self._size = 0

    def has_room_for(self, one: Letter) -> bool:
        """Whether the request would still be one that SendGrid takes."""
        fits = self._size + one.size < LARGEST_REQUEST or not self.letters
        return fits and len(self.letters) < MOST_PERSONALIZATIONS and one.recipient not in self._recipients

    def add(self, one: Letter) -> None:
        """Let it go along."""
        self.letters.append(one)
        self._recipients.add(one.recipient)
        self._size += one.size


def _address(mailbox: Mailbox) -> dict[str, str]:
    name = _UNWANTED_IN_NAMES.sub(" ", mailbox.name).strip()
    return {"email": ascii_address(mailbox.address)} | ({"name": name} if name else {})

"""The doors that providers knock at: how each proves who it is, and how its posts become items to keep."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rex_celery import clock
from rex_celery.errors import InvalidError
from rex_celery.integrations import calendly, sendgrid, twilio
from rex_celery.webhooks import posts
from rex_celery.webhooks.receive import Item

MEGABYTE = 1024 * 1024
EVENT_BYTES, MAIL_BYTES = 5 * MEGABYTE, 30 * MEGABYTE
_SENDGRID_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
_SENDGRID_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@dataclass(frozen=True, slots=True)
class Account:
    """A connection as a door needs it; ``secret`` is read only when what is needed is no setting."""

    settings: Mapping[str, object]
    secret: Callable[[], Mapping[str, str]]

    def known(self, name: str) -> str:
        """A setting or secret as text; empty if there is none."""
        value = self.settings.get(name) or self.secret().get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it came: ``body`` are its very bytes, ``url`` the address that the provider called.

    ``password`` is what it was told to show, in the query or as basic authentication; ``fields`` are the parts of a
    multipart body, read when asked for.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]
    password: str = ""
    fields: Callable[[], Mapping[str, bytes]] = field(default=dict)


@dataclass(frozen=True, slots=True)
class Door:
    """One kind of webhook; ``most`` bytes, and ``kind`` as ``rex_celery.outreach.receiving`` applies it."""

    provider: str
    kind: str
    most: int
    proven: Callable[[Account, Post], bool]
    items: Callable[[Post], Sequence[Item]]


def _signed_by_sendgrid(account: Account, post: Post) -> bool:
    signature, sent = post.headers.get(_SENDGRID_SIGNATURE, ""), post.headers.get(_SENDGRID_TIMESTAMP, "")
    key = account.known("webhook_public_key")
    if not key or not signature:
        return False
    try:
        return sendgrid.verify(key, signature, sent, post.body)
    except InvalidError:  # a key that is none: nobody can have signed with it
        return False


def _told_by_sendgrid(account: Account, post: Post) -> bool:
    """Inbound Parse signs only if it is set up to; else it shows the token that stands in its address."""
    if _SENDGRID_SIGNATURE in post.headers:
        return _signed_by_sendgrid(account, post)
    token = account.known("inbound_token")
    return bool(token) and hmac.compare_digest(post.password.encode(), token.encode())


class _Form(dict[str, str]):
    """A form in which a name may come several times; the signature counts each of its values."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def getlist(self, name: str) -> list[str]:
        return [value for known, value in self._pairs if known == name]


def _signed_by_twilio(account: Account, post: Post) -> bool:
    signature, key = post.headers.get("X-Twilio-Signature", ""), account.known("auth_token")
    return bool(key and signature) and twilio.verify(key, post.url, _Form(posts.parameters(post.body)), signature)


def _signed_by_calendly(account: Account, post: Post) -> bool:
    signature, key = post.headers.get("Calendly-Webhook-Signature", ""), account.known("signing_key")
    return bool(key and signature) and calendly.verify(key, post.body, signature, clock.now())


def _parameters(post: Post) -> dict[str, str]:
    return dict(posts.parameters(post.body))


SENDGRID_EVENTS = Door(
    "sendgrid", "sendgrid.event", EVENT_BYTES, _signed_by_sendgrid, lambda post: posts.sendgrid_events(post.body)
)
SENDGRID_INBOUND = Door(
    "sendgrid", "sendgrid.inbound", MAIL_BYTES, _told_by_sendgrid, lambda post: [posts.sendgrid_mail(post.fields())]
)
TWILIO_STATUS = Door(
    "twilio", "twilio.status", EVENT_BYTES, _signed_by_twilio, lambda post: [posts.twilio_status(_parameters(post))]
)
TWILIO_INBOUND = Door(
    "twilio", "twilio.inbound", EVENT_BYTES, _signed_by_twilio, lambda post: [posts.twilio_text(_parameters(post))]
)
CALENDLY = Door("calendly", "calendly", EVENT_BYTES, _signed_by_calendly, lambda post: [posts.calendly(post.body)])

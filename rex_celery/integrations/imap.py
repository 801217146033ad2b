"""New mail from any IMAP server, read without changing anything there: not even whether it was seen."""

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from imaplib import IMAP4, Internaldate2tuple
from typing import Any, Final, Self

import structlog
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.query import AND, U

from rex_celery.errors import ProviderUnavailableError

log = structlog.get_logger()

# A poll ends at whichever comes first; what is left is read by the next one.
MOST_MAILS, MOST_BYTES, MOST_SECONDS = 200, 32 * 2**20, 45.0
# No answer of a person is that big, and servers do not take bigger ones.
BIGGEST_MAIL = 25 * 2**20

_PORTS: Final = {"tls": 993, "starttls": 143, "none": 143}
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")
_TROUBLE: Final = (OSError, IMAP4.error, ImapToolsError, ValueError)


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where the mailbox is. ``security`` is starttls, tls or none; ``timeout`` in seconds, for each answer."""

    host: str
    username: str
    password: str
    port: int = 0
    security: str = "tls"
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read; under another ``uid_validity`` its numbers mean other mails."""

    uid_validity: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, byte for byte; ``received_at`` is when the server got it."""

    uid: int
    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What a poll found, oldest first, and how far it came. ``skipped``: mails too big to be read."""

    cursor: Cursor
    mails: tuple[Mail, ...] = ()
    skipped: int = 0


class FolderUnavailableError(ProviderUnavailableError):
    """The mailbox answers, but it has no such folder, or does not let it be read."""


def server_of(settings: Mapping[str, Any], secret: Mapping[str, str]) -> ImapServer:
    """The server that a connection's settings name."""
    security = str(settings.get("security") or "tls")
    port = int(settings.get("port") or 0)
    return ImapServer(
        str(settings["host"]), str(settings["username"]), secret.get("password", ""), port=port, security=security
    )


class ImapMailbox:
    """One signed-in connection to a mailbox; use it in a ``with`` block."""

    def __init__(self, server: ImapServer) -> None:
        self._server = server
        self._box: BaseMailBox | None = None

    def __enter__(self) -> Self:
        """Connect and sign in.

        Raises:
            ProviderUnavailableError: no connection, or the mailbox refuses the sign-in.

        """
        with _translated():
            self._box = _connected(self._server)
        try:
            self._sign_in()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave; whether the server still listens does not matter."""
        box, self._box = self._box, None
        if box:
            with suppress(*_TROUBLE):
                box.logout()
            with suppress(OSError):
                box.client.shutdown()

    def folders(self) -> list[str]:
        """Where answers arrive: the inbox, and the folder that the server says is for spam.

        Raises:
            ProviderUnavailableError: the server does not answer.

        """
        with _translated():
            junk = [folder.name for folder in self._open.folder.list() if "\\junk" in map(str.lower, folder.flags)]
        return ["INBOX", *(name for name in junk if name.upper() != "INBOX")]

    def poll(self, folder: str, cursor: Cursor | None, since: date, now: datetime) -> Batch:
        """The mails of a folder that are newer than the cursor and came on ``since`` or later, up to 200.

        Under another UID validity, as after the folder was made anew, reading begins anew; whoever keeps mails by
        their Message-ID is not harmed by meeting some again.

        Raises:
            FolderUnavailableError: the mailbox has no such folder.
            ProviderUnavailableError: the server does not answer.

        """
        with _translated():
            begun = self._select(folder, cursor)
            found = self._open.uids(AND(uid=U(str(begun.last_uid + 1), "*"), date_gte=since), charset=None)
            # The newest mail is always among what a server finds, however far the reader is.
            uids = sorted(uid for uid in map(int, found) if uid > begun.last_uid)[:MOST_MAILS]
            return self._read(begun, uids, now)

    @property
    def _open(self) -> BaseMailBox:
        if self._box is None:
            raise ProviderUnavailableError("The connection to the mailbox is closed.")
        return self._box

    def _sign_in(self) -> None:
        server = self._server
        plain = (server.username + server.password).isascii()
        try:
            (self._open.login if plain else self._open.login_utf8)(server.username, server.password, None)
        except IMAP4.abort as error:
            raise _unreachable(error) from error
        except (IMAP4.error, ImapToolsError) as error:
            raise ProviderUnavailableError("The mailbox refuses the sign-in: check user name and password.") from error
        except _TROUBLE as error:
            raise _unreachable(error) from error

    def _select(self, folder: str, cursor: Cursor | None) -> Cursor:
        """Open the folder for reading only; where reading goes on in it."""
        try:
            self._open.folder.set(folder, readonly=True)
        except MailboxFolderSelectError as error:
            raise FolderUnavailableError(f"The mailbox has no folder {folder!r} that can be read.") from error
        told = self._open.client.response("UIDVALIDITY")[1]
        validity = int(told[0]) if told and told[0] else 0
        return cursor if cursor and cursor.uid_validity == validity else Cursor(validity, 0)

    def _read(self, begun: Cursor, uids: list[int], now: datetime) -> Batch:
        sizes = self._sizes(uids)
        mails: list[Mail] = []
        skipped, last, room, ends = 0, begun.last_uid, MOST_BYTES, time.monotonic() + MOST_SECONDS
        for uid in uids:
            size, received_at = sizes.get(uid, (0, None))
            if mails and (size > room or time.monotonic() > ends):
                break
            last = uid
            if size > BIGGEST_MAIL:
                log.warning("mail_too_big", uid=uid, bytes=size)
                skipped += 1
            elif (raw := self._body(uid)) is not None:
                mails.append(Mail(uid, raw, min(received_at or now, now)))
                room -= len(raw)
        return Batch(Cursor(begun.uid_validity, last), tuple(mails), skipped)

    def _sizes(self, uids: list[int]) -> dict[int, tuple[int, datetime | None]]:
        """How big each mail is and when it came."""
        if not uids:
            return {}
        lines = self._fetch(",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)")
        told = [line for line in lines if isinstance(line, bytes)]
        pairs = [(_UID.search(line), _SIZE.search(line), line) for line in told]
        return {int(uid[1]): (int(size[1]), _received_at(line)) for uid, size, line in pairs if uid and size}

    def _body(self, uid: int) -> bytes | None:
        """The whole mail; None when somebody deleted it meanwhile. PEEK leaves it unseen."""
        parts = self._fetch(str(uid), "(UID BODY.PEEK[])")
        return next((part[1] for part in parts if isinstance(part, tuple) and isinstance(part[1], bytes)), None)

    def _fetch(self, uids: str, what: str) -> list[Any]:
        status, answer = self._open.client.uid("FETCH", uids, what)
        if status != "OK":
            raise IMAP4.error(f"FETCH was answered with {status}")
        return list(answer)


def _connected(server: ImapServer) -> BaseMailBox:
    port = server.port or _PORTS[server.security]
    if server.security == "none":
        return MailBoxUnencrypted(server.host, port, timeout=server.timeout)
    box = MailBox if server.security == "tls" else MailBoxStartTls
    # Without a context of ours the library believes any certificate.
    return box(server.host, port, timeout=server.timeout, ssl_context=ssl.create_default_context())


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _TROUBLE as error:
        raise _unreachable(error) from error


def _unreachable(error: Exception) -> ProviderUnavailableError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProviderUnavailableError("The mail server's certificate is not valid for its name.")
    return ProviderUnavailableError(f"No connection to the mail server ({type(error).__name__}).")


def _received_at(line: bytes) -> datetime | None:
    told = Internaldate2tuple(line)
    try:
        return datetime.fromtimestamp(time.mktime(told), UTC) if told else None
    except (OverflowError, ValueError, OSError):
        return None

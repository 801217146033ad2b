"""What a client of the socket server may say, who may connect, and what it is answered."""

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

import flask
import structlog
from flask_socketio import ConnectionRefusedError as ConnectionRefused
from flask_socketio import SocketIO
from pydantic import BaseModel, Field, ValidationError

from rex_celery import config, db
from rex_celery.errors import InvalidError, NotFoundError, RefusedError, UnauthenticatedError
from rex_celery.realtime.credentials import Credential, Kind, standing
from rex_celery.realtime.hub import Hub, Joined
from rex_celery.tenancy import access
from rex_celery.tenancy.access import Identity

log = structlog.get_logger()

PING_SECONDS = 30
# A client this far behind is let go; it comes back and resumes from the last event it has.
LONGEST_QUEUE = 10_000
LARGEST_REQUEST = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Subscription(BaseModel):
    """What a client sends to ``subscribe`` and ``unsubscribe``."""

    topics: list[object] = Field(max_length=1000)
    after: int | None = Field(default=None, ge=0, strict=True)


class LiveServer:
    """The clients, their rights, and the hub that knows what they listen to."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings
        self.app = _app(settings)
        self.sockets = SocketIO(
            self.app,
            async_mode="gevent",
            ping_interval=PING_SECONDS,
            cors_allowed_origins=self.allows_origin,
            manage_session=False,
            max_http_buffer_size=LARGEST_REQUEST,
        )
        self.hub = Hub(self)
        self._credentials: dict[str, Credential] = {}
        self.sockets.on_event("connect", self.connect)
        self.sockets.on_event("disconnect", self.disconnect)
        self.sockets.on_event("subscribe", self.subscribe)
        self.sockets.on_event("unsubscribe", self.unsubscribe)

    def emit(self, name: str, payload: dict[str, object], to: str | list[str]) -> None:
        """Put a message into the queue of each client concerned, once."""
        self.sockets.server.emit(name, payload, to=to)

    def join(self, client: str, room: str) -> None:
        """Let the client hear of what is sent to the room.

        Raises:
            NotFoundError: the client has gone.

        """
        try:
            self.sockets.server.enter_room(client, room)
        except ValueError as error:
            raise NotFoundError("This connection has ended.", code="connection_ended") from error

    def leave(self, client: str, room: str) -> None:
        """Stop that."""
        self.sockets.server.leave_room(client, room)

    def connect(self, auth: object = None) -> None:
        """Let a client in that shows a good key or a session."""
        try:
            credential = _credential(auth)
        except RefusedError as error:
            raise ConnectionRefused(error.detail, {"code": error.code, "action": error.action}) from error
        client: str = flask.request.sid  # type: ignore[attr-defined]
        self._credentials[client] = credential
        self.hub.enter(client, credential.tenant_id)

    def disconnect(self, *_: object) -> None:
        client: str = flask.request.sid  # type: ignore[attr-defined]
        self._credentials.pop(client, None)
        self.hub.exit(client)

    def subscribe(self, message: object = None) -> dict[str, object]:
        client: str = flask.request.sid  # type: ignore[attr-defined]
        return _answer(message, lambda wish: self.hub.subscribe(client, wish.topics, wish.after))

    def unsubscribe(self, message: object = None) -> dict[str, object]:
        client: str = flask.request.sid  # type: ignore[attr-defined]
        return _answer(message, lambda wish: self.hub.unsubscribe(client, wish.topics))

    def allows_origin(self, origin: str | None, environ: dict[str, str]) -> bool:
        """Whether pages from there may connect: REX's own, under its public address or another name of this host."""
        try:
            public, page = urlsplit(self.settings.public_url), urlsplit(origin or "")
            here = urlsplit("//" + environ.get("HTTP_HOST", ""))
            known_port = bool(page.hostname) and page.port in {public.port, here.port}
        except ValueError:
            return False
        if (page.scheme, page.netloc) == (public.scheme, public.netloc):
            return True
        return known_port and (page.hostname == here.hostname or {page.hostname, here.hostname} <= _LOOPBACK)

    def end_revoked(self) -> None:
        """Disconnect everybody whose key was revoked or whose account was disabled.

        Raises:
            UnavailableError: Postgres does not answer.

        """
        known = dict(self._credentials)
        good = standing(set(known.values())) if known else set()
        for client, credential in known.items():
            if credential not in good:
                log.info("live_access_ended", tenant_id=credential.tenant_id)
                self.sockets.server.disconnect(client)

    def end_laggards(self) -> None:
        """Close the connections that cannot keep up, before what waits for them fills the memory."""
        engine = self.sockets.server.eio
        for connection, socket in list(engine.sockets.items()):
            if socket.queue.qsize() > LONGEST_QUEUE:
                log.info("live_client_too_slow")
                engine.disconnect(connection)


def _app(settings: config.Settings) -> flask.Flask:
    """As far as cookies go the same application as web.app, so that it can read that one's sessions."""
    app = flask.Flask("web.live", static_folder=None)
    app.secret_key = settings.secret_key.get_secret_value()
    app.config["SESSION_COOKIE_NAME"] = "rex_session"
    app.add_url_rule("/health", view_func=lambda: {"status": "ok"}, endpoint="health")
    return app


def _credential(auth: object) -> Credential:
    """Whom the key in ``auth`` or the session's cookie belongs to.

    Raises:
        UnauthenticatedError: neither is there, or it is not good any more.

    """
    key = auth.get("api_key") if isinstance(auth, dict) else None
    with db.control() as session:
        caller = access.by_key(session, key) if isinstance(key, str) else access.by_identity(session, _signed_in())
    return Credential(Kind(caller.identity.kind), caller.identity.id, caller.tenant_id)


def _signed_in() -> Identity:
    session = flask.session
    kind = Kind.KEY if session.get("key_id") else Kind.USER
    try:
        return Identity(kind, UUID(session[f"{kind}_id"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UnauthenticatedError("Sign in, or connect with auth {api_key}.", code="no_credentials") from error


def _answer(message: object, act: Callable[[Subscription], Joined]) -> dict[str, object]:
    try:
        joined = act(_read(message))
    except RefusedError as error:
        problems = [{"where": p.where, "what": p.what, "expected": p.expected} for p in error.problems]
        return {"ok": False, "code": error.code, "detail": error.detail, "errors": problems}
    return {"ok": True, "seq": joined.seq, "topics": list(joined.topics)}


def _read(message: object) -> Subscription:
    try:
        return Subscription.model_validate(message)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise InvalidError(f"{where}: {first['msg']}", code="invalid_message") from error

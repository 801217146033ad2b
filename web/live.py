"""The socket server: a process of its own on gevent, which tells browsers and programs what is new."""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()  # before anything else is imported, and in this process only

import signal
import sys
import time
from uuid import UUID

import gevent
import redis
import structlog
from gevent.pywsgi import WSGIServer
from sqlalchemy.exc import SQLAlchemyError

from rex_celery import config
from rex_celery import log as logging
from rex_celery import redis as store
from rex_celery.embedded import services
from rex_celery.errors import UnavailableError
from rex_celery.realtime.hub import Hub
from web.sockets import LiveServer

log = structlog.get_logger()

# A silent Redis delays events by this much; a revoked key listens for at most this much longer.
LOOK_SECONDS = 2.0


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = services.attach(config.settings())
    logging.configure(settings.log_level)
    live = LiveServer(settings)
    server = WSGIServer((settings.host, settings.live_port), live.app, log=None)
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, server.stop, 1)
    try:
        server.start()
    except OSError as error:
        log.error("live_cannot_listen", host=settings.host, port=settings.live_port, error=error.strerror)  # noqa: TRY400
        sys.exit(1)
    gevent.spawn(heed_redis, live.hub)
    gevent.spawn(look_after, live)
    log.info("live_listening", host=settings.host, port=settings.live_port)
    server.serve_forever()
    log.info("live_stopped")


def heed_redis(hub: Hub) -> None:
    """Wake streams when Redis says that something was committed; for ever."""
    while True:
        try:
            with store.client().pubsub(ignore_subscribe_messages=True) as line:  # type: ignore[no-untyped-call]
                line.subscribe(store.EVENT_CHANNEL)
                while True:
                    message = line.get_message(timeout=1.0)
                    if message:
                        wake(hub, message["data"])
        except redis.RedisError as error:
            log.warning("redis_silent", error=type(error).__name__)
            time.sleep(1.0)


def wake(hub: Hub, words: str) -> None:
    """Pass on an announcement, ``<tenant> <seq>``."""
    tenant, _, seq = words.partition(" ")
    try:
        hub.wake(UUID(tenant), int(seq))
    except ValueError:
        log.warning("announcement_unreadable")


def look_after(live: LiveServer) -> None:
    """Every two seconds: what did Redis not say, whose right has ended, who cannot keep up; for ever."""
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            live.hub.look()
            live.end_revoked()
        except (UnavailableError, SQLAlchemyError) as error:
            log.warning("database_silent", error=type(error).__name__)
        live.end_laggards()


if __name__ == "__main__":
    main()

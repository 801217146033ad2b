"""What Ctrl-C, a stop from outside and a closed terminal mean at each moment."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopping(how: Callable[[], None]) -> Iterator[None]:
    """Call this, and go on, for each request to stop within the block."""
    with _answering(lambda *_: how()):
        yield


@contextmanager
def raising() -> Iterator[None]:
    """Every request to stop raises KeyboardInterrupt within the block, so that what was opened is closed."""
    with _answering(signal.default_int_handler):
        yield


@contextmanager
def _answering(handler: Callable[..., object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = {number: signal.signal(number, handler) for number in STOPS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)

"""Locks on files, let go by the kernel when their holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take(path: Path, *, shared: bool = False, wait: bool = False) -> int | None:
    """Lock a file, making it first; the lock lasts until the returned descriptor is closed everywhere.

    Returns None when somebody else holds it and ``wait`` is not asked for.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def let_go(descriptor: int) -> None:
    """Give a lock back."""
    os.close(descriptor)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for a lock, hold it for the block."""
    descriptor = take(path, wait=True)
    try:
        yield
    finally:
        if descriptor is not None:
            let_go(descriptor)

"""File locks with a bounded wait."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

_STEP = 0.02


@contextlib.contextmanager
def held(path: str, seconds: float) -> Iterator[None]:
    """Hold the lock alone. Raises TimeoutError."""
    descriptor = _acquire(path, seconds)
    try:
        yield
    finally:
        os.close(descriptor)


def _acquire(path: str, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process holds {path}") from None
            time.sleep(_STEP)
            continue
        if _same(descriptor, path):
            return descriptor
        os.close(descriptor)  # whoever held it removed the file


def _same(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return False


def share(path: str) -> int:
    """Hold the lock together with others until the descriptor is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return descriptor


def alone(path: str) -> bool:
    """Whether nobody shares the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True

"""The reconcile lease: one process at a time runs passes.

A holder says what it is: "watch" and "until-settled" stay and react to every new
revision, so a command that finds them need not run a pass of its own; "pass" ends
soon, and a command that finds it waits its turn.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from kctl.store.store import Store
from kctl.store.types import Lease

NAME = "reconcile"
LEAVE = "leave"
"""The lease of somebody who wants the world for himself."""
SECONDS = 15.0
RENEW_AFTER = 5.0

STAYING = frozenset({"watch", "until-settled"})
"""Details of holders that react to what is written while they hold the lease."""


def boot_identity() -> str:
    """This machine in this boot: a pid means something only within it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = "unknown"
    return f"{os.uname().nodename}/{boot}"


class ReconcileLease:
    """Acquire, renew while working, release."""

    def __init__(self, store: Store, detail: str) -> None:
        self._store, self._detail = store, detail
        self._holder = f"{boot_identity()}/{os.getpid()}/{id(self)}"
        self._renewed = 0.0

    def acquire(self) -> bool:
        now = time.time()
        lease = self._store.lease_acquire(
            NAME,
            self._holder,
            SECONDS,
            now,
            pid=os.getpid(),
            host=boot_identity(),
            detail=self._detail,
        )
        self._renewed = now
        return lease is not None

    def renew(self) -> bool:
        """Keep it when it is due; False once someone else has it."""
        now = time.time()
        if now - self._renewed < RENEW_AFTER:
            return True
        self._renewed = now
        return self._store.lease_renew(NAME, self._holder, SECONDS, now) is not None

    def release(self) -> None:
        self._store.lease_release(NAME, self._holder)


class Asking:
    """While it is entered, whoever waits for the world to settle is asked to end; the
    request ends by itself after `seconds`, should its process die."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store, self._seconds = store, seconds
        self._holder = f"{boot_identity()}/{os.getpid()}"

    def __enter__(self) -> None:
        self._store.lease_acquire(
            LEAVE,
            self._holder,
            self._seconds,
            time.time(),
            pid=os.getpid(),
            host=boot_identity(),
            detail="turn",
        )

    def __exit__(self, *exc: object) -> None:
        self._store.lease_release(LEAVE, self._holder)


def asked_to_leave(store: Store) -> bool:
    lease = store.lease_get(LEAVE)
    return lease is not None and lease.expires > time.time()


def holder(store: Store) -> Lease | None:
    """Who holds the lease now, if it has not run out."""
    lease = store.lease_get(NAME)
    return lease if lease is not None and lease.expires > time.time() else None

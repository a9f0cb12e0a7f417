"""What a command does once it wrote: bring the world into line.

It runs passes until there is nothing to do but wait for time to pass. A process that
holds the lease and stays (the watcher, a detached pass) does that for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from kctl.reconcile.lease import STAYING, Asking, ReconcileLease, asked_to_leave, holder
from kctl.reconcile.log import Log
from kctl.reconcile.loop import NEVER, Loop
from kctl.reconcile.plane import Plane
from kctl.reconcile.summary import Summary

TURN_SECONDS = 120.0
"""How long a command waits for another command's pass to end."""
SETTLE_SECONDS = 600.0
"""How long a detached pass waits for the world to settle."""
POLL = 0.02


def after_write(
    plane: Plane,
    *,
    until: Callable[[], bool] | None = None,
    timeout: float | None = None,
    log: Log | None = None,
    anew: bool = False,
) -> Summary:
    """Run passes until nothing is to be done at once and `until` (if given) holds, or
    `timeout` seconds went by. The summary names hosts that did not answer. `anew`: who waits
    for the world to settle makes room, since it goes by settings that have changed."""
    deadline = time.time() + timeout if timeout is not None else None
    lease = _turn_anew(plane) if anew else _turn(plane, deadline)
    if lease is None:
        _wait_for(until, deadline)
        return Summary()
    return _work(plane, lease, until, deadline, log or Log())


def _work(
    plane: Plane,
    lease: ReconcileLease,
    until: Callable[[], bool] | None,
    deadline: float | None,
    log: Log,
    *,
    patient: bool = False,
) -> Summary:
    """`patient`: wait for hosts that were silent before as long as for the others."""
    try:
        summary, moving = _passes(plane, lease, until, deadline, log, patient)
    finally:
        lease.release()
    if moving:
        leave_behind(plane)
    return summary


def _turn(
    plane: Plane, deadline: float | None, staying: frozenset[str] = STAYING
) -> ReconcileLease | None:
    """The lease, once it is free; None where its holder stays and does the work."""
    lease = ReconcileLease(plane.store, "pass")
    give_up = min(deadline or NEVER, time.time() + TURN_SECONDS)
    while not lease.acquire():
        other = holder(plane.store)
        if other is not None and other.detail in staying:
            return None
        if time.time() > give_up:
            return None
        time.sleep(POLL)
    return lease


def one_pass(plane: Plane, log: Log) -> Summary | None:
    """What `after_write` does, by this very process, so that it can tell how it went: who
    waits for the world to settle makes room, and a new one is left behind. None where a
    watcher does the work."""
    lease = _turn_anew(plane)
    return _work(plane, lease, None, None, log, patient=True) if lease is not None else None


def _turn_anew(plane: Plane) -> ReconcileLease | None:
    """The lease, from whoever waits for the world to settle as well; None where a watcher
    holds it."""
    with Asking(plane.store, TURN_SECONDS):
        return _turn(plane, None, frozenset({"watch"}))


def _wait_for(until: Callable[[], bool] | None, deadline: float | None) -> None:
    while until is not None and not until() and (deadline is None or time.time() < deadline):
        time.sleep(POLL)


def _passes(
    plane: Plane,
    lease: ReconcileLease,
    until: Callable[[], bool] | None,
    deadline: float | None,
    log: Log,
    patient: bool,
) -> tuple[Summary, bool]:
    loop = Loop(plane, log, lease)
    loop.looker.patient = patient
    try:
        loop.begin()
        if patient:
            loop.measure(stays=False)
        loop.run(lambda loop: loop.idle() and (until is None or until()), deadline)
        moving = loop.next_due() < NEVER and loop.moving()
        return loop.summary, moving
    finally:
        loop.end()


def leave_behind(plane: Plane) -> None:
    """Start a detached `kctl reconcile --until-settled`; it ends by itself."""
    log_path = plane.home / "reconcile.log"
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        subprocess.Popen(
            [sys.executable, "-m", "kctl", "reconcile", "--until-settled"],
            env={**os.environ, "KCTL_HOME": str(plane.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=descriptor,
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


def until_settled(plane: Plane, log: Log, seconds: float = SETTLE_SECONDS) -> Summary:
    """Hold the lease and run passes until nothing is on its way any more."""
    lease = ReconcileLease(plane.store, "until-settled")
    if not lease.acquire():
        return Summary()  # whoever holds it does this work, or leaves it to another
    loop = Loop(plane, log, lease)
    loop.looker.every = 1.0
    try:
        loop.begin()
        return loop.run(
            lambda loop: loop.idle() and not loop.moving(),
            time.time() + seconds,
            each_turn=_leave_if_asked,
        )
    finally:
        loop.end()
        lease.release()


def _leave_if_asked(loop: Loop) -> None:
    loop.stopping = loop.stopping or asked_to_leave(loop.plane.store)

"""Passes under a command that has work of its own to do meanwhile.

Such a command stays for as long as it takes (a drain waits for budgets), so it holds the
lease as one who reacts to whatever is written: other commands only write, and the one
that wants the world for itself asks it to make room.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from kctl.reconcile.after import POLL, leave_behind
from kctl.reconcile.lease import ReconcileLease, asked_to_leave
from kctl.reconcile.log import Log
from kctl.reconcile.loop import NEVER, Loop
from kctl.reconcile.plane import Plane
from kctl.reconcile.settled import on_its_way


def attend(plane: Plane, work: Callable[[], bool]) -> None:
    """Call `work` again and again until it answers True, running passes in between; where
    another process runs them, only that. `work` must not block: it is asked at every turn
    of the loop. What is still on its way at the end is left to a detached process."""
    while not work():
        lease = ReconcileLease(plane.store, "until-settled")
        if lease.acquire():
            if _hold(plane, lease, work):
                return
        else:
            time.sleep(POLL)


def _hold(plane: Plane, lease: ReconcileLease, work: Callable[[], bool]) -> bool:
    """Passes until `work` is done and nothing is to be done at once, or until somebody
    asks for the lease. Whether the work is done."""
    done = moving = False

    def turn(loop: Loop) -> None:
        nonlocal done
        done = done or work()
        loop.stopping = loop.stopping or asked_to_leave(plane.store)

    try:
        loop = Loop(plane, Log(), lease)
        loop.looker.every = 1.0
        try:
            loop.begin()
            loop.run(lambda loop: done and loop.idle(), each_turn=turn)
            moving = loop.next_due() < NEVER and on_its_way(loop.mirror)
        finally:
            loop.end()
    finally:
        lease.release()
    if done and moving:
        leave_behind(plane)
    return done

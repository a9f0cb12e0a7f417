"""Back-off as the kubelet counts it: 10 s, doubling to 5 min, forgotten after 10 min.

A container that ends is started again at once the first time; the delay that stands
then holds for the next time it ends.
"""

from __future__ import annotations

from kctl.controllers.pod.memory import Backoff

FIRST = 10.0
LONGEST = 300.0
FORGOTTEN = 2 * LONGEST
"""A container that ran this long since its last restart begins anew."""


def wait_until(backoff: Backoff | None, ended: float) -> float | None:
    """Until when a container that ended at `ended` has to wait; None: it need not."""
    if backoff is None or ended - backoff.at > FORGOTTEN:
        return None
    return ended + backoff.delay


def raised(backoff: Backoff | None, ended: float, now: float, run: str) -> Backoff:
    """The back-off after a restart at `now` of a run that ended at `ended`."""
    if backoff is None or ended - backoff.at > FORGOTTEN:
        return Backoff(FIRST, now, run)
    return Backoff(min(backoff.delay * 2, LONGEST), now, run)


def retry(previous: Backoff | None, now: float, run: str = "") -> Backoff:
    """The back-off of an operation that is asked for again because it had no effect on
    `run`: 1 s, doubling to a minute."""
    if previous is None or previous.run != run:
        return Backoff(1.0, now, run)
    return Backoff(min(previous.delay * 2, 60.0), now, run)


def go_duration(seconds: float) -> str:
    """Whole seconds as Go prints a duration: "10s", "1m20s", "5m0s"."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def engine_delay(restarts: int) -> float:
    """The delay that the kubelet would be at after so many restarts."""
    return min(FIRST * 2.0 ** max(restarts - 1, 0), LONGEST)

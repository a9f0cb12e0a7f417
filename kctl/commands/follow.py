"""Wait for something to come true, doing the work towards it where nobody else does."""

from __future__ import annotations

from collections.abc import Callable

from kctl.commands.context import Context


def follow(ctx: Context, done: Callable[[], bool], deadline: float | None = None) -> bool:
    """Run passes (or wait for the watcher that runs them) until `done`, or until
    `deadline` (epoch seconds). Whether it came true."""
    from kctl.reconcile.after import after_write

    timeout = None if deadline is None else max(deadline - ctx.time(), 0.0)
    after_write(ctx.plane, until=done, timeout=timeout)
    return done()

"""What one compute asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from kctl.runtime.operations import Operation
from kctl.store.types import Memo, Write


@dataclass
class Plan:
    """Writes for the store, operations for runtimes and load balancers.

    `timers` are the moments at which keys are to be synced again; they are memory as
    `memos` are, but a long-lived process stores them only when it ends."""

    writes: list[Write] = field(default_factory=list)
    memos: dict[str, Memo | None] = field(default_factory=dict)
    timers: dict[str, float | None] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Controllers that failed, each named; they were left out of this compute."""

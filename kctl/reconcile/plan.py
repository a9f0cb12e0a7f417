"""What one compute asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from kctl.runtime.types import Operation, describe
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

    @property
    def empty(self) -> bool:
        """Nothing to write and nothing to do: the world is settled."""
        return not self.writes and not self.operations

    def lines(self) -> list[str]:
        """For people: one line a write and an operation."""
        verbs = {True: "delete", False: "write"}
        written = [
            f"{verbs[write.value is None]} {write.key.resource} {write.key.namespace}/"
            f"{write.key.name}".replace(" /", " ")
            for write in self.writes
        ]
        return written + [describe(operation) for operation in self.operations]

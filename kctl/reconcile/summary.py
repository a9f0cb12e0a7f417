"""What a run of passes did, for the command that asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Summary:
    """Counts, and what went wrong."""

    passes: int = 0
    writes: int = 0
    operations: int = 0
    failures: list[str] = field(default_factory=list)
    unreachable: dict[str, str] = field(default_factory=dict)
    """node -> why; "" stands for this machine's engine when it is no node yet"""
    refused: dict[str, str] = field(default_factory=dict)
    """node -> why its host answers and may not be used for it, where that is news"""

    answering: bool = False
    """Some host answered."""

    @property
    def ok(self) -> bool:
        return not self.failures and not self.unreachable

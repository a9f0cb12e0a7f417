"""Requests to a service from outside and from hosts: single ones, and a steady load."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

_LOAD = Path(__file__).with_name("load.py")


class Told(NamedTuple):
    """What the requests to one target came to; failures carry the seconds since the start."""

    sent: int
    answers: dict[str, int]
    failures: list[tuple[float, str]]


class Load:
    """Some requests a second to each "address:port" while the block lasts.

    with Load("10.64.1.11:30080", "10.64.1.12:30080") as load:
        ...
    assert load.failures == []
    """

    def __init__(self, *targets: str, per_second: float = 20) -> None:
        self.told: dict[str, Told] = {}
        self._words = [sys.executable, str(_LOAD), str(per_second), *targets]

    def __enter__(self) -> Load:
        self.begun = time.monotonic()
        self._process = subprocess.Popen(
            self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    @property
    def seconds(self) -> float:
        """Since the start: what the times of failures count from, within the time that a
        process takes to start."""
        return time.monotonic() - self.begun

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        out, _ = self._process.communicate("end\n", timeout=30)
        found: dict[str, dict[str, Any]] = json.loads(out)
        for target, told in found.items():
            failures = [(when, text) for when, text in told["failures"]]
            self.told[target] = Told(told["sent"], told["answers"], failures)

    @property
    def failures(self) -> list[tuple[str, float, str]]:
        return [(target, *each) for target, told in self.told.items() for each in told.failures]

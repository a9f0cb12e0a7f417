"""Time and randomness as the pass is given them, so that a test can hold both still."""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from kctl.api.safe_names import SAFE_ALPHABET


class Clock(Protocol):
    def time(self) -> float:
        """Epoch seconds."""
        ...

    def now(self) -> datetime:
        """The same instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        return time.time()

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Randomness:
    """uids and name suffixes; give it a seed and every run is the same."""

    source: random.Random = field(default_factory=random.SystemRandom)

    def uid(self) -> str:
        return str(uuid.UUID(int=self.source.getrandbits(128), version=4))

    def suffix(self) -> str:
        return "".join(self.source.choices(SAFE_ALPHABET, k=5))

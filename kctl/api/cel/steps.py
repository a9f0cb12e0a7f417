"""What a checked expression becomes: a function of the variables at hand and the budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kctl.api.cel.values import Budget, CelError

Frame = dict[str, Any]
Step = Callable[[Frame, Budget], Any]


class Lazy:
    """A variable that is made when it is first read; what it raises, every read raises."""

    def __init__(self, make: Callable[[Budget], Any]) -> None:
        self._make, self._made = make, False
        self._value: Any = None
        self._error: Exception | None = None

    def get(self, budget: Budget) -> Any:
        if not self._made:
            self._made = True
            try:
                self._value = self._make(budget)
            except CelError as error:
                self._error = error
        if self._error is not None:
            raise self._error
        return self._value

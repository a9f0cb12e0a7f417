"""What holds for all tests with real programs."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Programs that the tests interrupt must hear it: a shell that runs the tests in the background
    has them, and all that they start, ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

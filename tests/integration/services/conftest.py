from __future__ import annotations

from tests.integration.network.conftest import machine

__all__ = ["machine"]

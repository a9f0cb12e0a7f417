"""One server for a module's tests, without a loop beside it: what it stores stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.serve.served import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    code = made.stop()
    assert code == 0, made.log()
    assert "Traceback" not in made.log() and "error:" not in made.log(), made.log()

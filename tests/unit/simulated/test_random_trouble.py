"""Whatever becomes of hosts, the world ends up as it was asked for.

KCTL_SEEDS=FROM-TO tries other seeds than those that CI tries.
"""

from __future__ import annotations

import os

import pytest

from tests.unit.simulated.trouble import Trouble

_first, _, _last = os.environ.get("KCTL_SEEDS", "0-11").partition("-")


@pytest.mark.parametrize("seed", range(int(_first), int(_last) + 1))
def test_the_world_is_as_asked_for_after_any_trouble(seed: int) -> None:
    Trouble(seed).run()


def test_one_seed_is_one_story() -> None:
    first, second = Trouble(3, steps=5), Trouble(3, steps=5)
    first.run()
    second.run()
    assert first.log == second.log
    assert first.cluster.running() == second.cluster.running()

"""From `docker kill` of a pod's container to its replacement running: the watch loop
against Swarm with no restart delay. Another pod is killed each time, since both back off
from one that dies again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.lab import IMAGE, docker, images, lab, median, running, say, swarm, wait_for

ROUNDS = 6


def run() -> dict[str, Any]:
    with images():
        say("heal: kctl")
        ours = _kctl()
        say("heal: Swarm")
        theirs = _swarm()
    return {
        "kctl": ours,
        "swarm": theirs,
        "ratio": median(ours) / median(theirs),
    }


def _kctl() -> list[float]:
    with lab() as control:
        watcher = control.start("reconcile", "--watch")
        try:
            control.kctl(
                "create", "deployment", "bench", f"--image={IMAGE}", f"--replicas={ROUNDS}"
            )
            control.kctl("rollout", "status", "deployment", "bench", "--timeout=60s")
            time.sleep(1.0)
            return _kill_each(control.pods)
        finally:
            watcher.terminate()
            watcher.wait(20)


def _swarm() -> list[float]:
    with swarm():
        words = ("--name", "bench", "--replicas", str(ROUNDS), "--restart-delay", "0s")
        docker("service", "create", "-q", *words, IMAGE)
        try:
            return _kill_each(lambda: running("com.docker.swarm.service.name=bench"))
        finally:
            docker("service", "rm", "bench")
            label = "label=com.docker.swarm.service.name=bench"
            wait_for(lambda: not docker("ps", "-aq", "--filter", label))


def _kill_each(alive: Callable[[], list[str]]) -> list[float]:
    wait_for(lambda: len(alive()) == ROUNDS)
    times = []
    for victim in alive():
        began = time.perf_counter()
        docker("kill", victim)
        wait_for(lambda victim=victim: _replaced(alive(), victim))  # type: ignore[misc]
        times.append(time.perf_counter() - began)
        time.sleep(0.5)
    return times


def _replaced(now: list[str], victim: str) -> bool:
    return victim not in now and len(now) == ROUNDS


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            "from `docker kill` to the replacement running",
            f"{median(result['kctl']):.2f} s",
            f"Swarm, no restart delay {median(result['swarm']):.2f} s",
            f"{result['ratio']:.2f}",
            "at most 0.75",
        )
    ]

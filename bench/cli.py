"""`kctl get pods`, the whole process, against the real kubectl at work that needs no server,
and against a Python that does nothing. Runs alternate, so that a busy machine slows all."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from bench.lab import KCTL, KUBECTL, ROOT, lab, median, say
from kctl.reconcile.plane import Plane

ROUNDS = 60
SIZES = (1, 1000)
PYTHON = str(ROOT / ".venv/bin/python")
PEERS = {
    "kubectl": [
        KUBECTL,
        *["create", "deployment", "x", "--image=y", "--dry-run=client", "-o", "yaml"],
    ],
    "python": [PYTHON, "-I", "-S", "-c", "pass"],
}


def run() -> dict[str, Any]:
    result: dict[str, Any] = {}
    for size in SIZES:
        say(f"cli: {size} pods")
        with lab() as control:
            os.environ["KCTL_LOCAL_HOST"] = "none"
            try:
                _fill(control.home, size)
                environment = {**control.environment, "KCTL_LOCAL_HOST": "none"}
                commands = {"kctl": [KCTL, "get", "pods"], **PEERS}
                result[str(size)] = _race(commands, environment)
            finally:
                del os.environ["KCTL_LOCAL_HOST"]
    return result


def _fill(home: Path, size: int) -> None:
    from bench.store import POD

    with Plane.open(home) as plane:
        for number in range(size):
            meta = {**POD["metadata"], "name": f"web-{number:05d}"}
            plane.api.create({**POD, "metadata": meta})
    subprocess.run(
        [KCTL, "reconcile"], env={**os.environ, "KCTL_HOME": str(home)}, capture_output=True
    )


def _race(commands: dict[str, list[str]], environment: dict[str, str]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, words in commands.items():
            began = time.perf_counter()
            subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)
            times[name].append((time.perf_counter() - began) * 1000)
    medians = {name: median(values) for name, values in times.items()}
    return {
        **{f"{name}_ms": taken for name, taken in medians.items()},
        "to_kubectl": medians["kctl"] / medians["kubectl"],
        "to_python": medians["kctl"] / medians["python"],
    }


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    lines = []
    for size, got in result.items():
        what = f"`kctl get pods`, {size} pod{'s' * (size != '1')}"
        ours = f"{got['kctl_ms']:.0f} ms"
        lines.append(
            (
                what,
                ours,
                f"kubectl create --dry-run {got['kubectl_ms']:.0f} ms",
                f"{got['to_kubectl']:.2f}",
                "at most 1.0",
            )
        )
        lines.append(
            (
                what,
                ours,
                f"python -I -S -c pass {got['python_ms']:.0f} ms",
                f"{got['to_python']:.2f}",
                "at most 3",
            )
        )
    return lines

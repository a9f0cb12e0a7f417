"""A pass over a settled world of simulated pods: what it costs, and how that grows.

"new process" is what a command or cron pays: open the store, look, find nothing to do.
"one change" is a watcher's answer to a single new revision. "everything" makes every
controller look at every object again, as after a log that was compacted away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.lab import ROOT, say

SIZES = (10, 1000, 10_000)
PER_NODE = 100
SETTLED = 3.0
"""Seconds without a start before the world counts as settled."""


def run() -> dict[str, Any]:
    """Each size in a process of its own, so that memory is its own."""
    result = {}
    for size in SIZES:
        say(f"passes: {size} pods")
        done = subprocess.run(
            [sys.executable, "-m", "bench.passes", str(size)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        result[str(size)] = json.loads(done.stdout)
    return result


def measure(size: int) -> dict[str, float]:
    os.environ["KCTL_LOCAL_HOST"] = "none"
    from kctl.reconcile.log import Log
    from kctl.reconcile.loop import Loop
    from kctl.reconcile.plane import Plane

    with tempfile.TemporaryDirectory() as folder, Plane.open(Path(folder) / "home") as plane:
        _world(plane, size)
        loop = Loop(plane, Log())
        loop.begin()
        began = time.perf_counter()
        loop.run(lambda loop: loop.idle())
        build = time.perf_counter() - began
        time.sleep(SETTLED)
        loop.remember()
        pods = list(plane.api.list("pods", "default").items)
        ready = sum(
            each["type"] == "Ready" and each["status"] == "True"
            for pod in pods
            for each in pod["status"]["conditions"]
        )
        if ready != size:
            raise RuntimeError(f"{ready} of {size} pods are ready")

        again = Loop(plane, Log(), hosts=loop.hosts)
        settled = _seconds(lambda: (again.begin(), again.run(lambda loop: loop.idle())))
        plane.api.patch("pods", pods[0]["metadata"]["name"], "default", _LABEL, "merge")
        change = _seconds(lambda: again.run(lambda loop: loop.idle()))
        again._everything = True
        everything = _seconds(lambda: again.run(lambda loop: loop.idle()))
        if again.summary.operations:
            raise RuntimeError("a pass over a settled world did something")
        loop.end()
        return {
            "build": build,
            "new_process": settled,
            "one_change": change,
            "everything": everything,
            "megabytes": _peak(),
        }


_LABEL = {"metadata": {"labels": {"looked": "at"}}}


def _seconds(action: Any) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _peak() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _world(plane: Any, size: int) -> None:
    for number in range(max(size // PER_NODE, 1)):
        name = f"node-{number:04d}"
        cidr = f"10.98.{16 + number}.0/24"
        plane.api.create(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": name,
                    "annotations": {
                        "kctl.io/host": f"simulated://{name}?cpus=64&memory=137438953472"
                    },
                    "labels": {"kubernetes.io/hostname": name},
                },
                "spec": {"podCIDR": cidr, "podCIDRs": [cidr]},
            }
        )
    for number in range(max(size // PER_NODE, 1)):
        labels = {"app": f"web-{number}"}
        plane.api.create(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": f"web-{number}", "namespace": "default"},
                "spec": {
                    "replicas": min(size, PER_NODE),
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {"containers": [{"name": "web", "image": "web:1"}]},
                    },
                },
            }
        )


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    smallest = result[str(SIZES[0])]
    lines = []
    for size, got in result.items():
        for what, name in (("new process", "new_process"), ("after one change", "one_change")):
            lines.append(
                (
                    f"pass over {size} settled pods, {what}",
                    f"{got[name] * 1000:.1f} ms, {got['megabytes']:.0f} MB",
                    f"{SIZES[0]} pods {smallest[name] * 1000:.1f} ms",
                    f"{got[name] / smallest[name]:.1f}",
                    "nearly flat",
                )
            )
    return lines


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

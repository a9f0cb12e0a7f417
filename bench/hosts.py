"""Many hosts: what a pass over N of them costs, and how soon the others know what became of one.

"flat": passes over N settled hosts, simulated, each of whose looks takes two round trips of
5 ms. "look" is a watcher's regular look, "process" what a command or cron pays.
"soon": on real hosts, from the pod's readiness (the commit that says so) to the first request
that reaches it through another node's load balancer, and from its death (`docker kill`) to
the configuration of that load balancer without it being confirmed.
"cut": a host is unplugged; until no request fails or waits for it any more, until it counts as
lost, and until the last replacement is ready once its time of grace is over.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.bed import nodes
from bench.hosts_lost import TOLERATION, cut, deploy, deployment, soon, spread, watching
from bench.lab import ROOT, say

SIZES = (1, 4, 16, 64)
ROUNDS = 15
TRIP = 0.005
CUTS = 3


def run() -> dict[str, Any]:
    flat = {}
    for size in SIZES:
        say(f"hosts: {size} simulated")
        flat[str(size)] = _in_a_process(size)
    with nodes(3) as (control, addresses):
        spread()
        with watching(control):
            deploy(control)
            say("hosts: from a pod's readiness and death to another node's load balancer")
            found = soon(control, addresses)
            say("hosts: a host is cut off")
            cuts = [cut(control, addresses) for _ in range(CUTS)]
    return {"flat": flat, "soon": found, "cut": cuts}


# --- passes over many hosts ----------------------------------------------------------------


def _in_a_process(size: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.hosts", str(size)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(size: int) -> dict[str, float]:
    """Medians, in seconds; processor time beside the wall's."""
    os.environ |= {"KCTL_LOCAL_HOST": "none", "KCTL_CLUSTER_CIDR": "10.98.0.0/16"}
    from kctl.reconcile.log import Log
    from kctl.reconcile.loop import Loop
    from kctl.reconcile.plane import Plane

    def idle(loop: Loop) -> bool:
        return loop.idle()

    with tempfile.TemporaryDirectory() as folder, Plane.open(Path(folder) / "home") as plane:
        for number in range(size):
            _simulated(plane, number)
        plane.api.create(deployment(4 * size))
        loop = Loop(plane, Log())
        loop.begin()
        loop.run(idle)
        time.sleep(3.0)
        loop.run(idle)
        loop.remember()
        process, look, busy = [], [], []
        for _ in range(ROUNDS):
            again = Loop(plane, Log(), hosts=loop.hosts)
            process.append(_seconds(lambda again=again: (again.begin(), again.run(idle))))  # type: ignore[misc]
            used = time.process_time()
            look.append(_seconds(lambda again=again: (again.looker.look(), again.run(idle))))  # type: ignore[misc]
            busy.append(time.process_time() - used)
            if again.summary.operations or again.summary.writes:
                raise RuntimeError("a pass over settled hosts did something")
        loop.end()
    medians = map(statistics.median, (process, look, busy))
    return dict(zip(("process", "look", "processor"), medians, strict=True))


def _simulated(plane: Any, number: int) -> None:
    name, cidr = f"node-{number:03d}", f"10.98.{16 + number}.0/24"
    url = f"simulated://{name}?look={2 * TRIP}"
    metadata = {"name": name, "annotations": {"kctl.io/host": url}}
    spec = {"podCIDR": cidr, "podCIDRs": [cidr]}
    plane.api.create({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec})


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


# --- the table -----------------------------------------------------------------------------


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    lines = []
    one = result["flat"][str(SIZES[0])]
    for size, got in result["flat"].items():
        for what, name in (("regular look", "look"), ("new process", "process")):
            lines.append(
                (
                    f"pass over {size} settled hosts, {what}",
                    f"{got[name] * 1000:.1f} ms",
                    f"1 host {one[name] * 1000:.1f} ms",
                    f"{got[name] / one[name]:.1f}",
                    "nearly flat",
                )
            )
    for what, name in (
        ("from a pod's readiness to its first request through another node", "first_request"),
        ("from a pod's death to its removal from another node", "removal"),
    ):
        values = result["soon"][name]
        lines.append((what, f"p50 {_at(values, 0.5)}, p99 {_at(values, 0.99)}", "", "", ""))
    cuts = result["cut"]
    sent, failed = sum(e["sent"] for e in cuts), sum(e["failed"] for e in cuts)
    middle = {name: statistics.median(each[name] for each in cuts) for name in cuts[0]}
    lines += [
        ("host cut off: every request answers again", f"{middle['answering']:.1f} s", "", "", ""),
        ("host cut off: requests failed", f"{failed:.0f} of {sent:.0f}", "", "", "0"),
        ("host cut off: it counts as lost", f"{middle['lost']:.1f} s", "", "", "seconds"),
        (
            "host lost: the last replacement ready, after the toleration",
            f"{middle['replaced']:.1f} s",
            f"toleration {TOLERATION:.0f} s",
            "",
            "",
        ),
    ]
    return lines


def _at(values: list[float], share: float) -> str:
    return f"{values[min(int(len(values) * share), len(values) - 1)]:.2f} s"


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

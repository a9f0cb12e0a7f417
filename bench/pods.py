"""Twenty pods, from nothing to ready and away again: kctl, Swarm, the bare Engine API.

All run the same image on the same engine, one after the other, in alternating rounds.
For kctl the clock stops when every pod is Ready in its store; for Swarm and the Engine
API when every container runs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.lab import IMAGE, Lab, docker, images, lab, median, say, seconds_of, swarm, wait_for

COUNT = 20
ROUNDS = 3
CALLERS = 4


def run() -> dict[str, Any]:
    times: dict[str, list[float]] = {
        f"{who}_{what}": [] for who in ("kctl", "swarm", "engine") for what in ("start", "delete")
    }
    with images(), lab() as control, swarm():
        control.kctl("create", "deployment", "warm", f"--image={IMAGE}")
        control.kctl("delete", "deployment", "warm")
        for number in range(ROUNDS):
            say(f"pods: round {number + 1} of {ROUNDS}")
            _kctl(control, times)
            _swarm(times)
            _engine(times)
    medians = {name: median(values) for name, values in times.items()}
    return {
        "count": COUNT,
        "seconds": medians,
        "start_to_swarm": medians["kctl_start"] / medians["swarm_start"],
        "start_to_engine": medians["kctl_start"] / medians["engine_start"],
        "delete_to_swarm": medians["kctl_delete"] / medians["swarm_delete"],
    }


def _kctl(control: Lab, times: dict[str, list[float]]) -> None:
    def start() -> None:
        control.kctl("create", "deployment", "bench", f"--image={IMAGE}", f"--replicas={COUNT}")
        control.kctl("rollout", "status", "deployment", "bench", "--timeout=120s")

    def delete() -> None:
        control.kctl("delete", "deployment", "bench")
        wait_for(lambda: not control.pods())

    times["kctl_start"].append(seconds_of(start))
    times["kctl_delete"].append(seconds_of(delete))


def _swarm(times: dict[str, list[float]]) -> None:
    label = "com.docker.swarm.service.name=bench"

    def start() -> None:
        docker("service", "create", "-q", "--name", "bench", "--replicas", str(COUNT), IMAGE)
        wait_for(lambda: len(docker("ps", "-q", "--filter", f"label={label}").split()) == COUNT)

    def delete() -> None:
        docker("service", "rm", "bench")
        wait_for(lambda: not docker("ps", "-aq", "--filter", f"label={label}"))

    times["swarm_start"].append(seconds_of(start))
    times["swarm_delete"].append(seconds_of(delete))


def _engine(times: dict[str, list[float]]) -> None:
    import docker as engine

    network = "kctl-bench"
    docker("network", "create", network)
    names = [f"kctl-bench-{number}" for number in range(COUNT)]

    def make(name: str) -> None:
        client = engine.APIClient()
        made = client.create_container(
            IMAGE,
            name=name,
            host_config=client.create_host_config(restart_policy={"Name": "always"}),
            networking_config=client.create_networking_config(
                {network: client.create_endpoint_config()}
            ),
        )
        client.start(made["Id"])
        client.close()

    def remove(name: str) -> None:
        client = engine.APIClient()
        client.stop(name, timeout=30)
        client.remove_container(name)
        client.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        times["engine_start"].append(seconds_of(lambda: list(pool.map(make, names))))
        times["engine_delete"].append(seconds_of(lambda: list(pool.map(remove, names))))
    docker("network", "rm", network)


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    s = result["seconds"]
    return [
        (
            f"{COUNT} pods from nothing to ready",
            f"{s['kctl_start']:.2f} s",
            f"Swarm {s['swarm_start']:.2f} s",
            f"{result['start_to_swarm']:.2f}",
            "at most 0.6",
        ),
        (
            f"{COUNT} pods from nothing to ready",
            f"{s['kctl_start']:.2f} s",
            f"Engine API, {CALLERS} callers {s['engine_start']:.2f} s",
            f"{result['start_to_engine']:.2f}",
            "at most 1.25",
        ),
        (
            f"{COUNT} pods away again",
            f"{s['kctl_delete']:.2f} s",
            f"Swarm {s['swarm_delete']:.2f} s",
            f"{result['delete_to_swarm']:.2f}",
            "at most 0.6",
        ),
    ]

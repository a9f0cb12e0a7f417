"""Several Docker hosts of this machine (scripts/hosts) as nodes of one control plane."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bench.lab import ROOT, Lab, docker, lab, say, wait_for

_HOSTS = str(ROOT / "scripts/hosts")
NAME = "bench"
SERVER = "kctl-bench/fast"
"""An image whose HAProxy answers from memory, in versions v1 and v2."""


def hosts(verb: str, *words: str) -> str:
    """What scripts/hosts says; RuntimeError when it fails."""
    done = subprocess.run([_HOSTS, verb, NAME, *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"scripts/hosts {verb}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


@contextmanager
def nodes(count: int, layout: str = "flat") -> Iterator[tuple[Lab, dict[str, str]]]:
    """(a control plane whose nodes are w1, w2, ..., the address of each); all of it gone
    afterwards."""
    say(f"{count} hosts, {layout}")
    hosts("down")
    hosts("up", str(count), layout)
    try:
        with lab() as control:
            for line in hosts("env").removeprefix("export ").split():
                key, _, value = line.partition("=")
                control.environment[key] = value
            for number in range(1, count + 1):
                control.kctl("join", hosts("url", f"h{number}"), f"w{number}")
            yield control, {f"w{at}": hosts("address", f"h{at}") for at in range(1, count + 1)}
    finally:
        hosts("down")


def engine(node: str, *words: str) -> str:
    """The docker command on the engine of node w1, w2, ..."""
    socket = f"/var/lib/kctl-hosts/{NAME}/h{node[1:]}/run/docker.sock"
    return docker("-H", f"unix://{socket}", *words)


def spread_server(control: Lab) -> None:
    """Both versions of the server's image, on every node. It is the image of the load
    balancer, which stands on a node as soon as that serves something."""
    control.kctl("create", "service", "clusterip", "first", "--tcp=80")
    for node in control.kctl("get", "nodes", "-o", "name").split():
        name = node.removeprefix("node/")
        wait_for(lambda name=name: bool(_images(name)))  # type: ignore[misc]
        for version in ("v1", "v2"):
            engine(name, "tag", _images(name)[0], f"{SERVER}:{version}")


def _images(node: str) -> list[str]:
    return engine(node, "images", "--format", "{{.Repository}}:{{.Tag}}", "kctl-lb").split()

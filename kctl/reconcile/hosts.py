"""The hosts behind the nodes: one runtime each, looked at side by side.

A node says in the annotation `kctl.io/host` how its engine is reached. The engine of
this machine becomes a node by itself, as a kubelet registers its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from kctl.network.addresses import node_pod_cidr
from kctl.plugins.manager import Plugins
from kctl.runtime.types import (
    HostUnreachable,
    NodeFacts,
    NodeObservation,
    Runtime,
)

Object = dict[str, Any]

HOST_ANNOTATION = "kctl.io/host"


def local_url() -> str:
    """Where this machine's engine listens: DOCKER_HOST, else the usual socket. Empty
    when KCTL_LOCAL_HOST is set to "none": this machine is no node then."""
    if os.environ.get("KCTL_LOCAL_HOST") == "none":
        return ""
    return os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


class Hosts:
    """Runtimes by node name."""

    def __init__(self, plugins: Plugins, settings: Mapping[str, str]) -> None:
        self._plugins, self._settings = plugins, settings
        self._runtimes: dict[str, tuple[str, Runtime]] = {}
        self._pool = ThreadPoolExecutor(32)

    def use(self, nodes: Iterable[Object]) -> set[str]:
        """Follow the nodes of the store: connect to new ones, let go of those that went.
        Returns the names that have a runtime. A node without the annotation has none."""
        wanted = {}
        for node in nodes:
            url = (node["metadata"].get("annotations") or {}).get(HOST_ANNOTATION)
            if url:
                wanted[node["metadata"]["name"]] = url
        for name in [each for each in self._runtimes if each not in wanted]:
            self._runtimes.pop(name)[1].close()
        for name, url in wanted.items():
            known = self._runtimes.get(name)
            if known is None or known[0] != url:
                self._runtimes[name] = (url, self.connect(url, name))
        return set(wanted)

    def connect(self, url: str, node: str) -> Runtime:
        """A runtime for a host; ValueError when no plugin knows the scheme."""
        runtime: Runtime | None = self._plugins.runtime(url, node, self._settings)
        if runtime is None:
            raise ValueError(f"no runtime for host {url!r} of node {node!r}")
        return runtime

    def runtime(self, node: str) -> Runtime:
        if node not in self._runtimes:
            raise HostUnreachable(f"node {node!r} has no host")
        return self._runtimes[node][1]

    def look(self, node: str, facts: bool) -> Future[NodeObservation]:
        """Begin to look at a node; unreachable is an answer, not an error."""
        return self._pool.submit(self._look, node, facts)

    def _look(self, name: str, facts: bool) -> NodeObservation:
        try:
            return self.runtime(name).observe(facts=facts)
        except HostUnreachable as error:
            return NodeObservation(name, False, str(error))

    def close(self) -> None:
        for _, runtime in self._runtimes.values():
            runtime.close()
        self._runtimes.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)


def node_name(hostname: str) -> str:
    """A host's name as a node name: lower case, a valid RFC 1123 subdomain."""
    name = re.sub(r"[^a-z0-9.-]", "-", hostname.lower()).strip("-.")
    return name[:253] or "node"


def node_object(
    name: str, url: str, facts: NodeFacts, settings: Mapping[str, str], taken: Iterable[str]
) -> Object:
    """The Node that a host registers as. `taken` are the pod CIDRs of the others."""
    pod_cidr = node_pod_cidr(settings["cluster-cidr"], list(taken))
    system = facts.info.get("operatingSystem", "linux")
    machine = facts.info.get("architecture", "amd64")
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": machine,
                "beta.kubernetes.io/os": system,
                "kubernetes.io/arch": machine,
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": system,
            },
            "annotations": {HOST_ANNOTATION: url},
        },
        "spec": {"podCIDR": pod_cidr, "podCIDRs": [pod_cidr]},
    }

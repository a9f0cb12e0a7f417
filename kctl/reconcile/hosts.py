"""The hosts behind the nodes: one runtime each, looked at side by side.

A node says in the annotation `kctl.io/host` how its engine is reached. The engine of
this machine becomes a node by itself, as a kubelet registers its own.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

from kctl.controllers.node_registration import (
    FINALIZER,
    HOST_ANNOTATION,
    host_labels,
    registered,
)
from kctl.network.addresses import node_pod_cidr
from kctl.plugins.manager import Plugins
from kctl.reconcile.image_sources import ImageSources
from kctl.reconcile.joining import INVALID_HOST, Claim, Recall, adopt, url_of
from kctl.runtime.observations import NodeFacts, NodeObservation
from kctl.runtime.operations import Outcome
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable, Runtime
from kctl.store.types import Memo

Object = dict[str, Any]

AT_ONCE = 64
"""Hosts that are looked at side by side."""


def local_url() -> str:
    """Where this machine's engine listens: KCTL_LOCAL_HOST, else DOCKER_HOST, else the usual
    socket. Empty when KCTL_LOCAL_HOST is set to "none": this machine is no node then."""
    given = os.environ.get("KCTL_LOCAL_HOST")
    if given == "none":
        return ""
    return given or os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


def _forgetful(name: str) -> Memo | None:
    return None


class Hosts:
    """Runtimes by node name."""

    def __init__(
        self, plugins: Plugins, settings: Mapping[str, str], recall: Recall = _forgetful
    ) -> None:
        """`recall` answers what the passes remember; a leaving node is reached where it was
        last in use."""
        self._plugins, self._settings, self.recall = plugins, settings, recall
        self._runtimes: dict[str, tuple[str, Runtime]] = {}
        self._unusable: dict[str, tuple[str, str]] = {}
        """node -> (URL, why there is no runtime for it)"""
        self._pool = Threads(AT_ONCE)
        self._sources = ImageSources(settings, self.connect)

    def use(self, nodes: Iterable[Object]) -> set[str]:
        """Follow the nodes of the store: connect to new ones, let go of those that went.
        Returns the names that have a host, or should. A node that never had the annotation
        has none."""
        nodes = list(nodes)
        wanted = {node["metadata"]["name"]: self.url(node) for node in nodes if registered(node)}
        for name in [each for each in self._runtimes if each not in wanted]:
            self._runtimes.pop(name)[1].close()
        for name in [each for each in self._unusable if each not in wanted]:
            del self._unusable[name]
        for name, url in wanted.items():
            known = self._runtimes.get(name) or self._unusable.get(name)
            if known is None or known[0] != url:
                self._use(name, url)
        self._sources.follow(nodes, self._runtimes)
        return set(wanted)

    def url(self, node: Object) -> str:
        return url_of(node, self.recall)

    def _use(self, name: str, url: str) -> None:
        old = self._runtimes.pop(name, None)
        if old is not None:
            old[1].close()
        self._unusable.pop(name, None)
        if not url:
            self._unusable[name] = (url, f"the annotation {HOST_ANNOTATION} is missing")
            return
        try:
            self._runtimes[name] = (url, self.connect(url, name))
            self._runtimes[name][1].supply(partial(self._sources.of, name))
        except ValueError as error:
            self._unusable[name] = (url, str(error))

    def connect(self, url: str, node: str) -> Runtime:
        """A runtime for a host; ValueError when no plugin knows the scheme."""
        runtime: Runtime | None = self._plugins.runtime(url, node, self._settings)
        if runtime is None:
            raise ValueError(
                f"{url!r} is not the URL of a host that kctl can reach: "
                "ssh://[user@]host[:port] or unix:///path/to/docker.sock"
            )
        return runtime

    def peek(self, url: str) -> NodeObservation:
        """A look at an engine that is no node's yet, with its facts or the reason why not."""
        try:
            runtime = self.connect(url, "")
        except ValueError as error:
            return NodeObservation("", False, str(error))
        try:
            seen = runtime.observe(facts=True)
        except HostUnreachable as error:
            return NodeObservation("", False, str(error))
        finally:
            runtime.close()
        if seen.facts is None and not seen.error:
            return NodeObservation("", False, f"the engine at {url} does not say what it is")
        return seen

    def unusable(self, node: str) -> bool:
        """Its URL is none that leads to a host: nothing of it runs anywhere."""
        return node in self._unusable

    def runtime(self, node: str) -> Runtime:
        if node in self._unusable:
            raise HostUnreachable(self._unusable[node][1])
        if node not in self._runtimes:
            raise HostUnreachable(f"node {node!r} has no host")
        return self._runtimes[node][1]

    def look(
        self, claim: Claim, facts: bool, report: Callable[[Outcome], None]
    ) -> Future[NodeObservation]:
        """Begin to look at a node, and make its pod network where it is missing. Unreachable
        and refused are answers, not errors."""
        name = claim.node
        if name in self._unusable:
            why = self._unusable[name][1]
            return done(NodeObservation(name, False, why, time.time(), refused=INVALID_HOST))
        if name not in self._runtimes:
            return done(NodeObservation(name, False, f"node {name!r} has no host", time.time()))
        url, runtime = self._runtimes[name]
        return self._pool.submit(_look, runtime, replace(claim, url=url), facts, report)

    def close(self) -> None:
        for _, runtime in self._runtimes.values():
            runtime.close()
        self._sources.close()
        self._runtimes.clear()
        self._pool.close()


def _look(
    runtime: Runtime, claim: Claim, facts: bool, report: Callable[[Outcome], None]
) -> NodeObservation:
    try:
        seen = adopt(runtime, claim, runtime.observe(facts=facts), report)
    except HostUnreachable as error:
        return NodeObservation(claim.node, False, str(error), time.time())
    return replace(seen, host=claim.url)


def done(seen: NodeObservation) -> Future[NodeObservation]:
    """A look that is over at once."""
    future: Future[NodeObservation] = Future()
    future.set_result(seen)
    return future


def node_name(hostname: str) -> str:
    """A host's name as a node name: lower case, a valid RFC 1123 subdomain."""
    name = re.sub(r"[^a-z0-9.-]", "-", hostname.lower()).strip("-.")
    return name[:253] or "node"


def free_name(base: str, taken: Iterable[str]) -> str:
    """The host's own name, or with a number behind it where another node has that."""
    names, name, number = set(taken), base, 2
    while name in names:
        name, number = f"{base}-{number}", number + 1
    return name


def node_object(
    name: str, url: str, facts: NodeFacts, settings: Mapping[str, str], taken: Iterable[str]
) -> Object:
    """The Node that a host registers as. `taken` are the pod CIDRs of the others."""
    pod_cidr = node_pod_cidr(settings["cluster-cidr"], list(taken))
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": host_labels(name, facts),
            "annotations": {HOST_ANNOTATION: url},
            "finalizers": [FINALIZER],
        },
        "spec": {"podCIDR": pod_cidr, "podCIDRs": [pod_cidr]},
    }

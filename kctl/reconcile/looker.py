"""Looking at the nodes: side by side, bounded, and without making the loop wait.

A look runs on a thread; the loop takes it in when it is there. A host that does not
answer in time counts as unreachable, and is not asked again before its last look ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

from kctl.controllers.node_network import network_of
from kctl.reconcile.hosts import HOST_ANNOTATION, Hosts, local_url, node_name, node_object
from kctl.reconcile.mirror import Mirror
from kctl.reconcile.observed import Observed
from kctl.reconcile.plane import Plane
from kctl.reconcile.summary import Summary
from kctl.runtime.types import HostUnreachable, NodeObservation, Outcome, PrepareNode

Object = dict[str, Any]

LOOK_SECONDS = 15.0
"""An engine that has not answered after this long counts as unreachable for this look."""
LOOK_EVERY = 10.0
FACTS_EVERY = 60.0
DRAIN_LOOK_EVERY = 0.2
"""While a front's old processes still hold connections."""


@dataclass
class _Look:
    future: Future[NodeObservation]
    began: float
    given_up: bool = False
    again: bool = False
    """Somebody asked for a look while this one was under way: it may have seen too little."""


class Looker:
    """Takes looks into `observed`, and what does not answer into `summary`."""

    def __init__(
        self,
        plane: Plane,
        hosts: Hosts,
        mirror: Mirror,
        observed: Observed,
        summary: Summary,
        *,
        report: Callable[[Outcome], None],
        wake: Callable[[], None],
    ) -> None:
        self._plane, self._hosts, self._mirror = plane, hosts, mirror
        self._observed, self._summary = observed, summary
        self._report, self._wake = report, wake
        self.every = LOOK_EVERY
        """seconds; who does not follow the engines' events looks more often"""
        self._looks: dict[str, _Look] = {}
        self._looked_at = 0.0
        self._facts_at = 0.0

    # --- looks ---

    def look(self, nodes: Sequence[str] = (), *, facts: bool = False) -> None:
        """Look now, at all nodes by default, and wait for the answers."""
        self.start(nodes, facts=facts)
        pending = [look.future for look in self._looks.values() if not look.given_up]
        wait(pending, timeout=LOOK_SECONDS)
        self.take()

    def start(self, nodes: Sequence[str] = (), *, facts: bool = False) -> None:
        """Begin to look; `take` has the answers later."""
        names = self._hosts.use(self.nodes())
        now = time.monotonic()
        for name in [each for each in nodes if each in names] if nodes else sorted(names):
            if name in self._looks:
                self._looks[name].again = True
            else:
                self._begin(name, facts, now)
        if not nodes:
            self._looked_at = now
            self._facts_at = now if facts else self._facts_at

    def _begin(self, name: str, facts: bool, now: float) -> None:
        future = self._hosts.look(name, facts)
        self._looks[name] = _Look(future, now)
        future.add_done_callback(lambda _: self._wake())

    def start_if_due(self) -> None:
        """The regular look, and the frequent ones while fronts drain."""
        fronts = [front for seen in self._observed.nodes.values() for front in seen.fronts.values()]
        draining = any(not front.drained for front in fronts)
        now = time.monotonic()
        if now - self._looked_at > (DRAIN_LOOK_EVERY if draining else self.every):
            self.start(facts=now - self._facts_at > FACTS_EVERY)

    def take(self) -> None:
        """Take in what has been answered, or took too long."""
        for name, look in list(self._looks.items()):
            if look.future.done():
                del self._looks[name]
                self._take(look.future.result())
                if look.again:
                    self._begin(name, False, time.monotonic())
            elif not look.given_up and time.monotonic() - look.began > LOOK_SECONDS:
                look.given_up = True
                self._take(NodeObservation(name, False, f"no answer in {LOOK_SECONDS:.0f} s"))

    def _take(self, seen: NodeObservation) -> None:
        if seen.reachable:
            self._summary.unreachable.pop(seen.node, None)
            seen = self._prepared(seen)
        else:
            self._summary.unreachable[seen.node] = seen.error
        self._observed.look(seen)

    def _prepared(self, seen: NodeObservation) -> NodeObservation:
        """A node is of use only with its pod network; make it before anything else."""
        node = self._node(seen.node)
        if seen.network or node is None or not node["spec"].get("podCIDR"):
            return seen
        network = network_of(node, self._plane.settings.__getitem__)
        try:
            runtime = self._hosts.runtime(seen.node)
            outcome = runtime.execute(PrepareNode(seen.node, network))
            self._report(outcome)
            if not outcome.ok:
                return NodeObservation(seen.node, False, outcome.message, seen.at)
            return runtime.observe(facts=seen.facts is not None)
        except HostUnreachable as error:
            return NodeObservation(seen.node, False, str(error), seen.at)

    # --- nodes ---

    def nodes(self) -> list[Object]:
        return [self._mirror.object(record) for record in self._mirror.list("nodes").values()]

    def _node(self, name: str) -> Object | None:
        return next((node for node in self.nodes() if node["metadata"]["name"] == name), None)

    def register_this_machine(self) -> None:
        """Make a Node of this machine's engine if no node has it yet."""
        url, nodes = local_url(), self.nodes()
        hosts = [(each["metadata"].get("annotations") or {}).get(HOST_ANNOTATION) for each in nodes]
        if not url or url in hosts:
            return
        runtime = self._hosts.connect(url, "")
        seen = runtime.observe(facts=True)
        runtime.close()
        if seen.facts is None:
            why = seen.error or f"the engine at {url} does not say what it is"
            self._summary.unreachable[""] = why
            return
        name = _free_name(node_name(seen.facts.hostname), nodes)
        taken = [node["spec"].get("podCIDR", "") for node in nodes]
        settings = self._plane.settings
        self._plane.api.create(node_object(name, url, seen.facts, settings, taken))


def _free_name(base: str, nodes: Iterable[Object]) -> str:
    """The host's own name, or with a number behind it where another node has that."""
    taken = {node["metadata"]["name"] for node in nodes}
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name

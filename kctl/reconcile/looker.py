"""Looking at the nodes: side by side, bounded, and without making the loop wait.

A look runs on a thread; the loop takes it in when it is there. A host that does not
answer in time counts as unreachable, and is not asked again before its last look ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from typing import Any

from kctl.controllers.node_registration import host_of, left_memo, told
from kctl.controllers.nodelifecycle import silent_memo
from kctl.reconcile.hosts import Hosts, free_name, local_url, node_name, node_object
from kctl.reconcile.joining import Claim, claim_of
from kctl.reconcile.mirror import Mirror
from kctl.reconcile.observed import Observed
from kctl.reconcile.plane import Plane
from kctl.reconcile.summary import Summary
from kctl.runtime.observations import NodeObservation
from kctl.runtime.operations import Outcome
from kctl.store.types import Change, Key

Object = dict[str, Any]

LOOK_SECONDS = 10.0
"""An engine that has not answered after this long counts as unreachable for this look."""
SILENT_SECONDS = 1.5
"""So long a pass waits for one that did not answer the last time either."""
LOOK_EVERY = 10.0
FACTS_EVERY = 60.0
DRAIN_LOOK_EVERY = 0.2
"""While a front's old processes still hold connections."""


@dataclass
class _Look:
    future: Future[NodeObservation]
    began: float
    since: int
    """Outcomes that were known when it began."""
    given_up: bool = False
    urgent: bool = False
    """A pass is not over before this look is."""
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
        self.patient = False
        """Wait for hosts that were silent before as long as for the others."""
        self._looks: dict[str, _Look] = {}
        self._noted: set[str] = set()
        """nodes that were written to since the last turn"""
        self._looked_for: dict[str, tuple[object, ...]] = {}
        self._looked_at = 0.0
        self._facts_at = 0.0

    # --- looks ---

    def look(self, nodes: Sequence[str] = (), *, facts: bool = False) -> None:
        """Look now, at all nodes by default, and wait for the answers. A pass is not over
        before a node that was being looked at already has been looked at again."""
        self.start(nodes, facts=facts)
        for look in self._looks.values():
            look.urgent = look.urgent or look.again
        began = time.monotonic()
        silent = {name for name in self._looks if self._hosts.recall(silent_memo(name))}
        wait(self._futures(self._looks.keys() - silent), timeout=LOOK_SECONDS)
        left = (LOOK_SECONDS if self.patient else SILENT_SECONDS) - (time.monotonic() - began)
        wait(self._futures(silent), timeout=max(left, 0.0))
        self.take()
        for name in silent & self._looks.keys():
            self._give_up(name, time.monotonic() - began)

    def _futures(self, names: Iterable[str]) -> list[Future[NodeObservation]]:
        looks = [self._looks[name] for name in names]
        return [look.future for look in looks if not look.given_up]

    def start(self, nodes: Sequence[str] = (), *, facts: bool = False) -> None:
        """Begin to look; `take` has the answers later."""
        all_nodes = self.nodes()
        names = self._hosts.use(all_nodes)
        self._let_go({node["metadata"]["name"] for node in all_nodes})
        now = time.monotonic()
        wanted = set(nodes) & names if nodes else names
        for node in all_nodes:
            name = node["metadata"]["name"]
            if name not in wanted:
                continue
            if name in self._looks:
                self._looks[name].again = True
            else:
                self._begin(self._claim(node, all_nodes), facts, now)
        if not nodes:
            self._looked_at = now
            self._facts_at = now if facts else self._facts_at

    def _claim(self, node: Object, all_nodes: Sequence[Object]) -> Claim:
        return claim_of(node, all_nodes, self._hosts.recall, self._plane.settings)

    def _begin(self, claim: Claim, facts: bool, now: float) -> None:
        self._looked_for[claim.node] = claim.essence
        known = self._observed.nodes.get(claim.node)
        back = known is not None and (not known.reachable or known.facts is None)
        future = self._hosts.look(claim, facts or back, self._report)
        self._looks[claim.node] = _Look(future, now, self._observed.taken)
        future.add_done_callback(lambda _: self._wake())

    def note(self, changes: Iterable[Change]) -> None:
        """What was written: nodes that are of use only after another look get it soon."""
        for change in changes:
            if change.key.resource == "nodes":
                self._noted.add(change.key.name)

    def _start_noted(self) -> None:
        """A node that was given its range or another host, or that is no more."""
        noted, self._noted = self._noted, set()
        if not noted:
            return
        all_nodes = self.nodes()
        known = {node["metadata"]["name"]: node for node in all_nodes}
        self._let_go(self._observed.nodes.keys() - (noted - known.keys()))
        moved = [
            name
            for name in noted & known.keys()
            if self._looked_for.get(name) != self._claim(known[name], all_nodes).essence
        ]
        if moved:
            self.start(moved, facts=True)
            for name in moved:
                if name in self._looks:
                    self._looks[name].urgent = True

    @property
    def busy(self) -> bool:
        """A node waits for its first look, or for one as what it is now."""
        urgent = (look.urgent and not look.given_up for look in self._looks.values())
        return bool(self._noted) or any(urgent)

    def _let_go(self, kept: Iterable[str]) -> None:
        """Forget the nodes that are not among `kept`."""
        for gone in self._observed.nodes.keys() - set(kept):
            self._observed.forget(gone)
            self._looked_for.pop(gone, None)
            self._summary.unreachable.pop(gone, None)
            self._summary.refused.pop(gone, None)

    def start_if_due(self) -> None:
        """The regular look, the frequent ones while fronts drain, and those of nodes that
        are not what they were at their last look."""
        self._start_noted()
        draining = any(
            not front.drained
            for seen in self._observed.nodes.values()
            for front in (seen.fronts.values() if seen.reachable else ())
        )
        now = time.monotonic()
        if now - self._looked_at > (DRAIN_LOOK_EVERY if draining else self.every):
            self.start(facts=now - self._facts_at > FACTS_EVERY)

    def take(self) -> None:
        """Take in what has been answered, or took too long."""
        for name, look in list(self._looks.items()):
            if look.future.done():
                del self._looks[name]
                self._take(_since(look, look.future.result()), look.since)
                if look.again:
                    self.start([name])
                    if name in self._looks:
                        self._looks[name].urgent = look.urgent
            elif not look.given_up and time.monotonic() - look.began > LOOK_SECONDS:
                self._give_up(name, LOOK_SECONDS)

    def _give_up(self, name: str, seconds: float) -> None:
        """It counts as unreachable until its answer is there after all."""
        look = self._looks[name]
        if not look.given_up:
            look.given_up = True
            words = f"no answer in {max(seconds, 1.0):.0f} s"
            self._take(NodeObservation(name, False, words, time.time()))

    def _take(self, seen: NodeObservation, since: int | None = None) -> None:
        node = self._node(seen.node)
        if node is None:
            return  # it went while it was looked at
        self._summary.unreachable.pop(seen.node, None)
        if not seen.refused:
            self._summary.refused.pop(seen.node, None)
        elif not told(node, seen.refused, seen.error):
            self._summary.refused[seen.node] = seen.error
        if not seen.refused and not seen.reachable:
            self._summary.unreachable[seen.node] = seen.error
        self._summary.answering = self._summary.answering or seen.reachable
        self._observed.look(seen, since)

    # --- nodes ---

    def nodes(self) -> list[Object]:
        return [self._mirror.object(record) for record in self._mirror.list("nodes").values()]

    def _node(self, name: str) -> Object | None:
        record = self._mirror.get(Key("nodes", "", name))
        return self._mirror.object(record) if record is not None else None

    def register_this_machine(self) -> None:
        """Make a Node of this machine's engine if no node has it yet, unless such a node was
        deleted. An engine that does not answer matters only where there is no other node."""
        url, nodes = local_url(), self.nodes()
        known = {host_of(node) for node in nodes}
        if not url or url in known or self._hosts.recall(left_memo(url)) is not None:
            return
        seen = self._hosts.peek(url)
        if seen.facts is None:
            if not nodes:
                self._summary.unreachable[""] = seen.error
            return
        if seen.owner in {node["metadata"]["uid"] for node in nodes}:
            return  # a node has it by another URL
        names = [node["metadata"]["name"] for node in nodes]
        name = free_name(node_name(seen.facts.hostname), names)
        taken = [node["spec"].get("podCIDR", "") for node in nodes]
        settings = self._plane.settings
        self._plane.own.create(node_object(name, url, seen.facts, settings, taken))


def _since(look: _Look, seen: NodeObservation) -> NodeObservation:
    """A host that did not answer has been silent since it was asked."""
    if seen.reachable:
        return seen
    return replace(seen, at=time.time() - (time.monotonic() - look.began))

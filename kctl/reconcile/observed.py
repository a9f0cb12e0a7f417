"""What the runtimes showed, as one compute sees it, and what differs from before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kctl.runtime.observations import FrontState, NodeObservation, PodObservation
from kctl.runtime.operations import (
    CLEAN,
    CleanNode,
    Outcome,
    RemoveContainer,
    RemoveFront,
    RunProbe,
    StartContainer,
    StopContainer,
    TerminatePod,
)
from kctl.runtime.stats import NodeRates


@dataclass
class Observed:
    """The newest look at every node, and the outcomes that no compute has seen yet.

    `pods` and `nodes` name what changed since the last compute: pod uids and node
    names. `in_flight` are the uids of pods with an operation still running."""

    nodes: dict[str, NodeObservation] = field(default_factory=dict)
    in_flight: set[str] = field(default_factory=set)
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    probes: dict[str, list[Outcome]] = field(default_factory=dict)
    changed_pods: dict[str, tuple[str, str]] = field(default_factory=dict)
    """uid -> (namespace, name)"""
    changed_nodes: set[str] = field(default_factory=set)
    usage: dict[str, NodeRates] = field(default_factory=dict)
    """node -> what its pods use, where somebody measures it"""
    sampled: float = 0.0
    """epoch seconds: of the newest sample"""
    changed_usage: bool = False
    taken: int = 0
    """Outcomes that were taken in so far."""
    _shown: dict[str, int] = field(default_factory=dict)
    """uid -> `taken` when an outcome last showed the pod"""
    _shown_fronts: dict[str, dict[str, int]] = field(default_factory=dict)
    """node -> front -> `taken` when an outcome last showed it, or that it is gone"""

    def look(self, seen: NodeObservation, since: int | None = None) -> None:
        """Take in a whole look at a node, and note every pod that differs. A node that
        does not answer keeps what was last seen of its pods. `since`: how many outcomes had
        been taken in when the look began; what a later one showed is not missed for it."""
        before = self.nodes.get(seen.node)
        if before is not None and since is not None and seen.reachable:
            seen = replace(
                seen,
                pods={**seen.pods, **self._begun(before, seen, since)},
                fronts=self._fronts(before, seen, since),
            )
        if before is not None and not seen.reachable:
            seen = replace(
                before, reachable=False, refused=seen.refused, error=seen.error, at=seen.at
            )
        if before is not None and seen.facts is None:
            seen = replace(seen, facts=before.facts)
        self.nodes[seen.node] = seen
        old: Mapping[str, PodObservation] = before.pods if before else {}
        for uid in {*old, *seen.pods}:
            was, now = old.get(uid), seen.pods.get(uid)
            if now is None:
                self._shown.pop(uid, None)
            if was != now:
                known = now or was
                assert known is not None
                self.changed_pods[uid] = (known.namespace, known.name)
        if before is None or _node_differs(before, seen):
            self.changed_nodes.add(seen.node)

    def _begun(
        self, before: NodeObservation, seen: NodeObservation, since: int
    ) -> Mapping[str, PodObservation]:
        """The pods with a container that was made while the look was under way, and that the
        look does not show."""
        found = {}
        for uid, pod in before.pods.items():
            if self._shown.get(uid, 0) > since:
                now = seen.pods.get(uid)
                shown = {each.id for each in now.containers} if now is not None else set()
                if not shown.issuperset(each.id for each in pod.containers):
                    found[uid] = pod
        return found

    def _fronts(
        self, before: NodeObservation, seen: NodeObservation, since: int
    ) -> Mapping[str, FrontState]:
        """The fronts of a look, but for those that were changed while it was under way: these
        are as their outcomes showed them, and told nothing since."""
        changed = self._shown_fronts.get(seen.node, {})
        later = {name for name, taken in changed.items() if taken > since}
        kept = {name: state for name, state in seen.fronts.items() if name not in later}
        shown = {name: before.fronts[name] for name in later & before.fronts.keys()}
        return kept | {name: replace(state, report="") for name, state in shown.items()}

    def take(self, outcome: Outcome) -> None:
        """Take in the outcome of an operation."""
        operation = outcome.operation
        self.taken += 1
        if outcome.front is not None:
            self._put_front(operation.node, outcome.front)
        if outcome.pod is not None:
            self._put_pod(operation.node, outcome.pod)
        match operation:
            case RunProbe(uid=uid):
                self.probes.setdefault(uid, []).append(outcome)
            case StartContainer():
                self.outcomes[operation.uid, operation.container] = outcome
                meta = operation.pod["metadata"]
                self.changed_pods[operation.uid] = (meta["namespace"], meta["name"])
            case StopContainer(uid=uid, container=container):
                self.outcomes[uid, container] = outcome
                self._mark(operation.node, uid)
            case TerminatePod(uid=uid, namespace=namespace, name=name):
                if outcome.ok:
                    self._put_pod(operation.node, PodObservation(uid, namespace, name))
                self.changed_pods[uid] = (namespace, name)
            case RemoveContainer(uid=uid):
                self._mark(operation.node, uid)
            case CleanNode(node=node):
                self.outcomes[f"node/{node}", CLEAN] = outcome
                self._cleaned(node, outcome.ok)
            case _:
                if isinstance(operation, RemoveFront) and outcome.ok:
                    self._drop_front(operation.node, operation.name)
                self.changed_nodes.add(operation.node)

    def measure(self, usage: Mapping[str, NodeRates], at: float) -> None:
        """Take in what a new sample shows, in the place of the one before."""
        self.usage, self.sampled, self.changed_usage = dict(usage), at, True

    def _mark(self, node: str, uid: str) -> None:
        seen = self.nodes.get(node)
        pod = seen.pods.get(uid) if seen else None
        if pod is not None:
            self.changed_pods[uid] = (pod.namespace, pod.name)

    def _put_pod(self, node: str, pod: PodObservation) -> None:
        seen = self.nodes.get(node)
        if seen is None:
            return
        pods = dict(seen.pods)
        if pod.containers:
            pods[pod.uid] = pod
            self._shown[pod.uid] = self.taken
        else:
            pods.pop(pod.uid, None)
            self._shown.pop(pod.uid, None)
        self.nodes[node] = replace(seen, pods=pods)
        self.changed_pods[pod.uid] = (pod.namespace, pod.name)

    def _put_front(self, node: str, front: FrontState) -> None:
        seen = self.nodes.get(node)
        if seen is not None:
            self._shown_fronts.setdefault(node, {})[front.name] = self.taken
            self.nodes[node] = replace(seen, fronts={**seen.fronts, front.name: front})

    def _drop_front(self, node: str, name: str) -> None:
        seen = self.nodes.get(node)
        if seen is not None:
            self._shown_fronts.setdefault(node, {})[name] = self.taken
            fronts = {key: value for key, value in seen.fronts.items() if key != name}
            self.nodes[node] = replace(seen, fronts=fronts)

    def _cleaned(self, node: str, all_of_it: bool) -> None:
        seen = self.nodes.get(node)
        if seen is not None and all_of_it:
            for uid, pod in seen.pods.items():
                self.changed_pods[uid] = (pod.namespace, pod.name)
            self.nodes[node] = replace(seen, pods={}, fronts={}, network=False, owner="")
        self.changed_nodes.add(node)

    def forget(self, node: str) -> None:
        """The node is no more."""
        self.nodes.pop(node, None)
        self._shown_fronts.pop(node, None)

    def seen(self) -> None:
        """A compute that took all of this in was committed."""
        self.outcomes.clear()
        self.probes.clear()
        self.changed_pods.clear()
        self.changed_nodes.clear()
        self.changed_usage = False


def _node_differs(before: NodeObservation, after: NodeObservation) -> bool:
    return (
        before.reachable != after.reachable
        or (bool(after.refused) and before.error != after.error)
        or before.refused != after.refused
        or before.owner != after.owner
        or before.host != after.host
        or before.facts != after.facts
        or before.fronts != after.fronts
        or before.network != after.network
    )

"""The load-balancer controller: every node serves the services of the cluster.

A node's load balancer runs from the moment there is something to serve: a pod on the
node, a service beside those of kctl itself, or another node whose pods are to be reached.
What it serves is asked of the back end that the setting "load-balancer" names.

Memory: "rotation/NODE" holds the JSON list of "address:port" that connections on the node
may reach, as long as a change is under way those of both configurations; "front/NODE/NAME"
what was asked for last, and how often in vain; "model/NODE" the model that the node was
seen to serve, so that nothing is rendered again for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from kctl import __version__
from kctl.controllers import pod_network
from kctl.controllers.common import key_of, name_of, namespace_of, uid_of
from kctl.controllers.loadbalancer_reach import Neighbourhood
from kctl.controllers.node_leaving import being_cleaned
from kctl.controllers.node_network import network_of
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.network.model import Catalogue, Problem
from kctl.network.types import Front, LoadBalancer
from kctl.runtime.observations import FrontState
from kctl.runtime.operations import ApplyFront, RemoveFront
from kctl.store.types import Key, Memo

SLICES = "endpointslices.discovery.k8s.io"
_OWN = {("default", "kubernetes"), ("kube-system", "kube-dns")}
"""Services that stand in every cluster: they alone start no load balancer."""
_FIRST_RETRY, _LONGEST_RETRY = 1.0, 60.0
"""seconds"""
_PROBLEMS = "unserved"


def _every_node(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", node) for node in view.list("nodes")]


def _itself(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", obj)]


def _first_pod(obj: Object, view: View) -> Iterable[Key]:
    """Pods matter until the node's load balancer runs; from then on their endpoints do."""
    node = obj["spec"].get("nodeName")
    started = not node or view.recall(_rotation(node)) is not None
    return [] if started else [Key("nodes", "", node)]


class LoadBalancerController:
    """`kctl_controllers`: keys are nodes. Should come last in the list of controllers, so
    that it sees what the others made of the endpoints, once."""

    name = "load-balancer-controller"
    watches: Mapping[str, Mapper] = {
        "services": _every_node,
        SLICES: _every_node,
        "nodes": _itself,
        "observed/nodes": _itself,
        "pods": _first_pod,
    }

    def __init__(self, back_ends: Sequence[LoadBalancer]) -> None:
        self._back_ends = {each.name: each for each in back_ends}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        others = Neighbourhood(view, now, changes)
        nodes = []
        for key in others.look(keys):
            node = view.get(*key)
            if node is None:
                changes.remember(_rotation(key.name), None)
                changes.remember(f"model/{key.name}", None)
            elif _usable(node, view) and _wanted(node, view):
                nodes.append(node)
        back_end = self._back_end(nodes, view, changes)
        if back_end is None:
            return changes
        catalogue = Catalogue(others.nodes, view.list("services"), view.list(SLICES), view.setting)
        _tell(catalogue.problems, view, changes)
        for node in nodes:
            around = others.around(node, catalogue)
            here = _Node(node, view, now, changes)
            net = pod_network.front_of(node, others.nodes, view, changes)
            identity = _identity(back_end, catalogue.identity(node, around), net)
            if not here.stands(identity):  # rendering costs more than all the rest
                fronts = [*net, *back_end.fronts(catalogue.model(node, around))]
                here.bring_to(fronts)
                here.note(identity, fronts)
                others.asked(node, around, fronts)
        others.release(catalogue)
        return changes

    def _back_end(
        self, nodes: Sequence[Object], view: View, changes: Changes
    ) -> LoadBalancer | None:
        """None when no node needs it, or when it does not exist: what runs stays then."""
        if not nodes:
            return None
        wanted = view.setting("load-balancer")
        if wanted not in self._back_ends:
            known = ", ".join(self._back_ends)
            text = f'load balancer "{wanted}" is not installed; there are: {known}'
            for node in nodes:
                changes.event(node, "Warning", "UnknownLoadBalancer", text)
        return self._back_ends.get(wanted)


def _usable(node: Object, view: View) -> bool:
    seen = view.node(name_of(node))
    ready = seen is not None and seen.reachable and seen.network
    return ready and bool(node["spec"].get("podCIDR")) and not being_cleaned(node, view)


def _wanted(node: Object, view: View) -> bool:
    name = name_of(node)
    seen = view.node(name)
    return (
        view.recall(_rotation(name)) is not None
        or bool(seen and seen.fronts)
        or any((namespace_of(each), name_of(each)) not in _OWN for each in view.list("services"))
        or bool(view.on_node(name))
        or pod_network.spans(node, view)
    )


def _identity(back_end: LoadBalancer, served: str, net: Sequence[Front]) -> str:
    """Of everything that the rendered files depend on; `served` is that of the model."""
    text = repr((__version__, back_end.name, served, [front.digest for front in net]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rotation(node: str) -> str:
    return f"rotation/{node}"


def _tell(problems: Sequence[Problem], view: View, changes: Changes) -> None:
    """An event on a service for what is new since the last time."""
    texts = {
        hashlib.sha256(f"{uid_of(each.service)}\0{each.message}".encode()).hexdigest()[:12]: each
        for each in problems
    }
    memo = view.recall(_PROBLEMS)
    told = json.loads(memo.value) if memo else []
    for digest, problem in texts.items():
        if digest not in told:
            changes.event(problem.service, "Warning", problem.reason, problem.message)
    if sorted(texts) != told:
        changes.remember(_PROBLEMS, Memo(json.dumps(sorted(texts))) if texts else None)


@dataclass(frozen=True)
class _Asked:
    """An ApplyFront that was asked for: its digest, when, how often, and whether its
    failure was reported."""

    digest: str
    at: float
    tries: int = 1
    reported: bool = False

    @property
    def again_at(self) -> float:
        delay: float = _FIRST_RETRY * 2 ** min(self.tries - 1, 10)
        return self.at + min(delay, _LONGEST_RETRY)


class _Node:
    """One node's fronts, one step nearer to what they should be."""

    def __init__(self, node: Object, view: View, now: datetime, changes: Changes) -> None:
        seen = view.node(name_of(node))
        self._node, self._view, self._changes = node, view, changes
        self._name, self._now = name_of(node), now.timestamp()
        self._running: Mapping[str, FrontState] = seen.fronts if seen else {}
        self._busy = view.in_flight(f"node/{self._name}")

    def bring_to(self, wanted: Sequence[Front]) -> None:
        self._rotate(wanted)
        if self._busy:
            return  # its outcome brings the node here again
        names = {front.name for front in wanted}
        for name in self._running:
            if name not in names:
                self._changes.operate(RemoveFront(self._name, name))
                self._changes.remember(self._memo(name), None)
        for front in wanted:
            self._front(front)

    def stands(self, identity: str) -> bool:
        """The node was seen to serve this very model, and its fronts are still the same."""
        memo = self._view.recall(f"model/{self._name}")
        return memo is not None and memo.value == self._standing(identity)

    def note(self, identity: str, wanted: Sequence[Front]) -> None:
        """Remember what the node serves, once it serves all of it."""
        if len(wanted) == len(self._running) and all(map(self._applied, wanted)):
            self._changes.remember(f"model/{self._name}", Memo(self._standing(identity)))

    def _standing(self, identity: str) -> str:
        fronts = {name: state.running and state.digest for name, state in self._running.items()}
        return json.dumps({"model": identity, "fronts": fronts}, sort_keys=True)

    def _applied(self, front: Front) -> bool:
        state = self._running.get(front.name)
        return state is not None and state.running and state.digest == front.digest

    def _rotate(self, wanted: Sequence[Front]) -> None:
        """What connections may reach: as long as a front does not serve what it should,
        whatever was served before counts as well."""
        served = {endpoint for front in wanted for endpoint in front.endpoints}
        memo = self._view.recall(_rotation(self._name))
        if memo and not self._settled(wanted):
            served.update(json.loads(memo.value))
        value = json.dumps(sorted(served))
        if memo is None or memo.value != value:
            self._changes.remember(_rotation(self._name), Memo(value))

    def _settled(self, wanted: Sequence[Front]) -> bool:
        """Every front that carries connections serves what it should, and no other runs."""
        carrying = [front for front in wanted if front.workers or front.endpoints]
        names = {front.name for front in wanted}
        return names.issuperset(self._running) and all(map(self._applied, carrying))

    def _front(self, front: Front) -> None:
        if self._view.in_flight(f"front/{self._name}/{front.name}"):
            return
        asked = self._asked(front.name)
        if self._applied(front):
            if asked is not None:
                self._changes.remember(self._memo(front.name), None)
            return
        if asked is None or asked.digest != front.digest:
            self._ask(front, 1)
        elif asked.at >= self._now:
            return  # in this very compute
        else:
            self._failed(front, asked)

    def _failed(self, front: Front, asked: _Asked) -> None:
        """It was tried and is not served: say why, once a try, and try again later."""
        if self._now >= asked.again_at:
            self._ask(front, asked.tries + 1)
            return
        state = self._running.get(front.name)
        if state is not None and state.error and not asked.reported:
            text = f"Load balancer {front.name} is not as it should be: {state.error}"
            self._changes.event(self._node, "Warning", "LoadBalancerFailed", text)
            self._remember(front.name, _Asked(asked.digest, asked.at, asked.tries, True))
        self._changes.requeue(key_of("nodes", self._node), asked.again_at)

    def _ask(self, front: Front, tries: int) -> None:
        self._changes.operate(
            ApplyFront(self._name, front, network_of(self._node, self._view.setting))
        )
        self._remember(front.name, _Asked(front.digest, self._now, tries))

    # --- memory ---

    def _memo(self, front: str) -> str:
        return f"front/{self._name}/{front}"

    def _asked(self, front: str) -> _Asked | None:
        memo = self._view.recall(self._memo(front))
        return _Asked(**json.loads(memo.value)) if memo else None

    def _remember(self, front: str, asked: _Asked) -> None:
        self._changes.remember(self._memo(front), Memo(json.dumps(asdict(asked))))

"""A node that is deleted leaves: its pods go elsewhere, its host is cleaned, then it goes.

The finalizer `kctl.io/host` keeps the Node until then. A host that does not answer is
waited for, but not for ever: the node leaves without it, and an event says what stays
there and how to remove it.

Memory: "leave/NODE" holds how often and when the cleaning was asked for, or since when
the host does not answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from kctl.controllers.common import deleting, key_of, name_of, uid_of
from kctl.controllers.node_registration import FINALIZER, host_memo, host_of, left_memo
from kctl.controllers.nodelifecycle_orphans import QUARANTINE, missing_memo
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.runtime.observations import NodeObservation
from kctl.runtime.operations import CLEAN, CleanNode
from kctl.store.types import Key, Memo

PATIENCE = 20.0
"""Seconds that a host which does not answer is waited for."""
TRIES = 4
"""How often an engine may refuse to be cleaned."""
NOT_CLEANED = "HostNotCleaned"
"""Reason of the event of a node that left something behind; `kctl delete` prints it."""


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", obj)]


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    """Pods matter on a node that leaves."""
    name = pod["spec"].get("nodeName")
    node = view.get("nodes", "", name) if name else None
    return [key_of("nodes", node)] if node is not None and deleting(node) else []


class NodeLeavingController:
    """`kctl_controllers`: nodes with the finalizer `kctl.io/host` that are being deleted."""

    name = "node-controller:leaving"
    watches: Mapping[str, Mapper] = {
        "nodes": _own_key,
        "observed/nodes": _own_key,
        "pods": _of_pod,
        "observed/pods": _of_pod,
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            node = view.get(*key)
            if node is None:
                changes.remember(_memo_name(key.name), None)
            elif deleting(node) and FINALIZER in (node["metadata"].get("finalizers") or ()):
                _Leave(node, view, now.timestamp(), changes).step()
        return changes


def _memo_name(node: str) -> str:
    return f"leave/{node}"


def being_cleaned(node: Object, view: View) -> bool:
    """Whatever is put on the node's host now would stay there."""
    if not deleting(node):
        return False
    memo = view.recall(_memo_name(name_of(node)))
    asked = memo is not None and bool(json.loads(memo.value)["asked_at"])
    return asked or FINALIZER not in (node["metadata"].get("finalizers") or ())


@dataclass(frozen=True)
class _State:
    """Memory of one leave; times in epoch seconds."""

    silent_since: float = 0.0
    asked_at: float = 0.0
    tries: int = 0


def _described(node: Object) -> bool:
    """Its host answered once."""
    return bool((node.get("status") or {}).get("nodeInfo"))


class _Leave:
    """One node, one step nearer to its end."""

    def __init__(self, node: Object, view: View, now: float, changes: Changes) -> None:
        self._node, self._view, self._now, self._changes = node, view, now, changes
        self._name = name_of(node)
        memo = view.recall(_memo_name(self._name))
        self._state = _State(**json.loads(memo.value)) if memo else _State()

    def step(self) -> None:
        if not self._node["spec"].get("unschedulable"):
            self._cordon()
            return
        seen = self._view.node(self._name)
        used = self._view.recall(host_memo(self._name)) is not None
        if not used and (seen is None or not seen.reachable) and not _described(self._node):
            self._go(seen, "")  # nothing was ever put there
        elif seen is None or not seen.reachable:
            self._without_host(seen)
        else:
            if self._state.silent_since:
                self._keep(replace(self._state, silent_since=0.0))
            if self._without_pods(seen):
                self._clean(seen)

    def _cordon(self) -> None:
        """Nothing new may come here."""
        metadata = {k: v for k, v in self._node["metadata"].items() if k != "resourceVersion"}
        spec = {**self._node["spec"], "unschedulable": True}
        self._changes.update({**self._node, "metadata": metadata, "spec": spec})

    def _keep(self, state: _State) -> None:
        self._state = state
        self._changes.remember(_memo_name(self._name), Memo(json.dumps(asdict(state))))

    def _wake(self, at: float) -> None:
        self._changes.requeue(key_of("nodes", self._node), at)

    # --- a host that answers ---

    def _without_pods(self, seen: NodeObservation) -> bool:
        """Ask every pod to leave; True once none is left. What holds a pod object back when
        its containers are gone does not hold the node."""
        left = False
        for pod in self._view.on_node(self._name):
            if not deleting(pod):
                self._changes.delete(key_of("pods", pod), uid_of(pod))
                left = True
            elif uid_of(pod) in seen.pods or not pod["metadata"].get("finalizers"):
                left = True
        return not left

    def _clean(self, seen: NodeObservation) -> None:
        outcome = self._view.outcome(f"node/{self._name}", CLEAN)
        if outcome is not None and outcome.ok:
            self._go(seen, "")
            return
        if self._view.in_flight(f"busy/{self._name}") or self._state.asked_at >= self._now:
            return  # its end brings the node here again
        if outcome is not None and self._state.tries >= TRIES:
            self._go(seen, outcome.message)
            return
        due = self._state.asked_at + 2.0**self._state.tries if self._state.tries else 0.0
        if due > self._now:
            self._wake(due)
            return
        self._keep(_State(asked_at=self._now, tries=self._state.tries + 1))
        self._changes.operate(CleanNode(self._name))

    # --- one that does not ---

    def _without_host(self, seen: NodeObservation | None) -> None:
        if not self._state.silent_since:
            self._keep(replace(self._state, silent_since=self._now))
        due = self._state.silent_since + PATIENCE
        if due > self._now:
            self._wake(due)
            return
        self._go(seen, f"it does not answer ({seen.error if seen else 'it was not looked at'})")

    # --- the end ---

    def _go(self, seen: NodeObservation | None, trouble: str) -> None:
        """Let the node go. `trouble`: why its host is not clean, "" if it is."""
        if trouble:
            self._changes.event(self._node, "Warning", NOT_CLEANED, self._left_behind(trouble))
        for pod in self._view.on_node(self._name):
            self._changes.delete(key_of("pods", pod), uid_of(pod), 0)
        self._changes.remember(_memo_name(self._name), None)
        self._changes.remember(host_memo(self._name), None)
        if host_of(self._node).startswith("unix:"):
            self._changes.remember(left_memo(host_of(self._node)), Memo(f"{self._now:.3f}"))
        if self._view.on_node(self._name):
            since = self._now - QUARANTINE
            self._changes.remember(missing_memo(self._name), Memo(f"{since:.3f}"))
        metadata = {k: v for k, v in self._node["metadata"].items() if k != "resourceVersion"}
        metadata["finalizers"] = [each for each in metadata["finalizers"] if each != FINALIZER]
        message = f"Node {self._name} event: Removing Node {self._name} from Controller"
        self._changes.event(self._node, "Normal", "RemovingNode", message)
        self._changes.update({**self._node, "metadata": metadata})

    def _left_behind(self, trouble: str) -> str:
        cluster = self._view.setting("cluster-id")
        mark = f"label=io.kctl.cluster={cluster}"
        return (
            f'node "{self._name}" has left, but its host {host_of(self._node)} could not be '
            f"cleaned: {trouble}. What runs there goes on; to remove it, join the host again, or "
            f"run there: docker rm -fv $(docker ps -aqf {mark}); "
            f"docker volume rm $(docker volume ls -qf {mark}); docker network rm kctl-{cluster}"
        )

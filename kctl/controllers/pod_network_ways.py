"""The pod-network controller: which way leads to the pods of each node, and does it carry
traffic?

The addresses of two nodes suggest a way (`kctl.network.ways`). Whether it carries traffic
their load balancers tell, which ask each other over it every second (`Front.report`). A way
that has never carried any although both ends stand is given up for the next one: a network
that drops what comes from foreign addresses forbids routes, a firewall that drops UDP
forbids VXLAN. One that has carried traffic is kept whatever happens later: a cable that is
cut, or a host that is busy, would be no better off with another way.

Memory: "ways/NODE" holds the other nodes with the way to each, and of those that were not
reached yet since when (epoch seconds) each is asked, silent, or said to be there; under ""
what the annotation `FOUND_ANNOTATION` rests on, the setting or the address of the node.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import condition, key_of, name_of, with_condition
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.network import ways
from kctl.network.fabric.front import NAME
from kctl.runtime.observations import NodeObservation
from kctl.store.types import Key, Memo

PATIENCE = 6.0
"""Seconds of silence after which a way that never carried traffic is given up. As long must
the contrary be said by one configuration: a load balancer believes in the others until some
questions went without an answer."""
_INSIDE = "lb"
_CONDITION = "NetworkUnavailable"
_WORDS = {
    "route": "over a route",
    "vxlan": "over VXLAN",
    "published": "through ports of their nodes",
}


def _itself(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", obj)]


def _memo(node: str) -> str:
    return f"ways/{node}"


class PodNetworkController:
    """`kctl_controllers`: keys are nodes."""

    name = "pod-network-controller"
    watches: Mapping[str, Mapper] = {"nodes": _itself, "observed/nodes": _itself}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        nodes = {
            name_of(each): each
            for each in view.list("nodes")
            if each["spec"].get("podCIDR") and ways.address_of(each) is not None
        }
        for key in keys:
            if key.name in nodes:
                _Node(nodes[key.name], nodes, view, now, changes).sync()
            elif view.recall(_memo(key.name)) is not None:
                changes.remember(_memo(key.name), None)
        return changes


class _Node:
    """One node and its ways to the others."""

    def __init__(
        self,
        node: Object,
        nodes: Mapping[str, Object],
        view: View,
        now: datetime,
        changes: Changes,
    ) -> None:
        self._node, self._nodes, self._view, self._changes = node, nodes, view, changes
        self._name, self._now = name_of(node), now
        here = ways.address_of(node)
        self._address = str(here.ip) if here else ""
        self._known: dict[str, dict[str, Any]] = {}
        self._before = self._known
        self._ways = {
            name: ways.way(node, other) for name, other in nodes.items() if name != self._name
        }

    def sync(self) -> None:
        setting = self._view.setting("pod-network")
        memo = self._view.recall(_memo(self._name))
        self._known = self._before = json.loads(memo.value) if memo else {}
        basis = self._known.get("", {"on": self._address})
        if setting in ways.MODES:
            self._known = {}  # nothing is to be found out
            self._find(setting, "setting")
        elif basis["on"] != self._address:
            self._find("", "")
        silent = self._listen() if setting not in ways.MODES else []
        mode = self._step_down(silent)
        if mode:
            reason = "PodNetworkDegraded"
            text = f"Pods of {_listed(silent)} were not reached {_WORDS[self._ways[silent[0]]]}"
            self._changes.event(self._node, "Warning", reason, f"{text}; now {_WORDS[mode]}")
            self._find(mode, self._address)
        self._show(silent)
        self._wait()
        if self._known != self._before:
            value = json.dumps(self._known, sort_keys=True)
            self._changes.remember(_memo(self._name), Memo(value) if self._known else None)

    # --- who answers ---

    def _listen(self) -> list[str]:
        """Nodes that never answered although all stands on both sides; those of them that
        were silent for long enough first."""
        known = {
            name: each
            for name, each in self._known.items()
            if not name or (name in self._ways and each["way"] == self._signature(name))
        }
        for name, way in self._ways.items():
            if way in ("route", "vxlan"):
                asked = {"way": self._signature(name), "asked": self._now.timestamp()}
                known.setdefault(name, asked)
        seen = self._standing(self._name)
        if seen is not None:
            for name, answers in _report(seen).items():
                if self._ways.get(name) in ("route", "vxlan"):
                    known[name] = self._heard(known.get(name), name, answers, seen)
        self._known = known
        silent = {name: each["since"] for name, each in known.items() if "since" in each}
        return sorted(silent, key=lambda name: (silent[name], name))

    def _heard(
        self, before: dict[str, Any] | None, name: str, answers: bool, seen: NodeObservation
    ) -> dict[str, Any]:
        way = {"way": self._signature(name)}
        now = self._now.timestamp()  # the end of an operation tells more than the look before it
        if before is not None and before.keys() == way.keys():
            return before  # reached once and for all
        if answers:
            digest = seen.fronts[_INSIDE].digest
            if before is None or "there" not in before or before["by"] != digest:
                return {**way, "there": now, "by": digest}
            return way if seen.at >= before["there"] + PATIENCE else before
        if self._standing(name) is None:
            return {**way, "by": ""}  # it may well be the other node's fault
        return before if before and "since" in before else {**way, "since": now}

    def _signature(self, name: str) -> str:
        here, there = ways.address_of(self._node), ways.address_of(self._nodes[name])
        return " ".join([self._ways[name], *(str(each.ip) for each in (here, there) if each)])

    def _standing(self, name: str) -> NodeObservation | None:
        """The last look at a node whose fronts all stood."""
        seen = self._view.node(name)
        if seen is None or not seen.reachable:
            return None
        inside, net = seen.fronts.get(_INSIDE), seen.fronts.get(NAME)
        return seen if inside and inside.running and net and net.running else None

    # --- what follows ---

    def _step_down(self, silent: Sequence[str]) -> str:
        """The next best mode for this node, "" where it keeps what it has. Of two nodes the
        one steps down that reaches fewer others."""
        seen = self._standing(self._name)
        if not silent or seen is None or ways.MODE_ANNOTATION in _annotations(self._node):
            return ""
        known = self._known
        mine = [name for name in silent if self._mutual(name, silent)]
        due = [name for name in mine if seen.at >= known[name]["since"] + PATIENCE]
        if not due:
            return ""
        worst = max(ways.MODES.index(self._ways[name]) for name in due)
        return ways.MODES[min(worst + 1, len(ways.MODES) - 1)]

    def _mutual(self, name: str, silent: Sequence[str]) -> bool:
        """Whether the fault may be here: the other node misses no more nodes than this one,
        or its own mode is not kctl's to change."""
        if ways.MODE_ANNOTATION in _annotations(self._nodes[name]):
            return True
        memo = self._view.recall(_memo(name))
        theirs = json.loads(memo.value) if memo else {}
        return len(silent) >= sum("since" in each for each in theirs.values())

    def _open(self) -> list[float]:
        """When the questions that are open will have an answer (epoch seconds): PATIENCE
        after they were asked, or a while later where the other node is the one to step down."""
        now = self._now.timestamp()
        answers = []
        for each in self._known.values():
            asked = each.get("there", each.get("since", each.get("asked", 0.0)))
            late = 0 if "there" in each else 2 * PATIENCE
            if asked and now < asked + PATIENCE + late:
                answers.append(asked + PATIENCE)
            elif "there" in each:
                answers.append(now)  # the next look knows
        return answers

    def _wait(self) -> None:
        answers = self._open()
        if answers:
            at = max(min(answers), self._now.timestamp() + 1)
            self._changes.requeue(key_of("nodes", self._node), at)

    def _find(self, mode: str, basis: str) -> None:
        """Say what the node's network allows; "" for nothing."""
        self._known = {name: each for name, each in self._known.items() if name}
        if mode:
            self._known[""] = {"on": basis}
        annotations = dict(_annotations(self._node))
        if annotations.pop(ways.FOUND_ANNOTATION, "") == mode:
            return
        if mode:
            annotations[ways.FOUND_ANNOTATION] = mode
        metadata = {**self._node["metadata"], "annotations": annotations}
        metadata.pop("resourceVersion", None)  # the rest is as the newest write has it
        self._node = {**self._node, "metadata": metadata}
        self._changes.update(self._node)

    def _show(self, silent: Sequence[str]) -> None:
        """The condition NetworkUnavailable: how the others are reached. It is unknown as long
        as a way is being tried out."""
        seen = self._view.node(self._name)
        if seen is None or not seen.reachable:
            return
        wanted = self._condition(seen, silent)
        known = condition(self._node, _CONDITION)
        if wanted is None and known is None:
            return
        status = dict(self._node.get("status") or {})
        conditions = status.get("conditions") or []
        if wanted is None:
            status["conditions"] = [each for each in conditions if each["type"] != _CONDITION]
        elif known and {key: known.get(key) for key in wanted} == wanted:
            return
        else:
            at = now_text(self._now)
            same = known is not None and known["status"] == wanted["status"]
            since = known["lastTransitionTime"] if known is not None and same else at
            full = {**wanted, "lastHeartbeatTime": at, "lastTransitionTime": since}
            status["conditions"] = with_condition(conditions, full)
        self._changes.update_status({**self._node, "status": status})

    def _condition(self, seen: NodeObservation, silent: Sequence[str]) -> dict[str, str] | None:
        """None for a node that is alone."""
        if not self._ways:
            return None
        net, asked = seen.fronts.get(NAME), self._view.recall(f"front/{self._name}/{NAME}")
        if net is not None and net.error and asked and json.loads(asked.value)["tries"] > 1:
            return _fields("True", "PodNetworkFailed", net.error)
        parts = []
        for way, words in _WORDS.items():
            names = [name for name, each in self._ways.items() if each == way]
            if names:
                parts.append(f"pods of {_listed(names)} are reached {words}")
        if silent:
            parts.append(f"{_listed(silent)} did not answer yet")
        if self._open():
            return _fields("Unknown", "PodNetworkProbing", "; ".join(parts))
        return _fields("False", "PodNetworkReady", "; ".join(parts))


def _fields(status: str, reason: str, message: str) -> dict[str, str]:
    return {"type": _CONDITION, "status": status, "reason": reason, "message": message}


def _report(seen: NodeObservation) -> dict[str, bool]:
    """What a node's load balancer said of the others: "h2=1 h3=0 " (HAProxy encodes line
    breaks in what it puts together)."""
    inside = seen.fronts.get(_INSIDE)
    pairs = [each.rpartition("=") for each in (inside.report.split() if inside else [])]
    return {name: answer == "1" for name, _, answer in pairs if name}


def _annotations(node: Object) -> Mapping[str, str]:
    return node["metadata"].get("annotations") or {}


def _listed(names: Sequence[str]) -> str:
    """ "h2, h3 and h4", long lists cut short."""
    if len(names) > 5:
        return f"{', '.join(names[:4])} and {len(names) - 4} others"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

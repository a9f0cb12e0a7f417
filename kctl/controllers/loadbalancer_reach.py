"""What the load balancers of nodes know of each other.

Memory: "reach/NODE" holds what other nodes may count on at a node: where it stands, whether
its load balancer answers, and the relays that it was seen to serve. "relays/NODE" holds the
ports given to its pods, "relaying/NODE" those of the newest configuration asked for;
"taken/NODE" addresses of the host that another program holds, with the epoch seconds until
when they are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.controllers.common import key_of, name_of
from kctl.controllers.types import Changes, Object, View
from kctl.network.around import Around, Reach, allocate, around, is_published
from kctl.network.model import Catalogue
from kctl.network.types import Front
from kctl.network.ways import ADDRESS_ANNOTATION, mode_of
from kctl.runtime.observations import NodeObservation
from kctl.store.types import Key, Memo

_INSIDE, _EDGE = "lb", "edge"
_TAKEN = re.compile(r"is taken by another program \(((?:\d{1,3}\.){3}\d{1,3}:\d{1,5})\)")
_TAKEN_SECONDS = 30.0
"""until a taken port is tried again"""


class Neighbourhood:
    """All nodes of one sync. `look` first, then `around` for each node that is brought on."""

    def __init__(self, view: View, now: datetime, changes: Changes) -> None:
        self._view, self._now, self._changes = view, now.timestamp(), changes
        self.nodes = [each for each in view.list("nodes") if each["spec"].get("podCIDR")]
        self._memos: dict[str, Any] = {}

    def look(self, keys: Sequence[Key]) -> list[Key]:
        """The keys, and those of every node where others must hear what was seen."""
        by_name = {name_of(each): each for each in self.nodes}
        heard = [self._look(key.name, by_name.get(key.name)) for key in keys]
        if not any(heard):
            return list(keys)
        return list(dict.fromkeys([*keys, *(key_of("nodes", each) for each in self.nodes)]))

    def around(self, node: Object, catalogue: Catalogue) -> Around:
        reach = {name: self._reach(name) for name in map(name_of, self.nodes)}
        blocked = self._blocked(node)
        relays = self._relays(node, catalogue, blocked)
        return around(node, self.nodes, reach, relays, blocked)

    def asked(self, node: Object, around: Around, fronts: Iterable[Front]) -> None:
        """Remember with which configuration the relays of `around` are served."""
        name = f"relaying/{name_of(node)}"
        edge = next((front for front in fronts if front.name == _EDGE), None)
        if edge is None or not around.relay_health:
            self._remember(name, None)
            return
        ports = {f"{each.address}:{each.target}": each.port for each in around.relays}
        value = {"digest": edge.digest, "relays": ports, "health": around.relay_health}
        self._remember(name, value)

    # --- what others may count on ---

    def _look(self, name: str, node: Object | None) -> bool:
        """Bring a node's "reach" up to what is seen; True where it changed. A node that does
        not answer keeps what it was last seen to have."""
        if node is None:
            known = self._recall(f"reach/{name}") is not None
            for kind in ("reach", "relays", "relaying", "taken"):
                self._remember(f"{kind}/{name}", None)
            return known
        seen = self._view.node(name)
        before = self._recall(f"reach/{name}") or {}
        after = dict(before)
        annotations = node["metadata"].get("annotations") or {}
        after["at"] = [
            annotations.get(ADDRESS_ANNOTATION, ""),
            mode_of(node),
            node["spec"]["podCIDR"],
        ]
        if seen is not None and seen.reachable:
            after |= self._served(name, seen, before)
            self._note_taken(node, seen)
        self._remember(f"reach/{name}", after)
        return after != before

    def _served(
        self, name: str, seen: NodeObservation, before: Mapping[str, Any]
    ) -> dict[str, Any]:
        inside, edge = seen.fronts.get(_INSIDE), seen.fronts.get(_EDGE)
        asked = self._recall(f"relaying/{name}") or {}
        relays, health = asked.get("relays", {}), asked.get("health", 0)
        if edge is None or not edge.running or not asked:
            relays, health = {}, 0
        elif edge.digest != asked["digest"]:  # on its way: what stood before and will stand
            old = before.get("relays", {})
            relays = {pod: port for pod, port in relays.items() if old.get(pod) == port}
            health = health if before.get("health") == health else 0
        serves = inside is not None and inside.running and bool(inside.digest)
        return {"serves": serves, "relays": relays, "health": health}

    def _reach(self, name: str) -> Reach:
        memo = self._recall(f"reach/{name}") or {}
        return Reach(memo.get("serves", False), memo.get("relays", {}), memo.get("health", 0))

    # --- relays ---

    def _relays(self, node: Object, catalogue: Catalogue, blocked: Sequence[str]) -> dict[str, int]:
        """The ports of the node's own pods, and under "" the one that tells that it is alive.
        A port stands as long as another node's load balancer may still send to it."""
        name = name_of(node)
        memo = f"relays/{name}"
        known: dict[str, int] = self._recall(memo) or {}
        if not is_published(node, self.nodes):
            self._remember(memo, None)
            return {}
        wanted = {"", *catalogue.pods(name), *(known.keys() & self._in_use(name))}
        given = allocate(wanted, known, self._ports(blocked))
        self._remember(memo, given)
        missing = len(wanted) - len(given)
        if missing and given != known:
            text = f"The setting relay-port-range has no port for {missing} endpoints"
            self._changes.event(node, "Warning", "RelayPortsExhausted", text)
        return given

    def _in_use(self, node: str) -> set[str]:
        """What the load balancers of other nodes that answer may send to."""
        found: set[str] = set()
        for other in map(name_of, self.nodes):
            seen = self._view.node(other)
            if other != node and seen is not None and seen.reachable:
                key = f"rotation/{other}"
                memo = self._changes.memos.get(key) or self._view.recall(key)
                found.update(json.loads(memo.value) if memo is not None else ())
        return found

    def release(self, catalogue: Catalogue) -> None:
        """Look again at nodes with relays that, after this sync, nobody sends to any more."""
        for node in self.nodes:
            name = name_of(node)
            known: dict[str, int] = self._recall(f"relays/{name}") or {}
            stale = known.keys() - catalogue.pods(name) - {""}
            seen = self._view.node(name)
            able = seen is not None and seen.reachable and seen.network
            if able and not stale <= self._in_use(name):
                self._changes.requeue(key_of("nodes", node), self._now)

    def _ports(self, blocked: Sequence[str]) -> list[int]:
        low, high = _span(self._view.setting("relay-port-range"))
        first, last = _span(self._view.setting("node-port-range"))
        held = {int(each.rpartition(":")[2]) for each in blocked}
        return [
            port for port in range(low, high + 1) if not first <= port <= last and port not in held
        ]

    # --- ports of the host that others hold ---

    def _note_taken(self, node: Object, seen: NodeObservation) -> None:
        edge = seen.fronts.get(_EDGE)
        found = set(_TAKEN.findall(edge.error)) if edge is not None else set()
        name = f"taken/{name_of(node)}"
        known: dict[str, float] = self._recall(name) or {}
        for where in sorted(found - known.keys()):
            text = f"{where} is held by another program of the host: no service answers there"
            self._changes.event(node, "Warning", "PortTaken", text)
        kept = {where: until for where, until in known.items() if until > self._now}
        kept |= dict.fromkeys(found - kept.keys(), self._now + _TAKEN_SECONDS)
        self._remember(name, kept or None)
        if kept:
            self._changes.requeue(key_of("nodes", node), min(kept.values()))

    def _blocked(self, node: Object) -> list[str]:
        return sorted(self._recall(f"taken/{name_of(node)}") or {})

    # --- memory ---

    def _recall(self, name: str) -> Any:
        if name not in self._memos:
            memo = self._view.recall(name)
            self._memos[name] = json.loads(memo.value) if memo is not None else None
        return self._memos[name]

    def _remember(self, name: str, value: Any) -> None:
        if self._recall(name) != value:
            self._memos[name] = value
            memo = None if value is None else Memo(json.dumps(value, sort_keys=True))
            self._changes.remember(name, memo)


def _span(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return int(low), int(high or low)

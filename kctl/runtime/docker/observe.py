"""What is on an engine: one list call, and an inspect only where something changed.

The list has no start time, no exit code and no restart count, and its state says
"running" before and after an engine's own restart. What does change is its uptime text
("Up 5 seconds"): a row is taken as unchanged when its text is the one that the known
start (or end) time yields at the engine's own time of the answer. Inspections made
within `_YOUNG` seconds of a start are repeated, since the text cannot tell two starts so
near apart.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from kctl.runtime.docker import ending, labels
from kctl.runtime.observations import SANDBOX, ContainerState, PodObservation
from kctl.runtime.threads import Threads

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

Row = Mapping[str, Any]
_YOUNG = 3.0
_SLACK = 2.0
_INSPECTORS = 4
_STATUS = re.compile(r"Up (?P<up>.+?)(?: \(.*\))?|(?:Exited|Restarting) \(-?\d+\) (?P<ago>.+) ago")


@dataclass(frozen=True, slots=True)
class _Known:
    state: ContainerState
    firm: bool
    """The inspection was late enough for the uptime text to show the next change."""


class Observer:
    """Remembers inspections between looks; one a runtime."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        self._engine = engine
        self._cluster = cluster
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def rows(self) -> tuple[list[dict[str, Any]], float]:
        """All containers of the control plane, and the engine's time of the answer."""
        rows, now = self._engine.containers(labels.of_cluster(self._cluster))
        present = {row["Id"] for row in rows}
        with self._lock:
            for gone in self._known.keys() - present:
                del self._known[gone]
        return rows, now

    def pods(self, rows: Iterable[Row], now: float) -> dict[str, PodObservation]:
        """All pods by uid. What must be inspected is, a few at a time."""
        mine = [row for row in rows if _of_a_pod(row)]
        known = {row["Id"]: state for row in mine if (state := self._unchanged(row, now))}
        unknown = [row for row in mine if row["Id"] not in known]
        if unknown:
            with Threads(_INSPECTORS) as pool:
                found = pool.map(lambda row: self.state(row, now), unknown)
                known |= {row["Id"]: s for row, s in zip(unknown, found, strict=True) if s}
        return _by_pod(mine, [known.get(row["Id"]) for row in mine])

    def pod(self, uid: str) -> PodObservation | None:
        """A look at one pod; None when nothing of it is there."""
        rows, now = self._engine.containers(labels.of_pod(self._cluster, uid))
        mine = [row for row in rows if _of_a_pod(row)]
        return _by_pod(mine, [self.state(row, now) for row in mine]).get(uid)

    def _unchanged(self, row: Row, now: float) -> ContainerState | None:
        """What is known of a row, where the row says that it still holds."""
        with self._lock:
            known = self._known.get(row["Id"])
        holds = known is not None and known.firm and unchanged(row, known.state, now)
        return known.state if known is not None and holds else None

    def state(self, row: Row, now: float) -> ContainerState | None:
        """The container of a row, inspected where the row does not say enough; None when it is
        gone. `now`: the engine's time of the list."""
        known = self._unchanged(row, now)
        if known is not None:
            return known
        state = self.inspect(row["Id"])
        if state is None:
            return None
        firm = state.state != "running" or now - state.started_at > _YOUNG
        with self._lock:
            self._known[row["Id"]] = _Known(state, firm)
        return state

    def inspect(self, container_id: str) -> ContainerState | None:
        """One container as the engine has it now; None when it is gone."""
        from docker.errors import NotFound

        try:
            with self._engine.quick() as api:
                found = api.inspect_container(container_id)
        except NotFound:
            return None  # removed since the list
        return self._with_ending(container_state(found), found)

    def _with_ending(self, state: ContainerState, found: Row) -> ContainerState:
        """The last words of a container that ended, as its error; the exit code of the run
        before, of one that the engine itself restarted."""
        mark = (found["Config"].get("Labels") or {}).get(ending.LABEL)
        if mark and state.state in ("exited", "restarting") and not state.error:
            words = ending.message(self._engine, state.id, mark, state.exit_code or 0)
            return replace(state, error=words)
        if state.state == "running" and found.get("RestartCount"):
            code = ending.last_exit_code(self._engine, state.id, state.finished_at)
            return replace(state, exit_code=code)
        return state


def clock_skew(theirs: float, asked: float, answered: float) -> float:
    """Seconds by which an engine's clock is ahead of ours. Its answers tell whole seconds,
    and when they were made is known as far as the answer took: less than that is none."""
    found = theirs + 0.5 - (asked + answered) / 2
    return found if abs(found) > _SLACK + (answered - asked) else 0.0


def unchanged(row: Row, state: ContainerState, now: float) -> bool:
    """Whether a row of the list still shows `state`, at the engine's time `now`."""
    if row["State"] != state.state or state.state == "restarting":
        return False
    match = _STATUS.fullmatch(row.get("Status", ""))
    if match is None:  # "Created", "Dead", "Removal In Progress"
        return True
    shown, since = match["up"], state.started_at
    if shown is None:
        shown, since = match["ago"], state.finished_at
    age = now - since
    return any(duration_text(age + slack) == shown for slack in (-_SLACK, -1.0, 0.0, 1.0, _SLACK))


def duration_text(seconds: float) -> str:
    """A duration in the words of Docker's lists ("5 seconds", "About an hour")."""
    whole = int(max(seconds, 0.0))
    hours = int(seconds / 3600 + 0.5)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < 60:
        return f"{whole} seconds"
    if whole < 120:
        return "About a minute"
    if whole < 3600:
        return f"{whole // 60} minutes"
    if hours == 1:
        return "About an hour"
    if hours < 48:
        return f"{hours} hours"
    if hours < 24 * 14:
        return f"{hours // 24} days"
    if hours < 24 * 60:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{hours // 24 // 365} years"


def container_state(found: Row) -> ContainerState:
    """The engine's inspection of a container as a value.

    While a container runs, `finished_at` is the end of its previous run (0 for the first)."""
    state, marks = found["State"], found["Config"].get("Labels") or {}
    status = state["Status"]
    started, finished = epoch(state.get("StartedAt", "")), epoch(state.get("FinishedAt", ""))
    if status in ("exited", "dead", "restarting"):
        finished = max(started, finished)  # the engine notes a very early end before the start
    unfinished = status in ("running", "paused") or (status == "created" and not state["Error"])
    return ContainerState(
        id=found["Id"],
        name=marks.get(labels.CONTAINER, ""),
        attempt=int(marks.get(labels.ATTEMPT, "0")),
        state=cast(Any, status if status != "removing" else "dead"),
        image=found["Config"].get("Image", ""),
        image_id=found.get("Image", ""),
        started_at=started,
        finished_at=finished,
        exit_code=None if unfinished else state.get("ExitCode"),
        oom_killed=bool(state.get("OOMKilled")),
        error=state.get("Error", ""),
        restarts=int(marks.get(labels.RESTARTS, "0")) + int(found.get("RestartCount", 0)),
    )


_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


def epoch(text: str) -> float:
    """Epoch seconds of the engine's RFC 3339 time with nanoseconds; 0 for Go's zero time."""
    match = _TIME.fullmatch(text)
    if match is None or text.startswith("0001-"):
        return 0.0
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(match[1] + zone).timestamp() + float(match[2] or 0)


def _of_a_pod(row: Row) -> bool:
    marks = row.get("Labels") or {}
    return bool(marks.get(labels.POD_UID)) and not marks.get(labels.ROLE)


def _by_pod(
    rows: Iterable[Row], states: Iterable[ContainerState | None]
) -> dict[str, PodObservation]:
    by_pod: dict[str, list[tuple[Row, ContainerState]]] = defaultdict(list)
    for row, state in zip(rows, states, strict=True):
        if state is not None:
            by_pod[row["Labels"][labels.POD_UID]].append((row, state))
    return {uid: _pod(uid, found) for uid, found in by_pod.items()}


def _pod(uid: str, found: list[tuple[Row, ContainerState]]) -> PodObservation:
    found.sort(key=lambda each: (each[1].name, -each[1].attempt, -each[0].get("Created", 0)))
    marks = found[0][0]["Labels"]
    return PodObservation(
        uid=uid,
        namespace=marks[labels.POD_NAMESPACE],
        name=marks[labels.POD_NAME],
        containers=tuple(state for _, state in found),
        address=_address(found),
    )


def _address(found: list[tuple[Row, ContainerState]]) -> str:
    """Of the container that holds the pod's network: the sandbox, or the only one."""
    holders = sorted(found, key=lambda each: each[1].name != SANDBOX)
    for row, _ in holders:
        networks = (row.get("NetworkSettings") or {}).get("Networks") or {}
        for network in networks.values():
            if network.get("IPAddress"):
                return str(network["IPAddress"])
    return ""

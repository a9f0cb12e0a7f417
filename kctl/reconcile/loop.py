"""The pass, again and again: observe, compute, commit, execute.

One loop serves them all: a command's pass ends when there is nothing to do but wait
for time to pass, `--until-settled` waits that time out as well, `--watch` goes on for
ever. The loop itself never blocks on an engine: looks and operations run on threads,
and each thing that ends wakes the next compute.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from kctl.controllers.nodelifecycle import silent_memo
from kctl.reconcile.compute import Compute, timer_parts
from kctl.reconcile.executor import Executor
from kctl.reconcile.hosts import Hosts
from kctl.reconcile.last_pass import PASS, ended, forget_what_is_known
from kctl.reconcile.lease import ReconcileLease
from kctl.reconcile.log import Log
from kctl.reconcile.looker import Looker
from kctl.reconcile.measuring import MEMO as USAGE
from kctl.reconcile.measuring import Measurer
from kctl.reconcile.mirror import Mirror
from kctl.reconcile.observed import Observed
from kctl.reconcile.plan import Plan
from kctl.reconcile.plane import Plane
from kctl.reconcile.settled import just_silent, on_its_way
from kctl.reconcile.summary import Summary
from kctl.runtime.operations import Outcome, RunProbe, describe
from kctl.store.types import Change, ClaimTaken, Compacted, Conflict, Memo

Object = dict[str, Any]

TICK = 0.02
"""How long the loop waits at most before it looks at the store's revision again."""
COALESCE = 0.02
"""Outcomes that end this close together share one compute."""
COMMIT_TRIES = 20
NEVER = 1e18
"""The due time of nothing, in epoch seconds."""


class Loop:
    """Owns the mirror, the observations and the threads of one process."""

    def __init__(
        self,
        plane: Plane,
        log: Log,
        lease: ReconcileLease | None = None,
        hosts: Hosts | None = None,
    ) -> None:
        self.plane, self.log, self.lease = plane, log, lease
        self.memory: dict[str, Memo] = plane.store.memory()
        self.hosts = hosts or Hosts(plane.plugins, plane.settings)
        self.hosts.recall = self.memory.get
        self.mirror = Mirror(plane.store)
        self.observed = Observed()
        self.executor = Executor(self.hosts.runtime, plane.prepare)
        self.summary = Summary()
        self.stopping = False
        self._controllers = plane.plugins.controllers()
        self._admission = plane.plugins.admission()
        self._pending: list[Change] = []
        self._everything = False
        self._touched_nodes: set[str] = set()
        self._unsaved_timers: dict[str, Memo | None] = {}
        self._next_due: float | None = None
        self.looker = Looker(
            plane,
            self.hosts,
            self.mirror,
            self.observed,
            self.summary,
            report=self._report,
            wake=self.executor.wake,
        )
        self.measurer = Measurer(self._controllers, self.hosts.runtime, self.executor.wake)
        self._acted = False
        """Operations ended since the last look at every node."""

    # --- beginning and end ---

    def begin(self) -> None:
        """Find out what changed since the last pass of any process."""
        last = json.loads(self.plane.store.meta_get(PASS) or "{}")
        try:
            if last.get("settings") != self.plane.settings:  # what everything may follow from
                raise Compacted(0, 0)
            self._pending = self.plane.store.changes(last["revision"])
        except Compacted:
            self._everything = True
        self.looker.register_this_machine()
        self._follow_store()
        self.looker.look(facts=True)
        self._touched_nodes |= forget_what_is_known(last, self.observed)

    def measure(self, *, stays: bool) -> None:
        """Have what pods use measured for whoever wants to know; `stays`: again and again."""
        self.measurer.begin(self.memory.get(USAGE), stays=stays)

    def end(self) -> None:
        """Remember, and let go of every host."""
        self.remember()
        self.measurer.close()
        self.executor.close()
        self.hosts.close()

    def remember(self) -> None:
        """Leave behind what the next process needs to begin where this one ended."""
        if (left := self.measurer.memo()) is not None:
            self._unsaved_timers[USAGE] = left
        self._save_timers()
        if not self._pending and not self.executor.busy:
            now, settings = self.plane.clock.time(), self.plane.settings
            last = ended(self.observed, self.mirror.revision, now, settings)
            self.plane.store.meta_put(PASS, json.dumps(last))

    def _save_timers(self) -> None:
        if self._unsaved_timers:
            self.plane.store.remember(self._unsaved_timers)
            self._unsaved_timers = {}

    # --- running ---

    def run(
        self,
        until: Callable[[Loop], bool],
        deadline: float | None = None,
        each_turn: Callable[[Loop], None] | None = None,
    ) -> Summary:
        """Step until `until` says so (asked whenever the loop has nothing to do at once),
        the deadline (epoch seconds) is over, or `stopping` is set. `each_turn` is called
        before every step."""
        while not self.stopping:
            if each_turn is not None:
                each_turn(self)
            if self.lease is not None and not self.lease.renew():
                self.summary.failures.append("another process took over the reconcile lease")
                break
            worked = self.step()
            if not worked and not self.executor.busy and until(self):
                if not self._acted:
                    break
                self._acted = False
                self.looker.look()  # what was done may have had an end of its own already
            if deadline is not None and time.time() > deadline:
                break
            self._wait(0.0 if worked and not self.executor.busy else TICK)
        return self.summary

    def _wait(self, timeout: float) -> None:
        outcomes = self.executor.wait(timeout)
        if outcomes:
            outcomes += self.executor.wait(COALESCE)
        for outcome in outcomes:
            self._report(outcome)
            self.observed.take(outcome)
            self._acted = self._acted or not isinstance(outcome.operation, RunProbe)
        self.looker.start_if_due()
        self.looker.take()
        self.measurer.turn(lambda: self._new_compute().view, self.observed)
        self._give_up_lost()

    def _give_up_lost(self) -> None:
        """Wait no longer for what was asked of hosts that count as lost; look at what such
        an operation did, should it have ended after all."""
        grace = float(self.plane.settings["node-monitor-grace-period"])
        for node in self.executor.nodes():
            seen, silent = self.observed.nodes.get(node), self.memory.get(silent_memo(node))
            lost = silent is not None and float(silent.value) + grace <= time.time()
            if lost and seen is not None and not seen.reachable:
                self.executor.give_up(node, seen.error)
        late = self.executor.late()
        if late:
            self.looker.start(sorted(late))

    def _follow_store(self) -> None:
        if self.plane.store.revision() == self.mirror.revision:
            return
        self._pending += self._news()
        joined = [
            change.key.name
            for change in self._pending
            if change.key.resource == "nodes" and change.key.name not in self.observed.nodes
        ]
        if joined:
            self.looker.look(joined, facts=True)

    def _news(self) -> Sequence[Change]:
        """What was written since the last call; everything is looked at again where the log
        does not reach back that far."""
        try:
            changes = self.mirror.advance()
            self.looker.note(changes)
            return changes
        except Compacted:
            self.mirror.reset()
            self._everything = True
            return []

    def idle(self) -> bool:
        """Nothing is running, nothing is new: only time can bring more work."""
        quiet = not self.executor.busy and not self._pending and not self.looker.busy
        quiet = quiet and not self.measurer.busy
        return quiet and self.next_due() > time.time()

    def moving(self) -> bool:
        """Something is on its way that only time brings."""
        return just_silent(self.mirror, self.observed) or on_its_way(self.mirror)

    def next_due(self) -> float:
        """Epoch seconds of the earliest timer."""
        if self._next_due is None:
            dues = [
                memo.due
                for name, memo in self.memory.items()
                if memo.due is not None and name.startswith("timer/")
            ]
            self._next_due = min(dues, default=NEVER)
        return self._next_due

    # --- one pass ---

    def step(self) -> bool:
        """Compute, commit, submit. False when there was nothing to do."""
        self._follow_store()
        due = self._due()
        if not self._has_triggers(due):
            return False
        plan = self._commit(due)
        self.summary.passes += 1
        self.summary.writes += len(plan.writes)
        for problem in plan.problems:
            self.log.warning("controller failed", error=problem)
            self.summary.failures.append(problem)
        for operation in plan.operations:
            if not isinstance(operation, RunProbe):
                self.summary.operations += 1
                self.log.info(describe(operation))
            self.executor.submit(operation)
        return bool(plan.writes or plan.operations)

    def _has_triggers(self, due: Sequence[str]) -> bool:
        seen = self.observed
        return bool(
            due
            or self._pending
            or self._everything
            or self._touched_nodes
            or seen.changed_pods
            or seen.changed_nodes
            or seen.changed_usage
            or seen.probes
            or seen.outcomes
        )

    def _due(self) -> list[str]:
        now = time.time()
        if self.next_due() > now:
            return []
        return [
            name
            for name, memo in self.memory.items()
            if memo.due is not None and memo.due <= now and name.startswith("timer/")
        ]

    def _commit(self, due: Sequence[str]) -> Plan:
        """Compute and write, again where somebody else wrote first."""
        for _ in range(COMMIT_TRIES):
            plan = self._compute(due)
            memos = {**plan.memos, **{name: None for name in due if name not in plan.timers}}
            try:
                revisions = set(self.plane.store.commit(plan.writes, memos))
            except (Conflict, ClaimTaken):
                self._follow_store()
                continue
            self._committed(plan, memos, revisions)
            return plan
        raise RuntimeError(f"the store changed under {COMMIT_TRIES} computes in a row")

    def _new_compute(self) -> Compute:
        plane = self.plane
        return Compute(
            self.mirror,
            self.observed,
            self.memory,
            controllers=self._controllers,
            kinds=plane.kinds.current(),
            admission=self._admission,
            settings=plane.settings,
            now=plane.clock.now(),
            randomness=plane.randomness,
        )

    def _compute(self, due: Sequence[str]) -> Plan:
        self.observed.in_flight = self.executor.in_flight
        compute = self._new_compute()
        if self._everything:
            compute.touch_everything()
        compute.touch_changes(self._pending)
        for name in self._touched_nodes:
            for pod in compute.view.on_node(name):
                compute.touch("observed/pods", pod)
        compute.touch_observed()
        for name in due:
            compute.wake(*timer_parts(name))
        return compute.run()

    def _committed(self, plan: Plan, memos: dict[str, Memo | None], revisions: set[int]) -> None:
        self._pending = []
        self._everything = False
        self._touched_nodes.clear()
        self.observed.seen()
        timers = {
            name: None if at is None else Memo("", at)
            for name, at in plan.timers.items()
            if at is not None or name in self.memory
        }
        self._unsaved_timers.update(timers)
        for name, memo in {**memos, **timers}.items():
            if memo is None:
                self.memory.pop(name, None)
            else:
                self.memory[name] = memo
        self._next_due = None
        others = [change for change in self._news() if change.revision not in revisions]
        self._pending = others

    def _report(self, outcome: Outcome) -> None:
        if outcome.ok or isinstance(outcome.operation, RunProbe):
            return
        self.log.warning(describe(outcome.operation), error=outcome.message or outcome.reason)

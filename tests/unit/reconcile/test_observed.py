"""Looks and outcomes that overtake each other."""

from __future__ import annotations

from dataclasses import replace

from kctl.network.types import Front
from kctl.reconcile.observed import Observed
from kctl.runtime.observations import ContainerState, FrontState, NodeObservation, PodObservation
from kctl.runtime.operations import (
    ApplyFront,
    NetworkSettings,
    Outcome,
    RemoveContainer,
    RemoveFront,
    StopContainer,
)

EMPTY = NodeObservation("n0", True)
RAN = PodObservation("u", "default", "a", (ContainerState("c1", "main", 0, "running"),))
OLD, NEW = FrontState("lb", True, "old"), FrontState("lb", True, "new")
APPLY = ApplyFront("n0", Front("lb", "x:1", (), "pod"), NetworkSettings("", "", "", "", ""))
STOP = StopContainer("n0", "u", "main", "c1", 1)


def test_a_look_that_began_before_a_container_does_not_miss_it() -> None:
    observed = Observed()
    observed.look(EMPTY)
    since = observed.taken
    observed.take(Outcome(STOP, True, 1.0, pod=RAN))
    observed.look(EMPTY, since)
    assert observed.nodes["n0"].pods == {"u": RAN}
    ended = replace(RAN, containers=(replace(RAN.containers[0], state="exited"),))
    observed.look(replace(EMPTY, pods={"u": ended}), since)
    assert observed.nodes["n0"].pods == {"u": ended}, "what it does show is taken in"


def test_a_look_that_began_afterwards_tells_that_a_container_has_gone() -> None:
    observed = Observed()
    observed.look(EMPTY)
    observed.take(Outcome(STOP, True, 1.0, pod=RAN))
    observed.changed_pods.clear()
    observed.look(EMPTY, observed.taken)
    assert observed.nodes["n0"].pods == {} and "u" in observed.changed_pods


def test_a_container_whose_removal_was_told_is_not_kept() -> None:
    observed = Observed()
    observed.look(EMPTY)
    since = observed.taken
    observed.take(Outcome(STOP, True, 1.0, pod=RAN))
    gone = RemoveContainer("n0", "u", "main", "c1")
    observed.take(Outcome(gone, True, 2.0, pod=replace(RAN, containers=())))
    observed.look(EMPTY, since)
    assert observed.nodes["n0"].pods == {}


def test_a_look_that_began_before_a_front_was_configured_does_not_show_what_it_served() -> None:
    observed = Observed()
    observed.look(replace(EMPTY, fronts={"lb": OLD}))
    since = observed.taken
    observed.take(Outcome(APPLY, True, 1.0, front=NEW))
    observed.look(replace(EMPTY, fronts={"lb": OLD, "dns": OLD}), since)
    assert observed.nodes["n0"].fronts == {"lb": NEW, "dns": OLD}
    observed.look(replace(EMPTY, fronts={"lb": OLD}), observed.taken)
    assert observed.nodes["n0"].fronts == {"lb": OLD}, "a later look is believed"


def test_a_look_that_began_before_a_front_was_removed_does_not_show_it() -> None:
    observed = Observed()
    observed.look(replace(EMPTY, fronts={"lb": OLD}))
    since = observed.taken
    observed.take(Outcome(RemoveFront("n0", "lb"), True, 1.0))
    observed.look(replace(EMPTY, fronts={"lb": OLD}), since)
    assert observed.nodes["n0"].fronts == {}

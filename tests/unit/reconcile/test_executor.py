"""Operations on threads, and hosts that hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kctl.reconcile.executor import Executor
from kctl.runtime.operations import Operation, Outcome, RemoveContainer, RunProbe, TerminatePod


class Host:
    """Answers at once, but while its gate is shut."""

    def __init__(self) -> None:
        self.gate, self.asked = threading.Event(), threading.Semaphore(0)
        self.gate.set()
        self.done: list[Operation] = []

    def execute(self, operation: Operation) -> Outcome:
        self.asked.release()
        assert self.gate.wait(30)
        self.done.append(operation)
        return Outcome(operation, True, time.time())


@pytest.fixture
def hosts() -> Iterator[dict[str, Host]]:
    made = {"n1": Host(), "n2": Host()}
    yield made
    for each in made.values():
        each.gate.set()


@pytest.fixture
def executor(hosts: dict[str, Host]) -> Iterator[Executor]:
    made = Executor(lambda node: hosts[node])  # type: ignore[arg-type,return-value]
    yield made
    made.close()


def test_what_is_executed_is_prepared_first_and_told_of_as_it_was_asked(
    hosts: dict[str, Host],
) -> None:
    signed, asked = _stop("n1", "signed"), _stop("n1", "asked")
    executor = Executor(lambda node: hosts[node], lambda operation: signed)  # type: ignore[arg-type,return-value]
    executor.submit(asked)
    outcomes = _all(executor, 1)
    executor.close()
    assert hosts["n1"].done == [signed]
    assert [each.operation for each in outcomes] == [asked]


def test_a_preparation_that_fails_fails_the_operation(hosts: dict[str, Host]) -> None:
    def fail(operation: Operation) -> Operation:
        raise OSError("no key")

    executor = Executor(lambda node: hosts[node], fail)  # type: ignore[arg-type,return-value]
    executor.submit(_stop("n1", "a"))
    (outcome,) = _all(executor, 1)
    executor.close()
    assert (outcome.ok, outcome.message) == (False, "OSError: no key")
    assert hosts["n1"].done == []


def _all(executor: Executor, count: int) -> list[Outcome]:
    found: list[Outcome] = []
    while len(found) < count:
        found += executor.wait(30)
    return found


def _stop(node: str, uid: str) -> TerminatePod:
    return TerminatePod(node, uid, "default", uid, 1)


def _probe(node: str, uid: str) -> RunProbe:
    return RunProbe(node, uid, "c", "id", "liveness", {}, "")


def _outcomes(executor: Executor, count: int) -> list[Outcome]:
    found: list[Outcome] = []
    deadline = time.monotonic() + 30
    while len(found) < count and time.monotonic() < deadline:
        found += executor.wait(0.1)
    assert len(found) == count
    return found


def test_a_pod_has_its_operations_in_order(executor: Executor, hosts: dict[str, Host]) -> None:
    asked: list[Any] = [RemoveContainer("n1", "u", "c", str(number)) for number in range(20)]
    for each in asked:
        executor.submit(each)
    assert [each.operation for each in _outcomes(executor, 20)] == asked
    assert hosts["n1"].done == asked
    assert not executor.busy


def test_a_host_that_hangs_holds_up_nobody_else(executor: Executor, hosts: dict[str, Host]) -> None:
    hosts["n1"].gate.clear()
    for number in range(60):
        executor.submit(_stop("n1", f"a{number}"))
    for number in range(40):
        executor.submit(_stop("n2", f"b{number}"))
    assert {each.operation.node for each in _outcomes(executor, 40)} == {"n2"}
    assert executor.nodes() == {"n1"}


def test_probes_that_hang_hold_up_no_stop(executor: Executor, hosts: dict[str, Host]) -> None:
    hosts["n1"].gate.clear()
    for number in range(16):
        executor.submit(_probe("n1", f"p{number}"))
    for _ in range(16):
        assert hosts["n1"].asked.acquire(timeout=30)
    executor.submit(_stop("n1", "u"))
    assert hosts["n1"].asked.acquire(timeout=30)


def test_what_was_asked_of_a_lost_host_fails_at_once(
    executor: Executor, hosts: dict[str, Host]
) -> None:
    hosts["n1"].gate.clear()
    first, second = _stop("n1", "u"), RemoveContainer("n1", "u", "c", "1")
    executor.submit(first)
    executor.submit(second)
    executor.submit(_probe("n1", "v"))
    assert hosts["n1"].asked.acquire(timeout=30)
    executor.give_up("n1", "no route to host")
    told = {type(each.operation): each for each in _outcomes(executor, 2)}
    assert told.keys() == {TerminatePod, RunProbe}
    assert {(each.ok, each.reason, each.message) for each in told.values()} == {
        (False, "Unreachable", "no route to host")
    }
    assert not executor.busy
    assert executor.in_flight == set()


def test_one_that_ends_after_all_names_its_node_and_is_no_outcome(
    executor: Executor, hosts: dict[str, Host]
) -> None:
    hosts["n1"].gate.clear()
    executor.submit(_stop("n1", "u"))
    assert hosts["n1"].asked.acquire(timeout=30)
    executor.give_up("n1", "")
    _outcomes(executor, 1)
    hosts["n1"].gate.set()
    executor.submit(_stop("n1", "u"))  # the host is back, and it is asked again
    (outcome,) = _outcomes(executor, 1)
    assert outcome.ok
    late: set[str] = set()
    deadline = time.monotonic() + 30
    while not late and time.monotonic() < deadline:
        executor.wait(0.05)
        late |= executor.late()
    assert late == {"n1"}
    assert executor.wait(0) == []

"""get, describe and rollout history, against the real kubectl on the same objects."""

from __future__ import annotations

import pytest

from tests.integration.verbs.sides import Sides

GET = [
    "get pods -o wide",
    "get pods --show-labels",
    "get pods -L run,tier",
    "get pods -l run=rich",
    "get pods -l run in (rich,pending)",
    "get pods -l 'run notin (rich)'",
    "get pods --sort-by=.metadata.name",
    "get pods --sort-by={.spec.nodeName}",
    "get pods -o name",
    "get pods -o json",
    "get pods -o yaml",
    "get pod rich -o yaml",
    "get pod rich -o json",
    "get pods -o jsonpath={.items[*].metadata.name}",
    "get pods -o custom-columns=N:.metadata.name,P:.status.phase,R:.spec.containers[*].image",
    "get pods --field-selector=status.phase=Running",
    "get pods --field-selector=spec.nodeName=node-a -o name",
    "get deploy,rs,svc,ep,endpointslices",
    "get deploy,rs,svc -o wide",
    "get nodes -o wide",
    "get nodes",
    "get ns",
    "get cm,secret,sa",
    "get lease -A",
    "get all",
    "get pods -A",
    "get pods --no-headers",
    "get pods nope rich",
    "get pod/rich svc/plain",
    "get pods,nope",
    "get pods -n team",
    "get pods --show-kind",
    "get svc -o wide --show-labels",
    "get pods",
]

DESCRIBE = [
    "describe deploy",
    "describe deploy fresh",
    "describe pod ri",
    "describe pods web",
    "describe",
    "describe pods/rich svc/plain",
    "describe pods",
    "describe node",
    "describe rs",
    "describe svc",
    "describe ns",
    "describe sa",
    "describe deploy web",
    "describe rs web-2222",
    "describe svc plain",
    "describe ns team",
    "describe secret passwords",
    "describe sa robot",
    "describe lease -A",
    "describe endpointslice plain-1",
    "describe pod nope",
    "describe nope",
    "describe pods -l run=none",
    "describe -f nope",
    "describe ep",
    "describe endpointslice",
    "describe svc ports",
    "describe svc balanced",
    "describe node node-a",
    "describe node node-b",
    "describe rs web-1111",
    "describe pod crashing",
    "describe pod pulling",
    "describe pod going",
    "describe pod evicted",
    "describe pod initializing",
    "describe pod rich --show-events=false",
    "describe cm bare",
    "describe secret nothing",
    "describe deploy stuck",
    "describe deploy -l app=web",
]

ROLLOUT = [
    "rollout history deploy",
    "rollout history deploy/web --revision=1",
    "rollout history deploy/web --revision=2",
    "rollout history",
    "rollout status",
    "rollout pause",
    "rollout undo",
    "rollout status deploy/nope",
    "rollout history deploy/web --revision=-1",
    "rollout history deploy/web",
    "rollout history deploy/web --revision=7",
    "rollout history deploy/web -o yaml --revision=1",
    "rollout history deploy/nope",
    "rollout history pod/rich",
    "rollout status deploy/web",
    "rollout status deploy/stuck",
    "rollout status deploy/idle",
    "rollout status pod/rich",
    "rollout status deploy/web --revision=1",
]

HOSTILE = [
    "describe cm",
    "describe cm settings",
    "describe events rich.2",
    "describe pod rich",
]


@pytest.mark.parametrize("line", [*GET, *DESCRIBE, *ROLLOUT])
def test_reads_as_kubectl(reading: Sides, line: str) -> None:
    ours, theirs = reading.both(line)
    assert ours == theirs


@pytest.mark.parametrize("line", HOSTILE)
def test_what_steers_terminals_is_shown_though_kubectl_lets_it_through(
    reading: Sides, line: str
) -> None:
    """ESC and CR read as kubectl shows them. kubectl prints BEL and the characters that turn
    the direction of text as they are; kctl makes them visible on purpose."""
    ours, theirs = reading.both(line)
    shown = theirs.out.replace("\u202e", "\\u202e").replace("\x07", "^G")
    assert ours == theirs._replace(out=shown)
    assert "\x1b" not in ours.out


def test_tokens_are_not_printed_though_kubectl_does(reading: Sides) -> None:
    """kubectl shows the token of a service account in the clear; kctl shows the size of every
    value and nothing else, so that a description can be shared."""
    ours, theirs = reading.both("describe secret robot-token")
    assert ours == theirs._replace(out=theirs.out.replace("token:  abc", "token:  3 bytes"))


@pytest.mark.parametrize("line", ["get events", "get events -A"])
def test_a_tab_stays_in_its_cell(reading: Sides, line: str) -> None:
    """kubectl lets a tab of a message end the cell, which moves all columns behind it."""
    ours, theirs = reading.both(line)
    assert ours.out.replace("\t", "   ") == theirs.out

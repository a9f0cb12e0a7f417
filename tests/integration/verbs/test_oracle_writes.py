"""Verbs that change objects, against the real kubectl: one script a verb, run on a fresh copy
of the store on each side, so that every line meets what the lines before it left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.verbs.sides import Sides

LABEL = [
    "label pod rich a=b",
    "label pod rich a=c",
    "label pod rich a=c --overwrite",
    "label pod rich a-",
    "label pod rich a-",
    "label pod rich a=c b-",
    "label pod rich tier=t1",
    "label pods rich pending x=y",
    "label pods --all z=1",
    "label pods -l run=rich q=r",
    "label pod rich",
    "label pod",
    "label",
    "label pod rich a=b=c",
    "label pod rich =x",
    "label pod rich 'a=not good!'",
    "label pod rich 'not good=x'",
    "label pod rich a=1 a-",
    "label pod nope a=b",
    "label pods rich a=b --dry-run=client",
    "label pods rich a=b --dry-run=server",
    "label pods rich a=b --dry-run=none -o name",
    "label pods rich a=b --resource-version=1 --overwrite",
    "label pods rich a2=b --resource-version=1",
    "label pods --all a2=b --resource-version=1",
    "label pods rich new=b -o jsonpath={.metadata.labels}",
    "label node node-a zone=one",
    "label deploy/web app2=x svc/plain",
    "label deploy/web svc/plain app2=x",
    "label pods rich --local a=b",
    "label nope x a=b",
    "get pods --show-labels",
    "get nodes --show-labels",
]

ANNOTATE = [
    "annotate",
    "annotate pod rich a=b svc/x",
    "annotate pod rich a=b",
    "annotate pod rich a=c",
    "annotate pod rich a=c --overwrite",
    "annotate pod rich 'a=some text = x' --overwrite",
    "annotate pod rich a-",
    "annotate pod rich a-",
    "annotate pod rich a=1 a-",
    "annotate pod rich",
    "annotate pod",
    "annotate pod nope a=b",
    "annotate pod rich 'b!d=x'",
    "annotate pods --all note=x",
    "annotate pods rich w=b --dry-run=client",
    "annotate pods rich w=b -o name",
    "annotate ns team w=b",
    "annotate pod rich x",
    "get pod rich -o jsonpath={.metadata.annotations}",
]

CORDON = [
    "cordon node-a",
    "cordon node-a",
    "cordon node-a node-b node-bare",
    "cordon nope",
    "cordon",
    "cordon -l disk=ssd",
    "cordon node-a -l disk=ssd",
    "uncordon node-a node-b",
    "uncordon node-a",
    "uncordon node-b --dry-run=client",
    "cordon node-b --dry-run=client",
    "cordon node-b --dry-run=server",
    "cordon node/node-b",
    "uncordon",
    "get nodes",
    "get node node-a -o jsonpath={.spec}",
]

SET_IMAGE = [
    "set image deploy/web web=demo:9",
    "set image deploy/web web=demo:9",
    "set image deploy/web nope=demo:9",
    "set image deploy/web *=demo:8",
    "set image deploy/web",
    "set image",
    "set image pod/rich web=demo:5",
    "set image svc/plain web=demo:5",
    "set image deploy web=demo:3",
    "set image deploy --all web=demo:3",
    "set image deploy/web web=demo:2 -o name",
    "set image deploy/web web=demo:4 --dry-run=client",
    "set image deploy/web web=demo:4 --dry-run=server",
    "set image deploy/web web=demo:4 --dry-run=client -o jsonpath={..containers[*].image}",
    "set image deploy/nope web=demo:4",
    "set image deploy/web web=demo:4 *=x:1",
    "set image deploy/web web=",
    "set image deploy/web prepare=demo:init",
    "set foo",
    "get deploy -o wide",
]

ROLLOUT = [
    "rollout pause deploy/web",
    "rollout pause deploy/web",
    "rollout undo deploy/web",
    "rollout restart deploy/web",
    "rollout resume deploy/web",
    "rollout resume deploy/web",
    "rollout undo deploy/web --to-revision=1",
    "rollout undo deploy/web --to-revision=9",
    "rollout undo deploy/web --to-revision=-1",
    "rollout undo deploy/stuck",
    "rollout undo deploy/stuck --dry-run=client",
    "rollout undo deploy/stuck --dry-run=server",
    "rollout undo deploy/fresh",
    "rollout undo deploy/idle",
    "rollout undo pod/rich",
    "rollout pause pod/rich",
    "rollout resume pod/rich",
    "rollout restart pod/rich",
    "rollout restart deploy/fresh",
    "rollout restart deploy/nope",
    "rollout restart",
    "rollout resume",
    "rollout pause deploy -l app=web",
    "rollout foo",
    "rollout restart deploy -l app=none",
    "rollout pause deploy -l app=none",
    "rollout undo deploy -l app=none",
    "rollout history deploy -l app=none",
    "rollout status deploy -l app=none",
    "get deploy web -o jsonpath={.spec.paused}{.spec.template.spec.containers[*].image}",
]


@pytest.mark.parametrize(
    "script", [LABEL, ANNOTATE, CORDON, SET_IMAGE, ROLLOUT], ids=lambda lines: lines[0].split()[0]
)
def test_script_does_and_says_what_kubectl_does(
    writing: Callable[[], Sides], script: list[str]
) -> None:
    pair = writing()
    differing = []
    for line in script:
        ours, theirs = pair.both(line)
        if ours != theirs:
            differing.append((line, ours, theirs))
    assert not differing


@pytest.mark.parametrize(
    "line",
    ["label pod rich --list", "label pods --list --all", "annotate deploy --all --list"],
)
def test_lists_of_labels_are_sorted_where_kubectl_prints_them_in_any_order(
    reading: Sides, line: str
) -> None:
    """kubectl walks a Go map, whose order changes from run to run; kctl sorts."""
    ours, theirs = reading.both(line)
    assert (ours.code, ours.err) == (theirs.code, theirs.err)
    assert sorted(ours.out.split("\n")) == sorted(theirs.out.split("\n"))
    assert ours.out == reading.kctl(line).out

"""Command lines that kubectl refuses before it asks a server."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.integration.commands.oracle import both

LINES = [
    "get --foo",
    "get -x",
    "get",
    "get pods -A --no-headers=maybe",
    "get pods --chunk-size=x",
    "delete",
    "delete pods/x y",
    "delete pods/x/z",
    "delete -f nope",
    "delete --grace-period=x pods a",
    "apply",
    "apply -f",
    "apply -f nope",
    "apply -f empty",
    "apply --server-side=perhaps -f cm.json",
    "replace",
    "replace -f nope",
    "patch",
    "patch pods x",
    "edit",
    "wait",
    "wait pods/x --for=foo",
    "wait pods/x --for=delete --timeout=abc",
    "scale deploy x",
    "scale --replicas=x deploy y",
    "scale --replicas=1",
    "expose",
    "run",
    "run x",
    "run x --image=''",
    "run x --image=y --restart=foo",
    "run x --image=y --dry-run=client --env=foo",
    "run x --image=y --dry-run=client --labels=foo",
    "run x --image=y --dry-run=client --expose",
    "run x --image='A B' --dry-run=client",
    "run --image=a --dry-run=client",
    "run x --image=a -it --dry-run=client",
    "run x --image=a --rm",
    "run x --image=a --tty --dry-run=client",
    "run x --image=a --image-pull-policy=Foo --dry-run=client",
    "run x --image=y -i=abc",
    "--foo",
    "-n",
    "--namespace",
    "get --request-timeout",
    "create deployment x --image=y -n",
    "get -n=",
    "xyzzyq",
    "gte",
]


@pytest.mark.parametrize("line", LINES)
def test_refusals_read_as_kubectl(folder: Path, line: str) -> None:
    ours, theirs = both(shlex.split(line), folder)
    assert ours == theirs

"""patch --local does what the real kubectl does, without a server on either side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.commands.oracle import both

CM = "cm.json"
WEB = "deploy.json"

PATCHES = [
    (CM, "strategic", '{"data":{"q":"w"}}'),
    (CM, "strategic", "data: {q: w}"),
    (CM, "strategic", '{"data":{"a":null}}'),
    (CM, "strategic", '{"data":null}'),
    (CM, "strategic", '{"data":{"$patch":"replace","z":"1"}}'),
    (CM, "merge", '{"data":{"a":"new","n":null}}'),
    (CM, "json", '[{"op":"remove","path":"/data/a"}]'),
    (CM, "json", '[{"op":"add","path":"/data/b~1c","value":"1"}]'),
    (CM, "json", '[{"op":"replace","path":"/data/a","value":"<x>"}]'),
    (CM, "json", '[{"op":"test","path":"/data/a","value":"b"}]'),
    (CM, "json", '[{"op":"copy","from":"/data/a","path":"/data/z"}]'),
    (WEB, "strategic", '{"spec":{"template":{"spec":{"containers":[{"name":"b","image":"x"}]}}}}'),
    (WEB, "strategic", '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"x"}]}}}}'),
    (
        WEB,
        "strategic",
        '{"spec":{"template":{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}}}',
    ),
    (
        WEB,
        "strategic",
        '{"spec":{"template":{"spec":{"containers":'
        '[{"name":"a","env":[{"name":"Y","value":"2"}]}]}}}}',
    ),
    (
        WEB,
        "strategic",
        '{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],'
        '"containers":[{"name":"b","image":"n"}]}}}}',
    ),
    (WEB, "merge", '{"spec":{"template":{"spec":{"containers":[{"name":"b","image":"x"}]}}}}'),
    (WEB, "json", '[{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"z"}}]'),
    (WEB, "json", '[{"op":"remove","path":"/spec/template/spec/containers/0"}]'),
    (WEB, "strategic", '{"spec":{"replicas":5}}'),
    (WEB, "strategic", "{}"),
]


@pytest.mark.parametrize(("file", "kind", "patch"), PATCHES)
def test_patches(folder: Path, file: str, kind: str, patch: str) -> None:
    line = ["patch", "--local", "-f", file, f"--type={kind}", "-p", patch, "-o", "json"]
    ours, theirs = both(line, folder)
    assert ours == theirs


REFUSALS = [
    ["patch", "--local", "-f", CM],
    ["patch", "--local", "-f", CM, "-p", "data: {q: w"],
    ["patch", "--local", "-f", CM, "--type=foo", "-p", "{}"],
    ["patch", "--local", "-f", CM, "-p", "{}", "--patch-file=x"],
    ["patch", "--local", "-f", CM, "--patch-file=nope"],
    ["patch", "--local", "-p", "{}"],
    ["patch", "--local", "-f", "nope.json", "-p", "{}"],
    ["patch", "--local", "-f", CM, "-p", '{"data":{"q":"w"}}'],
    ["patch", "--local", "-f", CM, "-p", '{"data":{"q":"w"}}', "-o", "name"],
    ["patch", "--local", "-f", CM, "-p", '{"data":{"a":"b"}}'],
]


@pytest.mark.parametrize("line", REFUSALS, ids=" ".join)
def test_messages(folder: Path, line: list[str]) -> None:
    ours, theirs = both(line, folder)
    assert ours == theirs

"""Scalars, documents and errors of YAML and JSON, against the real kubectl."""

from __future__ import annotations

import json
import random
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.api.manifests import ManifestError, load
from kctl.api.yaml_out import dump_yaml
from tests.integration.api.kubectl import local

HEAD = "apiVersion: v1\nkind: Foo\nmetadata: {name: x}\n"
SCALARS = """
y Y yes Yes n no No on On ON off true True TRUE tRUE false ~ null Null NULL 0 1 -1 +1 00 012 -012
0o14 0O14 0o8 0x1F 0X1f 0xg 0b11 -0b11 0b2 08 09 1e3 1E3 1e+3 1.e3 .5 -.5 +.5 5. .5_0 ._5 1_000
1__0 _1 1_ 0_1 0x_1 12:30:45 1:2 2020-01-01 2020-01-01T00:00:00Z 1.2.3 1e400 1e-400 0.1 1.50
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
18446744073709551615 18446744073709551616 99999999999999999999 . .. .e1 e1 1e 0e0 -0 -0.0 0x 0b 0o
-- +- 1-1 = << a NaN Infinity 0777 0_7 0x1.8p1 1p3 1,000 0.1e1 1e1_0
""".split()  # noqa: SIM905 - a list of these would fill a page


def _random_scalars(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    alphabet = "0123456789eExXoObB._+-:yYnN~aAfF"
    made = ["".join(rng.choices(alphabet, k=rng.randint(1, 5))) for _ in range(count)]
    infinite = (".inf", ".nan")
    return [
        each
        for each in made
        if not each.endswith(":")
        and each not in ("-", "---", "...")
        and each.lstrip("+-").lower() not in infinite
    ]


def test_scalars_are_read_as_kubectl_reads_them():
    scalars = SCALARS + _random_scalars(20261123, 3000)
    text = HEAD + "l:\n" + "".join(f"- {each}\n" for each in scalars)
    theirs = json.loads(local(text).stdout)["l"]
    ours = load(text, "x")[0].obj["l"]
    assert len(theirs) == len(ours) == len(scalars)
    different = [
        (scalar, our, their)
        for scalar, our, their in zip(scalars, ours, theirs, strict=True)
        if (type(our) is not type(their) and not _numbers(our, their)) or not _equal(our, their)
    ]
    assert different == []


def _numbers(our: object, their: object) -> bool:
    return all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in (our, their)
    )


def _equal(our: object, their: object) -> bool:
    """Beyond 2**53 Go prints a float's shortest digits as an integer."""
    if _numbers(our, their) and isinstance(our, float):
        return our == float(their)  # type: ignore[arg-type]
    return our == their


DOCUMENTS = {
    "two": HEAD + "---\n" + HEAD,
    "comment behind the dashes": HEAD + "--- # next\n" + HEAD + "---   \n\n---\n# nothing\n",
    "json": '{"apiVersion":"v1","kind":"Foo","metadata":{"name":"x"}}',
    "json twice": '{"apiVersion":"v1","kind":"Foo","metadata":{"name":"x"}}\n' * 2,
    "flow": "{apiVersion: v1, kind: Foo, metadata: {name: x}}",
    "anchors": HEAD + "q: &a {z: 1}\nr: {<<: *a, w: 2}\ns: *a\n",
    "merge of two": HEAD + "a: &a {z: 1, v: 3}\nb: &b {z: 2}\nr: {<<: [*a, *b], w: 2}\n",
    "a repeated key": HEAD + "a: 1\na: 2\n",
    "keys of all sorts": HEAD + "x: {1: a, 1.5: b, true: c, 012: f, on: g, 'on': h}\n",
    "tags": HEAD + 'a: !!int "5"\nb: !!binary aGk=\nc: !foo bar\nd: !!str 5\ne: !!float 5\n',
    "blocks": HEAD + "a: |\n  x\n   y\n\nb: >-\n  x\n  y\n\n  z\nc: |+\n  x\n\n",
    "windows lines": (HEAD + "a: b\n").replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_read_as_kubectl_reads_them(name):
    run = local(DOCUMENTS[name])
    assert run.returncode == 0, run.stderr
    theirs = []
    decoder, at = json.JSONDecoder(), 0
    while at < len(run.stdout.rstrip()):
        value, at = decoder.raw_decode(run.stdout, at)
        at += len(run.stdout[at:]) - len(run.stdout[at:].lstrip())
        del value["metadata"]["annotations"]
        theirs.append(value)
    assert [each.obj for each in load(DOCUMENTS[name], "STDIN")] == theirs


BROKEN = {
    "tab": "apiVersion: v1\nkind: X\n\tmetadata: x\n",
    "open bracket": "apiVersion: v1\nkind: [X\nmetadata: x\n",
    "two colons": "apiVersion: v1\nkind: X: y\n",
    "open quote": 'apiVersion: v1\nkind: "X\n',
    "unknown anchor": "apiVersion: v1\nkind: Foo\nmetadata: {name: *x}\n",
    "indentation": "apiVersion: v1\nkind: Foo\nmetadata:\n  name: x\n foo: bar\n",
    "control character": "apiVersion: v1\nkind: Foo\nmetadata:\n  name: x\x01y\n",
    "a list in a map": "apiVersion: v1\nkind: Foo\nmetadata:\n- a\n  b: c\n",
    "a bad start": "apiVersion: v1\nkind: Foo\nmetadata: @x\n",
    "infinity": HEAD + "x: .inf\n",
    "a list as key": HEAD + "? [a]\n: b\n",
    "null as key": HEAD + "x: {~: d}\n",
    "version": "%YAML 1.2\n---\n" + HEAD,
    "two commas": '{"apiVersion": "v1", "kind": "Foo",, "metadata": {}}\n',
    "end of json": '{"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "x"}\n',
    "end of a literal": '{"a": tru',
    "no colon": '{"a" 1}',
    "bad escape": '{"apiVersion": "v\\q1"}{',
}


@pytest.mark.parametrize("name", BROKEN)
def test_errors_are_kubectls(name):
    theirs = local(BROKEN[name]).stderr.strip()
    with pytest.raises(ManifestError) as caught:
        load(BROKEN[name], "STDIN")
    assert f"error: {caught.value}" == theirs


# --- writing ---

WORDS = st.sampled_from(
    ["", "a", "yes", "12", "1.5", "a: b", "#x", "- x", "it's", '"', "\n", "\t", " ", "\\", "é"]
)
NOT_IN_KUBECTL = [chr(code) for code in range(0x7F, 0xA0)] + ["\u2028", "\u2029", "\ufeff"]
"""Its own YAML reader, which it sends its JSON through, refuses or folds these."""
TEXT = st.one_of(
    st.lists(WORDS, max_size=6).map("".join),
    st.text(string.printable.replace("\x0b", "").replace("\x0c", ""), max_size=20),
    st.lists(st.sampled_from(["word", "word,", "longer-word", "x"]), max_size=60).map(" ".join),
    st.text(st.characters(codec="utf-8", exclude_characters=NOT_IN_KUBECTL), max_size=8),
)
KEYS = st.one_of(st.from_regex(r"[a-z]{1,3}([-./][a-z]{1,4})?", fullmatch=True), TEXT.filter(bool))
VALUES = st.recursive(
    st.one_of(
        TEXT,
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != 0),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=1)),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(VALUES, min_size=1, max_size=12))
def test_what_we_write_is_what_kubectl_writes(values):
    """Maps have one key: with several, go-yaml's order of keys is not always an order."""
    obj = {"apiVersion": "v1", "kind": "Foo", "l": values, "metadata": {"name": "x"}}
    run = local(json.dumps(obj), "yaml")
    assert run.returncode == 0, run.stderr
    ours = dump_yaml({**obj, "metadata": {"annotations": {"zz": "b"}, "name": "x"}})
    assert ours == run.stdout


def test_keys_stand_in_kubectls_order():
    keys = [
        "a",
        "A",
        "b",
        "a-1",
        "a.b",
        "a/b",
        "a_1",
        "a1",
        "a2",
        "a10",
        "aB",
        "ab",
        "Ab",
        "1",
        "9",
        "10",
        "_",
        "é",
        "x9y",
        "x10y",
        "app",
        "app.kubernetes.io/name",
    ]
    obj = {"apiVersion": "v1", "kind": "Foo", "k": dict.fromkeys(keys, 1), "metadata": {}}
    obj["metadata"] = {"name": "x", "annotations": {"zz": "b"}}
    assert dump_yaml(obj) == local(json.dumps(obj), "yaml").stdout

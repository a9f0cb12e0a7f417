"""create, apply, get, patch, replace, edit, wait, delete: on a real control plane, through
the command line, with objects that start nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.docker


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Kctl = Callable[..., Ran]


@pytest.fixture(scope="module")
def kctl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kctl]:
    """Runs kctl in a home of its own, which is removed from the engine at the end."""
    home = tmp_path_factory.mktemp("home")

    def run(*line: str, stdin: str = "", **env: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "kctl", *line],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "KCTL_HOME": str(home), **env},
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    yield run
    cleaned = run("reset", "--yes")
    assert cleaned.code == 0, cleaned.err


def config(name: str, **data: str) -> str:
    return json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    )


def data_of(kctl: Kctl, name: str) -> dict[str, str]:
    return dict(json.loads(kctl("get", "cm", name, "-o", "json").out)["data"])


def test_what_is_created_is_shown_and_deleted(kctl: Kctl) -> None:
    assert kctl("create", "cm", "one", "--from-literal=a=b") == (0, "configmap/one created\n", "")
    again = kctl("create", "cm", "one", "--from-literal=a=b")
    assert again == (1, "", 'error: failed to create configmap: configmaps "one" already exists\n')
    shown = kctl("get", "cm", "one", "--no-headers").out.split()
    assert shown[:2] == ["one", "1"]
    assert kctl("get", "cm/one", "-o", "name") == (0, "configmap/one\n", "")
    assert kctl("get", "cm", "one", "-o", "jsonpath={.data.a}").out == "b"
    gone = kctl("delete", "cm", "one")
    assert gone == (0, 'configmap "one" deleted from default namespace\n', "")
    missing = (1, "", 'Error from server (NotFound): configmaps "one" not found\n')
    assert kctl("delete", "cm", "one") == missing
    assert kctl("get", "cm", "one") == missing
    assert kctl("delete", "cm", "one", "--ignore-not-found").code == 0


def test_apply_creates_configures_and_leaves_alone(kctl: Kctl) -> None:
    def apply(text: str, *more: str) -> Ran:
        return kctl("apply", "-f", "-", *more, stdin=text)

    assert apply(config("ap", a="1", b="2")) == (0, "configmap/ap created\n", "")
    assert apply(config("ap", a="1", b="2")) == (0, "configmap/ap unchanged\n", "")
    kctl("patch", "cm", "ap", "-p", '{"data":{"mine":"kept"}}')
    dry = apply(config("ap", a="1"), "--dry-run=server")
    assert dry.out == "configmap/ap configured (server dry run)\n"
    assert data_of(kctl, "ap") == {"a": "1", "b": "2", "mine": "kept"}
    assert apply(config("ap", a="1")).out == "configmap/ap configured\n"
    assert data_of(kctl, "ap") == {"a": "1", "mine": "kept"}


def test_apply_warns_where_the_annotation_is_missing(kctl: Kctl) -> None:
    kctl("create", "cm", "bare", "--from-literal=a=b")
    done = kctl("apply", "-f", "-", stdin=config("bare", a="c"))
    assert done.out == "configmap/bare configured\n"
    assert done.err.startswith(
        "Warning: resource configmaps/bare is missing the "
        "kubectl.kubernetes.io/last-applied-configuration annotation which is required by"
    )


def test_one_bad_object_does_not_stop_the_others(kctl: Kctl, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(config("good", a="b"))
    (tmp_path / "b.json").write_text('{"apiVersion":"v1","kind":"Nope","metadata":{"name":"n"}}')
    (tmp_path / "c.txt").write_text("not a manifest")
    done = kctl("create", "-f", str(tmp_path))
    assert (done.code, done.out) == (1, "configmap/good created\n")
    assert done.err == (
        f'error: resource mapping not found for name: "n" namespace: "" from '
        f'"{tmp_path}/b.json": no matches for kind "Nope" in version "v1"\n'
        "ensure CRDs are installed first\n"
    )


def test_every_cause_of_an_invalid_object_is_told(kctl: Kctl) -> None:
    bad = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "bad"},
        "spec": {
            "replicas": -1,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "c"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        },
    }
    done = kctl("create", "-f", "-", stdin=json.dumps(bad))
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        'The Deployment "bad" is invalid: \n'
        "* spec.replicas: Invalid value: -1: must be greater than or equal to 0\n"
        '* spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match '
        "template `labels`\n"
    )


def test_unknown_fields_are_refused_by_name(kctl: Kctl) -> None:
    done = kctl("create", "-f", "-", stdin=config("x").replace('"data"', '"date"'))
    assert done.err == (
        'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" '
        'cannot be handled as a ConfigMap: strict decoding error: unknown field "date"\n'
    )


def test_patches_of_three_kinds(kctl: Kctl) -> None:
    kctl("create", "cm", "p", "--from-literal=a=b")
    changed = (0, "configmap/p patched\n", "")
    assert kctl("patch", "cm", "p", "-p", '{"data":{"c":"d"}}') == changed
    same = kctl("patch", "cm", "p", "-p", '{"data":{"c":"d"}}')
    assert same.out == "configmap/p patched (no change)\n"
    assert kctl("patch", "cm", "p", "--type=merge", "-p", '{"data":{"a":null}}') == changed
    remove = '[{"op":"replace","path":"/data/c","value":"e"}]'
    assert kctl("patch", "cm", "p", "--type=json", "-p", remove) == changed
    assert data_of(kctl, "p") == {"c": "e"}


def test_replace_takes_the_place_of_what_was_there(kctl: Kctl) -> None:
    kctl("create", "cm", "r", "--from-literal=a=b")
    done = kctl("replace", "-f", "-", stdin=config("r", z="1"))
    assert done == (0, "configmap/r replaced\n", "")
    assert data_of(kctl, "r") == {"z": "1"}
    missing = kctl("replace", "-f", "-", stdin=config("nobody"))
    assert missing.err == (
        'Error from server (NotFound): error when replacing "STDIN": configmaps "nobody" not '
        "found\n"
    )


def test_edit_writes_what_the_editor_leaves(kctl: Kctl) -> None:
    kctl("create", "cm", "e", "--from-literal=a=before")
    done = kctl("edit", "cm", "e", EDITOR="sed -i s/before/after/")
    assert done == (0, "configmap/e edited\n", "")
    assert data_of(kctl, "e") == {"a": "after"}
    unchanged = kctl("edit", "cm", "e", EDITOR="true")
    assert unchanged == (0, "", "Edit cancelled, no changes made.\n")


def test_wait_ends_when_the_value_is_there_or_the_time_is_over(kctl: Kctl) -> None:
    kctl("create", "cm", "w", "--from-literal=a=b")
    met = kctl("wait", "cm/w", "--for=jsonpath={.data.a}=b", "--timeout=5s")
    assert met == (0, "configmap/w condition met\n", "")
    late = kctl("wait", "cm/w", "--for=jsonpath={.data.a}=c", "--timeout=300ms")
    assert late == (1, "", "error: timed out waiting for the condition on configmaps/w\n")


def test_lists_print_in_every_format(kctl: Kctl) -> None:
    kctl("create", "ns", "lists")
    for name in ("b", "a"):
        kctl("create", "cm", name, "--from-literal=k=v", "-n", "lists")
    kctl("patch", "cm", "a", "-n", "lists", "-p", '{"metadata":{"labels":{"x":"y"}}}')

    def get(*more: str) -> str:
        return kctl("get", "cm", "-n", "lists", *more).out

    assert get("-o", "name") == "configmap/a\nconfigmap/b\n"
    assert get("-o", "jsonpath={.items[*].metadata.name}") == "a b"
    assert get("-o", "go-template={{len .items}}") == "2"
    assert get("-o", "custom-columns=N:.metadata.name,X:.metadata.labels.x") == (
        "N   X\na   y\nb   <none>\n".replace("N   X", "N     X")
        .replace("a   y", "a     y")
        .replace("b   <", "b     <")
    )
    assert [row.split()[0] for row in get("-l", "x=y", "--no-headers").splitlines()] == ["a"]
    assert get("--field-selector=metadata.name=b", "-o", "name") == "configmap/b\n"
    assert get("--sort-by={.metadata.labels.x}", "-o", "name") == "configmap/b\nconfigmap/a\n"
    assert get("--show-labels", "--no-headers").splitlines()[1].split()[-1] == "<none>"
    assert "NAMESPACE" in kctl("get", "cm", "-A").out.splitlines()[0]
    assert json.loads(get("-o", "json"))["kind"] == "List"
    both = kctl("get", "cm/a", "ns/lists", "-n", "lists").out
    assert "configmap/a" in both and "namespace/lists" in both


def test_nothing_found_is_said_on_standard_error(kctl: Kctl) -> None:
    assert kctl("get", "secrets") == (0, "", "No resources found in default namespace.\n")
    assert kctl("get", "secrets", "-A") == (0, "", "No resources found\n")
    assert kctl("get", "nope").err == 'error: the server doesn\'t have a resource type "nope"\n'


def test_api_resources_are_listed(kctl: Kctl) -> None:
    listed = kctl("api-resources", "--no-headers", "--api-group=apps").out.splitlines()
    rows = [each.split() for each in listed]
    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in rows
    assert rows == sorted(rows)


def test_the_cron_line_names_the_home(kctl: Kctl) -> None:
    line = kctl("reconcile", "--print-cron").out
    assert line.startswith("* * * * * KCTL_HOME=") and " reconcile " in line


def test_a_pass_over_a_settled_world_does_nothing(kctl: Kctl) -> None:
    kctl("reconcile")
    assert kctl("reconcile").out == "0 passes, 0 writes, 0 operations, 0 failures\n"


def test_a_watch_prints_each_change_once(kctl: Kctl, tmp_path: Path) -> None:
    kctl("create", "ns", "watched")
    line = ["get", "cm", "-n", "watched", "-w", "--output-watch-events", "--request-timeout=20"]
    home = kctl("reconcile", "--print-cron").out.partition("KCTL_HOME=")[2].split()[0]
    watch = subprocess.Popen(
        [sys.executable, "-m", "kctl", *line],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "KCTL_HOME": home},
    )
    try:
        assert watch.stdout is not None
        head: list[str] = []
        kctl("create", "cm", "x", "-n", "watched")
        while len(head) < 2:
            head.append(watch.stdout.readline())
        kctl("delete", "cm", "x", "-n", "watched")
        head.append(watch.stdout.readline())
    finally:
        watch.terminate()
        watch.wait(timeout=10)
    assert [row.split()[:2] for row in head] == [
        ["EVENT", "NAME"],
        ["ADDED", "x"],
        ["DELETED", "x"],
    ]

"""Input that cannot be honoured: a message that says why, a failing exit code, no traceback,
and nothing half done."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

Object = dict[str, Any]


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Kctl:
    """Command lines in a home whose machine is no node, so that nothing is started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {**os.environ, "KCTL_HOME": str(home), "KCTL_LOCAL_HOST": "none"}

    def __call__(self, *words: str, stdin: str | bytes = "", seconds: float = 20) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "kctl", *words],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=self.env,
            timeout=seconds,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in out + err, err
        return Ran(done.returncode, out, err)

    @property
    def revision(self) -> str:
        return str(json.loads(self("get", "cm", "-o", "json").out)["metadata"]["resourceVersion"])

    def refused(self, *words: str, stdin: str | bytes = "") -> str:
        """What is said of input that must change nothing."""
        before = self.revision
        ran = self(*words, stdin=stdin)
        assert ran.code != 0, ran
        assert ran.out == ""
        assert self.revision == before
        return ran.err


@pytest.fixture(scope="module")
def kctl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kctl]:
    made = Kctl(tmp_path_factory.mktemp("bad") / "home")
    assert made("create", "cm", "there", "--from-literal=a=b").code == 0
    yield made
    assert made("reset", "--yes").code == 0


def deployment(**spec: Any) -> Object:
    labels = {"app": "web"}
    container = {"name": "c", "image": "web:1", **spec.pop("container", {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": spec.pop("name", "web")},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            **spec,
        },
    }


INVALID = {
    "a name in capitals": (
        deployment(name="Web"),
        'The Deployment "Web" is invalid: metadata.name: Invalid value: "Web": a lowercase RFC '
        "1123 subdomain must consist of lower case alphanumeric characters",
    ),
    "a quantity": (
        deployment(container={"resources": {"limits": {"cpu": "lots"}}}),
        "quantities must match the regular expression",
    ),
    "a port": (
        deployment(container={"ports": [{"containerPort": 70000}]}),
        "spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be "
        "between 1 and 65535, inclusive",
    ),
    "a selector that does not match": (
        deployment(selector={"matchLabels": {"app": "other"}}),
        "`selector` does not match template `labels`",
    ),
    "a wrong type": (
        deployment(replicas="three"),
        'Deployment in version "v1" cannot be handled as a Deployment: ',
    ),
    "an unknown field": (deployment(replica=3), 'unknown field "spec.replica"'),
    "an unknown kind": (
        {"apiVersion": "v1", "kind": "Nope", "metadata": {"name": "n"}},
        'no matches for kind "Nope" in version "v1"',
    ),
    "an unknown version": (
        {**deployment(), "apiVersion": "apps/v9"},
        'no matches for kind "Deployment" in version "apps/v9"',
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_manifest_is_refused_with_its_cause(kctl: Kctl, case: str) -> None:
    manifest, words = INVALID[case]
    assert words in kctl.refused("create", "-f", "-", stdin=json.dumps(manifest))


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
FILES = {
    "nothing": (b"", "error: no objects passed to create"),
    "not YAML": (b"a: [b\n", "error"),
    "binary": (bytes(range(256)) * 8, "error"),
    "a bomb": (f"{CONFIG}data:\n  x: 1\n{BOMB}".encode(), "error"),
    "deep": (f"{CONFIG}data: {'[' * 20_000}{']' * 20_000}\n".encode(), "error"),
    "deep JSON": (b'{"apiVersion":' + b"[" * 50_000, "error"),
    "a list": (b"- a\n- b\n", "error"),
    "huge": (f"{CONFIG}data: {{a: {'x' * 2_000_000}}}\n".encode(), "x"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_manifest_is_refused(kctl: Kctl, case: str) -> None:
    content, words = FILES[case]
    said = kctl.refused("create", "-f", "-", stdin=content)
    assert words in said.lower() if words == "error" else words in said
    assert len(said) < 3000, "the whole input comes back"


def test_immutable_fields_and_stale_revisions_are_refused(kctl: Kctl) -> None:
    made = deployment(name="fixed", replicas=0)
    assert kctl("create", "-f", "-", stdin=json.dumps(made)).code == 0
    other = {"app": "other"}
    made["spec"]["selector"] = {"matchLabels": other}
    made["spec"]["template"]["metadata"]["labels"] = other
    said = kctl.refused("apply", "-f", "-", stdin=json.dumps(made))
    assert "field is immutable" in said
    stale = json.loads(kctl("get", "cm", "there", "-o", "json").out)
    assert kctl("label", "cm", "there", "x=y").code == 0
    said = kctl.refused("replace", "-f", "-", stdin=json.dumps(stale))
    assert said == (
        'Error from server (Conflict): error when replacing "STDIN": Operation cannot be '
        'fulfilled on configmaps "there": the object has been modified; please apply your '
        "changes to the latest version and try again\n"
    )


USAGE = {
    ("frobnicate",): 'error: unknown command "frobnicate" for "kctl"',
    ("get", "pods", "--frob"): "error: unknown flag: --frob",
    ("get", "frobs"): 'error: the server doesn\'t have a resource type "frobs"',
    ("scale", "deploy/x", "--replicas=some"): 'error: invalid argument "some" for "--replicas"',
    ("get", "cm", "-o", "frob"): "error: unable to match a printer suitable for the output format",
    ("create", "-f", "/nowhere.yaml"): 'error: the path "/nowhere.yaml" does not exist',
    ("delete", "cm", "none"): 'Error from server (NotFound): configmaps "none" not found',
}


@pytest.mark.parametrize("words", USAGE)
def test_unknown_words_are_refused(kctl: Kctl, words: tuple[str, ...]) -> None:
    assert kctl.refused(*words).startswith(USAGE[words])


# --- the database ----------------------------------------------------------------------


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    broken = Kctl(tmp_path)
    database = tmp_path / "kctl.db"
    database.write_text("these are my notes, not a database\n" * 100)
    for words in (("get", "pods"), ("create", "cm", "x")):
        ran = broken(*words)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("error: ")
        assert str(database) in ran.err
    assert database.read_text().startswith("these are my notes")


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    newer = Kctl(tmp_path)
    assert newer("create", "cm", "x").code == 0
    with sqlite3.connect(tmp_path / "kctl.db") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.close()
    for words in (("get", "cm"), ("create", "cm", "y")):
        ran = newer(*words)
        assert (ran.code, ran.out) == (1, "")
        assert "has schema version 99" in ran.err


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = Kctl(tmp_path / "file")("get", "pods")
    assert (ran.code, ran.out) == (1, "")
    assert str(tmp_path / "file") in ran.err


def test_a_full_disk_is_named_and_loses_nothing(tmp_path: Path) -> None:
    """The home is a file system of its own that has no room left."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", tmp_path], check=True)
    try:
        full = Kctl(tmp_path)
        assert full("create", "cm", "x", "--from-literal=a=b").code == 0
        filler = tmp_path / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:  # until nothing more goes in
                file.write(b"x" * 4096)
        ran = full("create", "cm", "y", f"--from-literal=a={'y' * 100_000}")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("error: ")
        assert "full" in ran.err or "No space left" in ran.err
        filler.unlink()
        assert full("get", "cm", "-o", "name") == (0, "configmap/x\n", "")
        assert full("create", "cm", "y").code == 0
    finally:
        subprocess.run(["umount", tmp_path], check=True)

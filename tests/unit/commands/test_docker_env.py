"""Lines for shells: what they set is what was meant, whatever it holds."""

from __future__ import annotations

import subprocess

import pytest

from kctl.commands.docker_env import quoted, script, unset

HOSTILE = [
    "ssh://root@web1",
    "unix:///run/us er/a.sock",
    "unix:///$(touch /tmp/never)`id`/x",
    "unix:///a'b\"c\\d;e&f|g#h!i*j",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_shell_reads_the_very_value(value: str, shell: str) -> None:
    lines = script({"DOCKER_HOST": value, "DOCKER_CONTEXT": None}, "bash")
    line = 'eval "$0"; printf %s "$DOCKER_HOST" "${DOCKER_CONTEXT-gone}"'
    done = subprocess.run(
        [shell, "-c", line, lines],
        env={"DOCKER_CONTEXT": "x", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (f"{value}gone", "")


def test_quoting_for_other_shells() -> None:
    assert quoted("a'b\\c$d", "fish") == "'a\\'b\\\\c$d'"
    assert quoted("a'b$c`d", "powershell") == "'a''b$c`d'"


def test_lines_of_each_shell() -> None:
    changes = {"A": "1", "B": None}
    assert script(changes, "bash") == "export A=1\nunset B\n"
    assert script(changes, "fish") == "set -gx A '1';\nset -e B;\n"
    assert script(changes, "powershell") == (
        "$Env:A = '1'\nRemove-Item Env:\\B -ErrorAction SilentlyContinue\n"
    )


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ("", {"DOCKER_HOST": None}),
        ("none", {"DOCKER_HOST": None}),
        ("unix:///var/run/docker.sock", {"DOCKER_HOST": None, "KCTL_LOCAL_HOST": None}),
        ("unix:///own.sock", {"DOCKER_HOST": "unix:///own.sock", "KCTL_LOCAL_HOST": None}),
    ],
)
def test_the_way_back(own: str, wanted: dict[str, str | None]) -> None:
    assert unset(own) == wanted

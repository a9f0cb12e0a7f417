"""Completion in a real bash; the scripts of the other shells."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.verbs.sides import Sides, run

BIN = Path(sys.executable).parent

ASK = """
source <(kctl completion bash)
registered=$(complete -p kctl)
function=${registered#*-F }
COMP_WORDS=(%s)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
${function%% *} kctl
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def _completed(pair: Sides, *words: str) -> list[str]:
    """What bash offers for the last of `words`."""
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK % shlex.join(words)],
        capture_output=True,
        text=True,
        timeout=30,
        env={
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "KCTL_HOME": str(pair.home),
            "KCTL_LOCAL_HOST": "none",
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("kctl", "desc"), ["describe"]),
        (("kctl", "rollout", ""), ["history", "pause", "restart", "resume", "status", "undo"]),
        (("kctl", "get", "deploy"), ["deployments"]),
        (("kctl", "get", "deploy", "st"), ["stuck"]),
        (("kctl", "describe", "pods", "pu"), ["pulling"]),
        (("kctl", "delete", "svc/ma"), ["svc/manual"]),
        (("kctl", "get", "pods", "--show-l"), ["--show-labels"]),
        (("kctl", "get", "pods", "-n", "default", "cra"), ["crashing"]),
        (("kctl", "logs", "cra"), ["crashing"]),
        (("kctl", "exec", "pull"), ["pulling"]),
        (("kctl", "rollout", "status", "deployments/st"), ["deployments/stuck"]),
        (("kctl", "cordon", "node-b"), ["node-b", "node-bare"]),
    ],
)
def test_bash_offers(reading: Sides, words: tuple[str, ...], offered: list[str]) -> None:
    assert _completed(reading, *words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_names_the_program_and_asks_through_the_environment(
    tmp_path: Path, shell: str
) -> None:
    ran = run([sys.executable, "-m", "kctl"], f"completion {shell}", {"KCTL_HOME": str(tmp_path)})
    assert ran.code == 0
    assert "kctl" in ran.out
    assert f"complete_{shell}" in ran.out
    for opening, closing in ("()", "{}", "[]"):
        assert ran.out.count(opening) == ran.out.count(closing)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("completion", "error: Shell not specified.\nSee 'kctl completion -h' for help"),
        ("completion tcsh", 'error: Unsupported shell type "tcsh".'),
        ("completion bash zsh", "error: Too many arguments. Expected only the shell type."),
    ],
)
def test_completion_refuses_other_shells(tmp_path: Path, line: str, message: str) -> None:
    ran = run([sys.executable, "-m", "kctl"], line, {"KCTL_HOME": str(tmp_path)})
    assert ran.code == 1
    assert ran.err.startswith(message)

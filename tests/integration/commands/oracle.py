"""The real kubectl beside kctl: same command line, same output, streams and exit code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

KUBECTL = Path(sys.executable).parent / "kubectl"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def run(program: list[str], line: list[str], folder: Path, stdin: str = "", **env: str) -> Ran:
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "nobody"),
        "KUBECONFIG": str(folder / "nobody" / "config"),
        "KCTL_HOME": str(folder / "nobody" / ".kctl"),
        **env,
    }
    done = subprocess.run(
        [*program, *line],
        input=stdin.encode(),
        capture_output=True,
        cwd=folder,
        env=clean,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def both(line: list[str], folder: Path, stdin: str = "", **env: str) -> tuple[Ran, Ran]:
    """(kctl, kubectl), with kubectl's name replaced by kctl's in what it says."""
    ours = run([sys.executable, "-m", "kctl"], line, folder, stdin, **env)
    theirs = run([str(KUBECTL)], line, folder, stdin, **env)
    named = Ran(theirs.code, theirs.out, re.sub(r"\bkubectl\b(?!\.kubernetes)", "kctl", theirs.err))
    return ours, named

"""The pinned kubectl as an oracle: what it does to a file without any server."""

from __future__ import annotations

import subprocess
from pathlib import Path

KUBECTL = Path(__file__).parents[3] / ".venv" / "bin" / "kubectl"


def kubectl(*args: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run it with a manifest on standard input."""
    return subprocess.run(
        [KUBECTL, *args], input=text, capture_output=True, text=True, timeout=60, check=False
    )


def local(text: str, output: str = "json") -> subprocess.CompletedProcess[str]:
    """The manifest as kubectl reads it, with the annotation "zz: b" added."""
    return kubectl("annotate", "--local", "-f", "-", "zz=b", "-o", output, text=text)

#!/usr/bin/env python3
"""Assemble kctl's own programs for every architecture and write them into the package.

    python scripts/programs/make.py          # writes kctl/runtime/docker/{pause,relay}.py
    python scripts/programs/make.py --check  # exit 1 if those files are not what comes out

Needs GNU binutils: `binutils` on an x86_64 machine, and `binutils-aarch64-linux-gnu`.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "kctl" / "runtime" / "docker"
NAMES = ("pause", "relay")
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
HEAD = '''"""The {} program as bytes, by Docker's name of the architecture.

Made by scripts/programs/make.py from the assembly beside it; a test assembles it again.
"""

PROGRAMS = {{
'''


def tool(name: str, machine: str) -> str:
    return name if platform.machine() == machine else f"{machine}-linux-gnu-{name}"


def assemble(name: str, architecture: str) -> bytes:
    """A program for one architecture; raises where its binutils are missing."""
    machine = ARCHITECTURES[architecture]
    with tempfile.TemporaryDirectory() as folder:
        obj, linked, out = (Path(folder, each) for each in ("program.o", "program.elf", "program"))
        source = HERE / f"{name}_{architecture}.S"
        subprocess.run([tool("as", machine), "-o", obj, source], check=True)
        # The ELF header is part of the text: what the linker puts around it goes away again.
        link = ["-Ttext=0x400000", "-o", linked, obj]
        subprocess.run([tool("ld", machine), *link], check=True)
        copy = ["-O", "binary", "-j", ".text", linked, out]
        subprocess.run([tool("objcopy", machine), *copy], check=True)
        return out.read_bytes()


def render(name: str, programs: dict[str, bytes]) -> str:
    text = HEAD.format(name)
    for architecture, program in programs.items():
        lines = "\n".join(f'        "{line}"' for line in textwrap.wrap(program.hex(), 80))
        text += f'    "{architecture}": bytes.fromhex(\n{lines}\n    ),\n'
    return text + "}\n"


def main() -> int:
    stale = 0
    for name in NAMES:
        text = render(name, {each: assemble(name, each) for each in ARCHITECTURES})
        target = TARGET / f"{name}.py"
        if "--check" in sys.argv[1:]:
            stale += not target.exists() or target.read_text() != text
        else:
            target.write_text(text)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

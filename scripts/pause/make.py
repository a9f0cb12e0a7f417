#!/usr/bin/env python3
"""Assemble the pause program for every architecture and write it into the package.

    python scripts/pause/make.py          # writes kctl/runtime/docker/pause.py
    python scripts/pause/make.py --check  # exit 1 if that file is not what comes out

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
TARGET = HERE.parent.parent / "kctl" / "runtime" / "docker" / "pause.py"
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
HEAD = '''"""The pause program as bytes, by Docker's name of the architecture.

Made by scripts/pause/make.py from the assembly beside it; a test assembles it again.
"""

PROGRAMS = {
'''


def tool(name: str, machine: str) -> str:
    return name if platform.machine() == machine else f"{machine}-linux-gnu-{name}"


def assemble(architecture: str) -> bytes:
    """The program for one architecture; raises where its binutils are missing."""
    machine = ARCHITECTURES[architecture]
    with tempfile.TemporaryDirectory() as folder:
        obj, linked, out = (Path(folder, name) for name in ("pause.o", "pause.elf", "pause"))
        source = HERE / f"pause_{architecture}.S"
        subprocess.run([tool("as", machine), "-o", obj, source], check=True)
        # The ELF header is part of the text: what the linker puts around it goes away again.
        link = ["-Ttext=0x400000", "-o", linked, obj]
        subprocess.run([tool("ld", machine), *link], check=True)
        copy = ["-O", "binary", "-j", ".text", linked, out]
        subprocess.run([tool("objcopy", machine), *copy], check=True)
        return out.read_bytes()


def render(programs: dict[str, bytes]) -> str:
    text = HEAD
    for architecture, program in programs.items():
        lines = "\n".join(f'        "{line}"' for line in textwrap.wrap(program.hex(), 80))
        text += f'    "{architecture}": bytes.fromhex(\n{lines}\n    ),\n'
    return text + "}\n"


def main() -> int:
    text = render({each: assemble(each) for each in ARCHITECTURES})
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.read_text() == text else 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

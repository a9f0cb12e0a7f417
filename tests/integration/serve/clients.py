"""One kubectl against one server, in a namespace of its own, and the table of what works."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.serve.served import Ran, Served

Step = Callable[["Client"], None]


class Client:
    """A kubectl binary; `image` is one that the engine has, a web server on port 8080."""

    def __init__(self, served: Served, binary: Path, version: str, image: str, other: str) -> None:
        self.served, self.binary, self.version = served, binary, version
        self.image, self.other = image, other
        self.namespace = "c" + version.replace(".", "")
        self.folder = served.folder / self.namespace
        self.folder.mkdir(exist_ok=True)
        self.more: dict[str, str] = {}
        """environment variables beside those that lead to the server"""

    @property
    def minor(self) -> int:
        return int(self.version.split(".")[1])

    def run(self, *words: str, stdin: str | None = None, timeout: float = 60.0) -> Ran:
        argv = [str(self.binary), *self._scoped(words)]
        ran = subprocess.run(
            argv,
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment(),
            timeout=timeout,
            cwd=self.folder,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def _scoped(self, words: tuple[str, ...]) -> list[str]:
        at = words.index("--") if "--" in words else len(words)
        return [*words[:at], f"--namespace={self.namespace}", *words[at:]]

    def environment(self) -> dict[str, str]:
        return {**self.served.environment, "HOME": str(self.folder), **self.more}

    def do(self, *words: str, stdin: str | None = None) -> str:
        ran = self.run(*words, stdin=stdin)
        assert ran.code == 0, (words, ran)
        return ran.out

    def get(self, *words: str) -> Any:
        return json.loads(self.do("get", *words, "-o", "json"))

    def start(self, *words: str) -> subprocess.Popen[str]:
        argv = [str(self.binary), *self._scoped(words)]
        return subprocess.Popen(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            env=self.environment(),
            cwd=self.folder,
        )

    def terminal(self, *words: str, type_: str, seconds: float = 20.0) -> tuple[int, str]:
        """Run on a terminal, typing as a person would; (exit code, what stood there)."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(
                str(self.binary), [str(self.binary), *self._scoped(words)], self.environment()
            )
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
        os.write(terminal, type_.encode())
        shown, deadline = b"", time.monotonic() + seconds
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 0.2)
            try:
                part = os.read(terminal, 4096) if ready else b""
            except OSError:
                break
            if ready and not part:
                break
            shown += part
        else:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=10)


def table(rows: dict[str, dict[str, str]], versions: list[str]) -> str:
    """Markdown: a row a command, a column a client; what failed is told below."""
    lines = [
        "| kubectl | " + " | ".join(versions) + " |",
        "|---|" + "---|" * len(versions),
    ]
    for command, results in rows.items():
        cells = [results.get(version, "-") for version in versions]
        lines.append(f"| `{command}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def port_of(line: str) -> int:
    found = re.search(r"127\.0\.0\.1:(\d+)", line)
    assert found is not None, line
    return int(found.group(1))

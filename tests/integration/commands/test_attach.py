"""run -it --rm and attach on a real engine: pipes, a terminal, exit codes."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

pytestmark = pytest.mark.docker

KCTL = [sys.executable, "-m", "kctl"]
PROMPT = "If you don't see a command prompt, try pressing enter.\n"


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """busybox and its shell alone."""
    client = docker.APIClient(base_url="unix:///var/run/docker.sock", version="auto")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for name in ("sh", "sleep", "cat", "stty", "tty"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    name = f"kctl-test-attach-{uuid.uuid4().hex[:8]}"
    client.import_image_from_data(out.getvalue(), repository=name, tag="1")
    yield f"{name}:1"
    client.remove_image(f"{name}:1", force=True)
    client.close()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    home = tmp_path_factory.mktemp("attach")
    env = {**os.environ, "KCTL_HOME": str(home), "KUBECONFIG": str(home / "none")}
    yield env
    done = subprocess.run(
        [*KCTL, "reset", "--yes"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def kctl(env: dict[str, str], *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KCTL, *words],
        env=env, input=stdin, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, env: dict[str, str], *words: str) -> None:
        master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*KCTL, *words], env=env, stdin=slave, stdout=slave, stderr=slave, close_fds=True
        )
        os.close(slave)
        self.master, self.seen = master, ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def until(self, text: str, seconds: float = 40.0) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self._read()

    def end(self, seconds: float = 40.0) -> int:
        deadline = time.monotonic() + seconds
        while self._read() and time.monotonic() < deadline:
            pass
        code = self.process.wait(10)
        os.close(self.master)
        return code

    def _read(self) -> bool:
        if not select.select([self.master], [], [], 0.2)[0]:
            return self.process.poll() is None
        try:
            data = os.read(self.master, 4096)
        except OSError:
            return False  # the other side is closed
        self.seen += data.decode(errors="replace")
        return bool(data)


def run(image: str, *more: str) -> list[str]:
    return ["run", *more, f"--image={image}", "--image-pull-policy=Never", "--rm"]


def test_input_comes_back_and_the_pod_goes(environment: dict[str, str], image: str) -> None:
    line = [*run(image, "piped", "-i", "--restart=Never"), "--command", "--", "cat"]
    done = kctl(environment, *line, stdin="one\ntwo\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == 'one\ntwo\npod "piped" deleted from default namespace\n'
    assert done.stderr.endswith(PROMPT)
    gone = kctl(environment, "get", "pod", "piped", "--ignore-not-found")
    assert gone.stdout == "" or "Terminating" in gone.stdout


def test_the_exit_code_is_the_containers(environment: dict[str, str], image: str) -> None:
    line = [*run(image, "fails", "--attach", "-q", "--restart=Never"), "--command", "--"]
    done = kctl(environment, *line, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "out\n")
    assert done.stderr == "err\npod default/fails terminated (Error)\n"


def test_a_shell_on_a_terminal(environment: dict[str, str], image: str) -> None:
    terminal = Terminal(
        environment, *run(image, "shell", "-it", "--restart=Never"), "--command", "--", "sh"
    )
    terminal.until("pressing enter.")  # the prompt may have been written before
    terminal.type("echo $((40+2))-; tty\n")
    terminal.until("42-")
    terminal.until("/dev/pts/")
    terminal.type("exit\n")
    assert terminal.end() == 0
    assert 'pod "shell" deleted from default namespace' in terminal.seen


def test_attach_later_and_leave_by_keys(environment: dict[str, str], image: str) -> None:
    manifest = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stays"},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "c", "image": image, "imagePullPolicy": "Never", "command": ["sh"],
                "stdin": True, "tty": True,
            }],
        },
    }  # fmt: skip
    import json

    made = kctl(environment, "apply", "-f", "-", stdin=json.dumps(manifest))
    assert made.returncode == 0, made.stderr
    ready = kctl(environment, "wait", "pod/stays", "--for=condition=Ready", "--timeout=40s")
    assert ready.returncode == 0, ready.stderr
    terminal = Terminal(environment, "attach", "stays", "-it")
    terminal.until("try pressing enter.")
    terminal.type("echo $((40+3))-\n")
    terminal.until("43-")
    terminal.type("\x10\x11")
    assert terminal.end() == 0
    assert "resume using 'kctl attach stays -c c -n default -i -t'" in terminal.seen
    still = kctl(environment, "get", "pod", "stays", "--no-headers")
    assert still.stdout.split()[1:4] == ["1/1", "Running", "0"]


def test_what_cannot_be_attached_to_is_refused(environment: dict[str, str]) -> None:
    nobody = kctl(environment, "attach", "nobody")
    assert nobody.returncode == 1
    assert nobody.stderr == 'Error from server (NotFound): pods "nobody" not found\n'
    assert kctl(environment, "attach").stderr == (
        "error: at least 1 argument is required for attach\n"
    )


def test_a_terminal_needs_stdin(environment: dict[str, str], tmp_path: Path) -> None:
    done = kctl(environment, "run", "x", "--image=a", "-t")
    assert done.returncode == 1
    assert done.stderr.startswith("error: -i/--stdin is required")

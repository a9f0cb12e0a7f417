"""logs and exec on the machine's engine."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.integration.verbs.sides import Ran, run

pytestmark = pytest.mark.docker

Object = dict[str, Any]
TALK = 'echo "$0 starts"; i=0; while :; do i=$((i+1)); echo "$0 $i"; sleep 0.2; done'
Kctl = Callable[..., Ran]


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    engine = docker.APIClient(base_url="unix:///var/run/docker.sock", version="auto")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for name in ("sh", "sleep", "cat", "env", "tty", "stty"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    name = f"kctl-test-logs-{uuid.uuid4().hex[:8]}"
    engine.import_image_from_data(
        out.getvalue(), repository=name, tag="1", changes=["ENV PATH=/bin"]
    )
    yield f"{name}:1"
    engine.remove_image(f"{name}:1", force=True)
    engine.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "home"


@pytest.fixture(scope="module")
def kctl(home: Path, image: str) -> Iterator[Kctl]:
    """A control plane with pods that talk, that crash, and that never start."""

    def ask(line: str | list[str], stdin: str = "") -> Ran:
        return run([sys.executable, "-m", "kctl"], line, {"KCTL_HOME": str(home)}, stdin)

    try:
        made = ask(
            ["apply", "-f", "-"],
            json.dumps({"kind": "List", "apiVersion": "v1", "items": _pods(image)}),
        )
        assert made.code == 0, made.err
        _until(lambda: ask("get pods -l app=talk --no-headers").out.count("Running") == 2)
        _until(
            lambda: (
                ask("get pod crash -o jsonpath={.status.containerStatuses[0].restartCount}").out
                not in ("", "0")
            )
        )
        yield ask
    finally:
        cleaned = ask("reset --yes")
        assert cleaned.code == 0, cleaned.err


def _pods(image: str) -> list[Object]:
    def pod(name: str, *containers: tuple[str, str], **spec: Any) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": "talk" if "talk" in name else name}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [
                    {
                        "name": each,
                        "image": image,
                        "imagePullPolicy": "Never",
                        "command": ["sh", "-c", script, f"{name}-{each}"],
                    }
                    for each, script in containers
                ],
                **spec,
            },
        }

    return [
        pod("talk1", ("main", TALK)),
        pod("talk2", ("main", TALK), ("side", TALK)),
        pod("crash", ("main", "echo life; echo oops >&2; sleep 0.1; exit 3")),
        pod("done", ("main", "echo finished"), restartPolicy="Never"),
        pod("homeless", ("main", "true"), nodeSelector={"no": "such"}),
    ]


def _until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)


def test_tail_and_since_and_timestamps_and_bytes(kctl: Kctl) -> None:
    assert kctl("logs talk1").out.startswith("talk1-main starts\ntalk1-main 1\n")
    assert kctl("logs talk1 --tail=2").out.count("\n") == 2
    assert kctl("logs talk1 --tail=0").out == ""
    assert kctl("logs talk1 --limit-bytes=7").out == "talk1-m"
    assert "starts" in kctl("logs talk1 --since=1h").out
    assert "starts" not in kctl("logs talk1 --since=1s").out
    stamped = kctl("logs talk1 --tail=1 --timestamps").out
    assert stamped[4] == "-" and stamped.split(" ")[0].endswith("Z")


def test_container_is_chosen_and_said(kctl: Kctl) -> None:
    ran = kctl("logs talk2 --tail=1")
    assert ran.err == 'Defaulted container "main" out of: main, side\n'
    assert ran.out.startswith("talk2-main ")
    assert kctl("logs talk2 -c side --tail=1").out.startswith("talk2-side ")
    both = kctl("logs talk2 --all-containers --prefix --tail=1").out.splitlines()
    assert [line.split(" ")[0] for line in both] == ["[pod/talk2/main]", "[pod/talk2/side]"]
    assert kctl("logs talk2 -c nope") == Ran(
        1, "", "error: container nope not found in pod talk2\n"
    )


def test_selector_shows_the_last_ten_lines_of_each(kctl: Kctl) -> None:
    _until(lambda: kctl("logs talk1").out.count("\n") > 12)
    ran = kctl("logs -l app=talk --prefix")
    lines = [line.split(" ")[0] for line in ran.out.splitlines()]
    assert lines.count("[pod/talk1/main]") == 10
    assert set(lines) == {"[pod/talk1/main]", "[pod/talk2/main]"}
    assert kctl("logs -l app=none") == Ran(0, "", "No resources found in default namespace.\n")


def test_previous_life_and_what_has_no_log(kctl: Kctl) -> None:
    assert "life\n" in kctl("logs crash --previous").out
    assert kctl("logs done").out == "finished\n"
    gone = kctl("logs talk1 --previous")
    assert gone == Ran(
        1,
        "",
        'Error from server (BadRequest): previous terminated container "main" in pod "talk1" '
        "not found\n",
    )
    assert kctl("logs nope").err == 'Error from server (NotFound): pods "nope" not found\n'
    assert kctl("logs homeless") == Ran(0, "", "")


def test_follow_goes_on_until_interrupted(kctl: Kctl, home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kctl", "logs", "-f", "-l", "app=talk", "--prefix", "--tail=1"],
        stdout=subprocess.PIPE,
        env={**os.environ, "KCTL_HOME": str(home)},
    ) as following:
        assert following.stdout is not None
        lines = [following.stdout.readline().decode() for _ in range(8)]
        following.send_signal(2)
        assert following.wait(10) == 130
    assert {line.split(" ")[0] for line in lines} == {"[pod/talk1/main]", "[pod/talk2/main]"}


def test_exec_streams_and_exit_codes(kctl: Kctl) -> None:
    assert kctl(["exec", "talk1", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]) == Ran(
        7, "out\n", "err\ncommand terminated with exit code 7\n"
    )
    assert kctl("exec -i talk1 -- cat", stdin="through\n").out == "through\n"
    assert kctl("exec talk1 -- cat", stdin="not read").out == ""
    second = kctl(["exec", "talk2", "-c", "side", "--", "sh", "-c", "echo $0", "x"])
    assert second == Ran(0, "x\n", "")
    said = kctl("exec talk2 -- tty")
    assert said.err.startswith('Defaulted container "main" out of: main, side\n')


def test_exec_refuses_what_does_not_run(kctl: Kctl) -> None:
    assert kctl("exec done -- sh").err == (
        "error: cannot exec into a container in a completed pod; current phase is Succeeded\n"
    )
    assert kctl("exec homeless -- sh").err == (
        "Error from server (BadRequest): pod homeless does not have a host assigned\n"
    )
    assert kctl("exec talk1 -c nope -- sh").err == (
        "error: container nope not found in pod talk1\n"
    )
    missing = kctl("exec talk1 -- no-such-program")
    assert (missing.code, missing.err) == (126, "command terminated with exit code 126\n")
    assert missing.out.startswith("OCI runtime exec failed: ")


def test_exec_on_a_terminal(kctl: Kctl, home: Path) -> None:
    """A shell on a pseudo-terminal: it has a terminal, and its exit code comes back."""
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-m", "kctl", "exec", "-it", "talk1", "--", "sh"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "KCTL_HOME": str(home)},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        assert b"#" in _read(ours, shell, until=b"#"), "no prompt"
        os.write(ours, b"tty; exit 5\n")
        assert b"/dev/" in _read(ours, shell)
        assert shell.wait(5) == 5
    finally:
        shell.kill()
        shell.wait(5)
        os.close(ours)


def _read(terminal: int, shell: subprocess.Popen[bytes], until: bytes = b"\0") -> bytes:
    """What the terminal shows, up to `until` or the end of the shell."""
    shown = b""
    deadline = time.monotonic() + 15
    while until not in shown and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # the other side has closed it
                break
        elif shell.poll() is not None:
            break
    return shown

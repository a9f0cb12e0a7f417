"""Streams of pods on a host that is reached over SSH: everything goes through the one
connection to it, also what a pod's own ports say."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.hosts.bed import Kctl
from tests.integration.hosts.fixtures import bed, images, kctl
from tests.integration.reconcile.cluster import until
from tests.integration.serve.pods import container, pod
from tests.integration.serve.served import KUBECTL, Ran

__all__ = ["bed", "images", "kctl"]

pytestmark = pytest.mark.docker
HOST_COUNT = 1
FOLDER = "/api/v1/namespaces/default"


class Kubectl:
    def __init__(self, kubeconfig: Path) -> None:
        self.env = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    def __call__(self, *words: str, stdin: bytes | None = None) -> Ran:
        ran = subprocess.run(
            [str(KUBECTL), *words], env=self.env, input=stdin, capture_output=True, timeout=60
        )
        return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@pytest.fixture(scope="module")
def kubectl(kctl: Kctl, images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    kubeconfig = tmp_path_factory.mktemp("config") / "kubeconfig"
    process = kctl.start("serve", "--listen=127.0.0.1:0", f"--write-kubeconfig={kubeconfig}")
    assert process.stdout is not None
    assert any(line.startswith("serving ") for line in process.stdout)
    made = Kubectl(kubeconfig)
    script = "echo begun; echo hello >/www/index.html; httpd -p 80 -h /www; sleep 1000 & wait"
    web = json.dumps(pod("web", container(f"{images}:v1", script)))
    assert made("apply", "-f", "-", stdin=web.encode()).code == 0
    assert made("wait", "pod/web", "--for=condition=Ready", "--timeout=60s").code == 0
    yield made
    process.terminate()
    process.wait(30)


def test_exec_and_logs(kubectl: Kubectl) -> None:
    ran = kubectl("exec", "-i", "web", "--", "sh", "-c", "wc -c; exit 3", stdin=b"x" * 1_000_000)
    assert ran == (3, "1000000\n", "command terminated with exit code 3\n")
    assert kubectl("logs", "web").out == "begun\n"


def test_cp_both_ways(kubectl: Kubectl, tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(os.urandom(1_000_000))
    assert kubectl("cp", str(there), "web:/tmp/copied").code == 0
    assert kubectl("cp", "web:/tmp/copied", str(back)).code == 0
    assert back.read_bytes() == there.read_bytes()


def test_the_ports_of_a_pod_that_is_not_reachable_from_here(kubectl: Kubectl) -> None:
    assert kubectl("get", "--raw", f"{FOLDER}/pods/web:80/proxy/index.html").out == "hello\n"
    process = subprocess.Popen(
        [str(KUBECTL), "port-forward", "web", ":80"], env=kubectl.env, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        port = line.split(" -> ")[0].rpartition(":")[2]
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/index.html", timeout=10) as got:
                assert got.read() == b"hello\n"
    finally:
        process.kill()
        process.communicate()


def test_a_host_that_does_not_answer_is_told(kctl: Kctl, kubectl: Kubectl) -> None:
    kctl.bed.stop_sshd("h1")
    try:
        ran = until(lambda: _refused(kubectl), 30, "a refusal")
        assert "error dialing backend: " in ran.err
    finally:
        kctl.bed.start_sshd("h1")
    until(lambda: kubectl("exec", "web", "--", "id").code == 0, 60, "the host is back")


def _refused(kubectl: Kubectl) -> Ran | None:
    ran = kubectl("exec", "web", "--", "id")
    return ran if ran.code == 1 else None

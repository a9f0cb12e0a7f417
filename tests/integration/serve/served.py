"""`kctl serve` in a home of its own, and the clients that speak to it."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

Object = dict[str, Any]
KUBECTL = Path(sys.executable).parent / "kubectl"
"""The pinned one, 1.37.1."""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Answer(NamedTuple):
    code: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def older_kubectls() -> dict[str, Path]:
    """Other kubectls of this machine by their minor version: {"1.27": path}."""
    found = shutil.which("kubectl")
    if found is None:
        return {}
    beside = Path(found).resolve().parent
    return {
        each.name.removeprefix("kubectl."): each
        for each in sorted(beside.glob("kubectl.1.*"))
        if re.fullmatch(r"kubectl\.1\.\d+", each.name)
    }


class Served:
    """A server process; `kubeconfig` leads to it as its admin."""

    def __init__(self, folder: Path, *words: str, reconcile: bool = False) -> None:
        self.home, self.kubeconfig = folder / "home", folder / "kubeconfig"
        self.folder, self.reconcile = folder, reconcile
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("KCTL_")},
            "KCTL_HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            "HOME": str(folder),
        }
        if not reconcile:  # nor does a command beside it make this machine a node
            self.environment["KCTL_LOCAL_HOST"] = "none"
        argv = [sys.executable, "-m", "kctl", "serve", "--listen=127.0.0.1:0"]
        argv += [f"--write-kubeconfig={self.kubeconfig}", "--log-level=warning", *words]
        if not reconcile:
            argv.append("--no-reconcile")
        self._log = (folder / "serve.log").open("w")
        self.process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=self._log, text=True, env=self.environment
        )
        self.url = self._address()
        self.port = int(self.url.rpartition(":")[2])

    def _address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("serving "):
                return line.split()[-1]
        raise AssertionError(f"no server: {self.log()}")

    def log(self) -> str:
        return (self.folder / "serve.log").read_text()

    # --- clients ---

    def kubectl(
        self, *words: str, stdin: str | bytes | None = None, binary: Path | None = None
    ) -> Ran:
        argv = [str(binary or KUBECTL), *words]
        data = stdin.encode() if isinstance(stdin, str) else stdin
        ran = subprocess.run(
            argv, input=data, capture_output=True, env=self.environment, timeout=120
        )
        return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    def do(self, *words: str, stdin: str | bytes | None = None) -> str:
        """What kubectl prints; it must succeed."""
        ran = self.kubectl(*words, stdin=stdin)
        assert ran.code == 0, (words, ran)
        return ran.out

    def get(self, *words: str) -> Any:
        return json.loads(self.do("get", *words, "-o", "json"))

    def apply(self, *objects: Object) -> str:
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        return self.do("apply", "-f", "-", stdin=json.dumps(items))

    def kctl(self, *words: str, stdin: str | None = None) -> Ran:
        ran = subprocess.run(
            [sys.executable, "-m", "kctl", *words],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=120,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def context(self, *, admin: bool = True) -> ssl.SSLContext:
        pki = self.home / "pki"
        made = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        if admin:
            made.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        return made

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        **headers: str,
    ) -> Answer:
        """As the admin, or with a bearer token ("" is nobody). A body that is no bytes is sent
        as JSON; headers by their names with "_" for "-"."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        made = urllib.request.Request(self.url + path, data=data, method=method)
        if data is not None:
            made.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            made.add_header(name.replace("_", "-"), value)
        if token:
            made.add_header("Authorization", f"Bearer {token}")
        context = self.context(admin=token is None)
        try:
            with urllib.request.urlopen(made, context=context, timeout=60) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), dict(error.headers))

    def stream(self, path: str) -> http.client.HTTPResponse:
        """An answer that goes on, as the admin; its lines come as they are sent."""
        made = urllib.request.Request(self.url + path)
        answer: http.client.HTTPResponse = urllib.request.urlopen(
            made, context=self.context(), timeout=60
        )
        return answer

    # --- the end ---

    def stop(self, *, keep: bool = False) -> int:
        """SIGTERM; the exit code. Of a server without a loop nothing is left,
        unless another one is to `keep` its home."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(90)  # pods that are told to stop have their grace
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._log.close()
            if self.process.stdout is not None:
                self.process.stdout.close()
        if not self.reconcile and not keep:
            self.kctl("reset", "--yes")  # ends passes that a command left behind
        return code

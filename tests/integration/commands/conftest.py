"""Files that the command lines of these tests name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

DEPLOYMENT = """{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
"spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template":
{"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
{"name": "a", "image": "one:1", "env": [{"name": "X", "value": "1"}],
 "ports": [{"containerPort": 80}]},
{"name": "b", "image": "two:1"}]}}}}
"""


_CERTIFICATE = (
    *("openssl", "req", "-x509", "-newkey", "rsa:2048"),
    *("-nodes", "-subj", "/CN=x", "-days", "2"),
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with a few files of every sort."""
    root = tmp_path_factory.mktemp("oracle")
    (root / "nobody").mkdir()
    (root / "f.txt").write_text("hello\n")
    (root / "crlf.txt").write_bytes(b"abc\r\n")
    (root / "bin.dat").write_bytes(b"\xff\xfe")
    (root / "e.env").write_text('a=b\n# c\n\nK=\nFROM_ENV\n X=1\nQ="x y"\n')
    (root / "bad.env").write_text("1a=b\n")
    (root / "empty").mkdir()
    (root / "many").mkdir()
    (root / "many" / "one").write_text("1")
    (root / "many" / "two.txt").write_text("2")
    (root / "cm.json").write_text(
        '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"data":{"a":"b"}}'
    )
    (root / "deploy.json").write_text(DEPLOYMENT)
    for name in ("c", "other"):
        subprocess.run(
            [*_CERTIFICATE, "-keyout", f"{name}.key", "-out", f"{name}.pem"],
            cwd=root,
            check=True,
            capture_output=True,
        )
    return root

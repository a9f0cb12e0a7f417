"""Every command of docs/authorization.md, in the order of the page."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.integration.docs.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "authorization.md"
SERVE = "timeout -s TERM 5 kctl serve --listen=127.0.0.1:0 --no-reconcile"
RULES = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: from-the-page}
rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home without hosts, where ~/.kctl is expected."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("K")}
    path = f"{ROOT}/.venv/bin:{kept['PATH']}"
    return {**kept, "PATH": path, "HOME": str(tmp_path), "KCTL_LOCAL_HOST": "none"}


def commands(block: str) -> list[str]:
    """Whole commands: a line that ends in a backslash goes on."""
    return block.replace("\\\n", " ").strip().split("\n")


def test_the_page_can_be_typed_from_its_top_to_its_end(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "rbac.yaml").write_text(RULES)
    page = re.sub(r"^```.*?^```$", "", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    said: dict[str, str] = {}
    for line in (each for block in blocks(page) for each in commands(block)):
        typed = line.replace("kctl serve", SERVE)
        done = subprocess.run(
            ["bash", "-c", typed],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == (124 if typed.startswith("timeout") else 0), (line, done.stderr)
        assert "Traceback" not in done.stderr, line
        said[line.split("#")[0].strip()] = done.stdout
    assert said["kctl auth can-i delete pods --as=jane"] in ("yes\n", "no\n")
    assert said["kctl auth can-i delete pods --as=jane"] == "yes\n"
    robot = "kctl auth can-i --list --as=system:serviceaccount:default:robot"
    assert "[get list watch]" in said[robot]
    assert "dev" in said["kctl auth whoami --as=jane --as-group=dev"]
    assert "from-the-page reconciled" in said["kctl auth reconcile -f rbac.yaml"]
    assert said["kctl create token robot --duration=8h"].count(".") == 2
    for name in (".kube/config", "kubeconfig", "jane.crt"):
        assert (tmp_path / name).is_file(), name
    assert (tmp_path / ".kube/config").stat().st_mode & 0o777 == 0o600

"""`config` against the real kubectl: the same file before, the same output and file after."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.verbs.sides import KUBECTL, Ran, renamed, run

FILE = """apiVersion: v1
clusters:
- cluster:
    server: https://1.2.3.4:6443
  name: lab
- cluster:
    server: sqlite:////srv/x.db
  name: other
contexts:
- context:
    cluster: other
    user: me
  name: b.dotted
- context:
    cluster: lab
    namespace: dev
    user: me
  name: lab
current-context: lab
kind: Config
users:
- name: me
  user:
    token: secret
"""

LINES = [
    "config view",
    "config view --raw",
    "config view --flatten",
    "config view --minify",
    "config view --minify --context=b.dotted",
    "config view -o jsonpath={.contexts[*].name}",
    "config current-context",
    "config get-contexts",
    "config get-contexts lab",
    "config get-contexts nope",
    "config get-contexts -o name",
    "config get-contexts -o yaml",
    "config get-contexts --no-headers",
    "config get-clusters",
    "config get-users",
    "config use-context b.dotted",
    "config use-context nope",
    "config use lab",
    "config rename-context lab lab2",
    "config rename-context nope lab3",
    "config rename-context lab b.dotted",
    "config set-context --current --namespace=x",
    "config set-context lab --namespace=y",
    "config set-context new --cluster=c --namespace=n",
    "config set-context",
    "config set-context lab --current",
    "config set-cluster lab --server=https://x",
    "config set-cluster new --server=https://y",
    "config set contexts.lab.namespace zz",
    "config set clusters.lab.server https://zz",
    "config set current-context b.dotted",
    "config set users.me.token abc",
    "config unset contexts.lab.namespace",
    "config unset contexts.lab",
    "config unset users.me",
    "config unset current-context",
    "config delete-context lab",
    "config delete-context b.dotted",
    "config delete-context nope",
    "config delete-cluster other",
    "config delete-cluster nope",
    "config delete-user me",
    "config delete-user nope",
    "config foo",
]


def _both(line: str, folder: Path, before: str | None) -> list[tuple[Ran, str | None]]:
    """(what it said, the file after) of kctl, then of kubectl, on a file of one name."""
    path = folder / "config"
    outcomes = []
    for program in ([sys.executable, "-m", "kctl"], [str(KUBECTL)]):
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_text(before)
        env = {"HOME": str(folder), "KCTL_HOME": str(folder / "home")}
        said = renamed(run(program, f"{line} --kubeconfig={path}", env))
        if line == "config get-clusters":  # kubectl lists them in any order, kctl by name
            said = said._replace(out="".join(sorted(said.out.splitlines(keepends=True))))
        outcomes.append((said, path.read_text() if path.exists() else None))
    return outcomes


@pytest.mark.parametrize("line", LINES)
def test_config_does_as_kubectl(tmp_path: Path, line: str) -> None:
    ours, theirs = _both(line, tmp_path, FILE)
    assert ours == theirs


@pytest.mark.parametrize(
    "line",
    [
        "config view",
        "config current-context",
        "config get-contexts",
        "config get-clusters",
        "config set-context a --namespace=b",
        "config use-context a",
        "config set-cluster c --server=https://x",
        "config set current-context x",
        "config delete-context x",
    ],
)
def test_config_without_a_file_does_as_kubectl(tmp_path: Path, line: str) -> None:
    ours, theirs = _both(line, tmp_path, None)
    assert ours == theirs


def test_a_namespace_is_kept_in_a_fresh_home_where_kubectl_has_no_context(tmp_path: Path) -> None:
    """kubectl refuses: without a context it has no cluster. kctl works without one, so the
    namespace must have a place: the context "default" is made for it."""
    env = {"KCTL_HOME": str(tmp_path / "home"), "KCTL_LOCAL_HOST": "none"}
    kctl = [sys.executable, "-m", "kctl"]
    made = run(kctl, "config set-context --current --namespace=dev", env)
    assert made == Ran(0, 'Context "default" created.\n', "")
    assert run(kctl, "config current-context", env).out == "default\n"
    assert run(kctl, "get cm", env).err == "No resources found in dev namespace.\n"
    again = run(kctl, "config set-context --current --namespace=prod", env)
    assert again.out == 'Context "default" modified.\n'

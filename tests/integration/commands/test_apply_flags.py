"""apply's flags beyond create and patch, on a control plane without an engine's part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def kctl(home: Path, *words: str, stdin: Any = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kctl", *words],
        env={
            **os.environ,
            "KCTL_HOME": str(home),
            "KUBECONFIG": str(home / "none"),
            "KCTL_LOCAL_HOST": "none",
        },
        input=json.dumps(stdin) if stdin is not None else "",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def config_map(name: str, data: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"app": "x"}},
        "data": {"a": data},
        **more,
    }


def listing(*items: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


@pytest.mark.parametrize("which", [["-l", "app=x"], ["--all"]])
def test_prune_deletes_what_the_files_hold_no_more(tmp_path: Path, which: list[str]) -> None:
    kctl(tmp_path, "create", "configmap", "by-hand")
    kctl(tmp_path, "label", "configmap", "by-hand", "app=x")
    both = listing(config_map("one"), config_map("two"))
    assert kctl(tmp_path, "apply", "-f", "-", stdin=both).returncode == 0
    allow = ["--prune-allowlist=core/v1/ConfigMap"]
    line = ["apply", "-f", "-", "--prune", *which, *allow]
    tried = kctl(tmp_path, *line, "--dry-run=server", stdin=config_map("one"))
    assert tried.stdout.splitlines() == [
        "configmap/one unchanged (server dry run)",
        "configmap/two pruned (server dry run)",
    ], tried.stderr
    done = kctl(tmp_path, *line, stdin=config_map("one"))
    assert done.stdout.splitlines() == ["configmap/one unchanged", "configmap/two pruned"]
    left = kctl(tmp_path, "get", "cm", "-o", "name").stdout.split()
    assert "configmap/two" not in left
    assert {"configmap/one", "configmap/by-hand"} <= set(left)


def test_force_makes_anew_what_is_immutable(tmp_path: Path) -> None:
    first = config_map("fixed", immutable=True)
    assert kctl(tmp_path, "apply", "-f", "-", stdin=first).returncode == 0
    uid = kctl(tmp_path, "get", "cm", "fixed", "-o", "jsonpath={.metadata.uid}").stdout
    changed = config_map("fixed", "2", immutable=True)
    refused = kctl(tmp_path, "apply", "-f", "-", stdin=changed)
    assert refused.returncode == 1
    assert "field is immutable when `immutable` is set" in refused.stderr
    done = kctl(tmp_path, "apply", "-f", "-", "--force", stdin=changed)
    assert (done.returncode, done.stdout) == (0, "configmap/fixed configured\n"), done.stderr
    now = kctl(tmp_path, "get", "cm", "fixed", "-o", "jsonpath={.metadata.uid} {.data.a}").stdout
    assert now.split()[0] != uid
    assert now.split()[1] == "2"


def test_without_overwrite_a_change_of_somebody_else_stays(tmp_path: Path) -> None:
    kctl(tmp_path, "apply", "-f", "-", stdin=config_map("shared"))
    line = ["apply", "-f", "-", "--overwrite=false"]
    mine = kctl(tmp_path, *line, stdin=config_map("shared", "2"))
    assert mine.stdout == "configmap/shared configured\n", mine.stderr
    kctl(tmp_path, "patch", "cm", "shared", "-p", '{"data":{"a":"theirs"}}')
    refused = kctl(tmp_path, *line, stdin=config_map("shared", "3"))
    assert refused.returncode == 1
    assert ".data.a was changed since it was last applied" in refused.stderr
    assert kctl(tmp_path, "get", "cm", "shared", "-o", "jsonpath={.data.a}").stdout == "theirs"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--server-side", "--dry-run=client"], "--dry-run=client doesn't work with --server-side"),
        (["--server-side", "--force"], "--force cannot be used with --server-side"),
        (["--force-conflicts"], "--force-conflicts only works with --server-side"),
        (["--prune"], "all resources selected for prune without explicitly passing --all"),
        (["--all", "-l", "a=b"], "cannot set --all and --selector at the same time"),
        (["--prune", "--all", "--prune-allowlist=foo"], "invalid GroupVersionKind format: foo"),
        (["--cascade=sideways"], "invalid cascade value (sideways)"),
    ],
)
def test_what_cannot_be_honoured_is_refused(tmp_path: Path, flags: list[str], words: str) -> None:
    done = kctl(tmp_path, "apply", "-f", "-", *flags, stdin=config_map("x"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {words}"), done.stderr

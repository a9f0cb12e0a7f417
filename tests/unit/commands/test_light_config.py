"""Which database and namespace a command means."""

from __future__ import annotations

from pathlib import Path

import pytest

from kctl.commands.command import Command, UsageError
from kctl.commands.light_config import resolve
from kctl.commands.parse import Args, parse

CONFIG = """
apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: here, cluster: {server: "sqlite:////data/a/kctl.db"}}
- {name: far, cluster: {server: "https://example.com"}}
contexts:
- {name: one, context: {cluster: here, namespace: blue}}
- {name: two, context: {cluster: far}}
- {name: own, context: {namespace: green}}
"""


def args(*line: str) -> Args:
    return parse(Command(name="x", summary=""), list(line), "x")


def test_without_a_file_the_home_is_meant(tmp_path: Path) -> None:
    target = resolve(args(), str(tmp_path))
    assert (target.database, target.namespace) == (f"{tmp_path}/kctl.db", "")


def test_the_current_context_counts_and_is_remembered(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(CONFIG)
    for _ in range(2):
        target = resolve(args(), str(tmp_path))
        assert (target.database, target.namespace) == ("/data/a/kctl.db", "blue")
    assert (tmp_path / "config.cache").stat().st_mode & 0o777 == 0o600


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(CONFIG)
    resolve(args(), str(tmp_path))
    config.write_text(CONFIG.replace("namespace: blue", "namespace: red!"))
    assert resolve(args(), str(tmp_path)).namespace == "red!"


def test_another_context_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(CONFIG)
    target = resolve(args("--context=own"), str(tmp_path))
    assert (target.database, target.namespace) == (f"{tmp_path}/kctl.db", "green")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--context=nope", 'context "nope" does not exist'),
        ("--cluster=nope", 'cluster "nope" does not exist'),
        ("--context=two", "is not a kctl control plane"),
        ("--server=http://x", "is not a kctl control plane"),
        ("--kubeconfig=/nope", "stat /nope: no such file or directory"),
    ],
)
def test_what_does_not_exist_is_refused(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "config").write_text(CONFIG)
    with pytest.raises(UsageError, match=message):
        resolve(args(line), str(tmp_path))

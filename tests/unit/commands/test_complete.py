"""What the shell is offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from kctl.commands.complete import answer, candidates


@pytest.mark.parametrize(
    ("words", "start", "among"),
    [
        ([], "ge", "get"),
        (["create"], "", "deployment"),
        (["create", "secret"], "d", "docker-registry"),
        (["get"], "--show-l", "--show-labels"),
        (["create", "deployment", "x"], "--rep", "--replicas"),
        (["scale"], "--names", "--namespace"),
    ],
)
def test_verbs_and_flags_are_offered(words: list[str], start: str, among: str) -> None:
    found = candidates(words, start)
    assert among in found
    assert all(each.startswith(start) for each in found)


def test_nothing_is_offered_without_a_control_plane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KCTL_HOME", str(tmp_path))
    assert candidates(["get"], "po") == []
    assert not list(tmp_path.iterdir())


def test_bash_gets_one_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_WORDS", "kctl rec")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert answer("complete_bash") == 0
    assert capsys.readouterr().out == "reconcile\n"


def test_zsh_gets_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "kctl rec")
    assert answer("complete_zsh") == 0
    assert capsys.readouterr().out == "_arguments '*: :((\"reconcile\"))'\n"

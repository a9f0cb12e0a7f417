"""The private folder, its locks, and what it remembers of failures."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.runtime.ssh import backoff, lock
from kctl.runtime.ssh.backoff import LONGEST, LONGEST_CHEAP, Failures
from kctl.runtime.ssh.places import BadFolder, check, folder, places, prepare, resting, standing


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "kctl")
    prepare(path)
    assert Path(path).stat().st_mode & 0o777 == 0o700
    prepare(path)


def test_another_process_may_make_the_folder_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = os.mkdir

    def slower(path: str, mode: int) -> None:
        mkdir(path, mode)
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", slower)
    prepare(str(tmp_path / "kctl"))


def test_a_folder_that_others_could_have_filled_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "file").touch()
    (tmp_path / "open").mkdir(mode=0o700)
    (tmp_path / "open").chmod(0o750)
    for name, words in (("link", "not a folder"), ("file", "not a folder"), ("open", "to others")):
        with pytest.raises(BadFolder, match=words):
            prepare(str(tmp_path / name))
    check(str(real))


def test_a_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(str(tmp_path / "kctl"))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(BadFolder, match="belongs to somebody else"):
        check(str(tmp_path / "kctl"))


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7/")
    assert folder() == "/run/user/7/kctl"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for useless in ("", "relative", "/" + "a" * 100):
        monkeypatch.setenv("XDG_RUNTIME_DIR", useless)
        assert folder() == "/tmp/kctl-1000"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert folder() == "/run/kctl"


def test_each_host_and_configuration_has_sockets_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KCTL_SSH_CONFIG", raising=False)
    one, other = places("ssh://a"), places("ssh://b")
    monkeypatch.setenv("KCTL_SSH_CONFIG", "/c")
    again = places("ssh://a")
    assert len({one.control, other.control, again.control}) == 3
    assert len(one.control) + 18 < 108  # ssh binds a longer name first


def test_no_socket_stands_in_a_folder_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = tmp_path if len(str(tmp_path)) < 70 else Path("/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short / "none"))
    assert standing("ssh://a") == ""


def test_a_read_imports_little_to_find_a_socket() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from kctl.runtime.ssh.places import standing; standing('ssh://a')\n"
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"kctl", "hashlib", "_hashlib", "_blake2", "__future__"}


# --- failures ---


@given(st.lists(st.booleans(), max_size=40), st.floats(1e9, 2e9))
def test_waits_double_up_to_their_bound(cheap: list[bool], now: float) -> None:
    failures, before = Failures(), 0.0
    for each in cheap:
        failures = failures.and_one("x", now, cheap=each)
        wait = failures.wait(now)
        assert 0 < wait <= (LONGEST_CHEAP if each else LONGEST) + 1e-6
        assert each or wait >= min(before, LONGEST) - 1e-6
        before = wait
    assert failures.wait(now + LONGEST + 1) == 0
    assert failures.wait(now - 3600) == 0  # the clock was set back


def test_failures_are_remembered_and_forgotten(tmp_path: Path) -> None:
    path = str(tmp_path / "f.json")
    assert backoff.read(path) == Failures()
    known = Failures().and_one("no route", 1000.0, cheap=False)
    backoff.write(path, known)
    assert backoff.read(path) == known
    backoff.write(path, Failures())
    assert not Path(path).exists()
    backoff.write(path, Failures())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"count": "a"}', "\x00"])
def test_a_damaged_memory_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(text)
    assert backoff.read(str(path)) == Failures()


# --- locks ---


def test_a_lock_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    path = str(tmp_path / "l")
    order: list[str] = []

    def second() -> None:
        with lock.held(path, 10):
            order.append("second")

    with lock.held(path, 1):
        with pytest.raises(TimeoutError), lock.held(path, 0.05):
            order.append("never")
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "l"
    order: list[bool] = []

    def second() -> None:
        with lock.held(str(path), 10):
            order.append(path.exists())

    with lock.held(str(path), 1):
        thread = threading.Thread(target=second)
        thread.start()
        path.unlink()
    thread.join(10)
    assert order == [True]


def test_who_shares_is_not_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "u")
    assert lock.alone(path)
    first, second = lock.share(path), lock.share(path)
    assert not lock.alone(path)
    os.close(first)
    assert not lock.alone(path)
    os.close(second)
    assert lock.alone(path)


def test_a_host_rests_until_its_next_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        assert not resting("ssh://a", 1000.0)
        prepare(folder())
        assert not resting("ssh://a", 1000.0)
        at = places("ssh://a").failures
        backoff.write(at, Failures().and_one("no route", 1000.0, cheap=False))
        assert resting("ssh://a", 1000.5)
        assert not resting("ssh://b", 1000.5)
        assert not resting("ssh://a", 1002.0)
        assert not resting("ssh://a", 100.0)  # the clock was set back
        Path(at).write_text('{"until": []}')
        assert not resting("ssh://a", 1000.5)

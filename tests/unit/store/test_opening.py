"""Opening: what is made, and what is refused with words that help."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kctl.store.reader import Reader
from kctl.store.store import Store
from kctl.store.types import NewerSchema, NoDatabase, OlderSchema, StoreError

from .writing import POD, put

OPEN_AS = """
import json, os, sys
from kctl.store.{module} import {door}
from kctl.store.errors import StoreError
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    {door}.open(sys.argv[1])
except StoreError as error:
    print(json.dumps(str(error)))
"""
DOORS = {"store": "Store", "reader": "Reader"}


def refusal(module: str, path: Path) -> str:
    """What a person who is not root is told."""
    script = OPEN_AS.format(module=module, door=DOORS[module])
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    return str(json.loads(done.stdout))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def reachable(tmp_path: Path) -> Path:
    """A folder that other users can walk to."""
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


def test_only_the_owner_can_read_what_is_made(path: Path) -> None:
    before = os.umask(0)
    try:
        with Store.open(path) as store:
            put(store, POD)
            made = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert mode(path.parent) == 0o700
    assert {"kctl.db", "kctl.db-wal", "kctl.db-shm"} <= set(made)
    assert set(made.values()) == {0o600}


def test_a_database_is_durable_and_checked(store: Store) -> None:
    def pragma(name: str) -> object:
        return store._session.connection.execute(f"PRAGMA {name}", {}).fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_path_and_a_url_name_the_same(path: Path, form: str) -> None:
    with Store.open(path) as store:
        put(store, POD)
    with Store.open(form.format(path), create=False) as store:
        assert store.get(POD) is not None


def test_a_database_that_is_not_there_is_not_made_unasked(path: Path) -> None:
    for door in (lambda: Store.open(path, create=False), lambda: Reader.open(path)):
        with pytest.raises(NoDatabase, match="there is no database at"):
            door()
    assert not path.parent.exists()


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///"])
def test_a_url_of_another_database_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        Store.open(url)


@pytest.mark.parametrize("door", [Store.open, Reader.open])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, door: object) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Dear diary, " * 100)
    with pytest.raises(StoreError, match=r'notes.txt" is not a kctl database: file is not a'):
        door(file)  # type: ignore[operator]
    assert file.read_text().startswith("Dear diary")
    assert [found.name for found in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("door", [Store.open, Reader.open])
def test_somebody_elses_database_is_left_alone(tmp_path: Path, door: object) -> None:
    file = tmp_path / "bookmarks.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()
    with pytest.raises(StoreError, match="is not a kctl database: no schema version"):
        door(file)  # type: ignore[operator]
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


@pytest.mark.parametrize("door", [Store.open, Reader.open])
def test_a_newer_database_is_refused_by_both_versions(path: Path, door: object) -> None:
    with Store.open(path) as store:
        store.meta_put("schema", "7")
    with pytest.raises(
        NewerSchema, match="schema version 7, but this kctl knows only versions up to 2"
    ):
        door(path)  # type: ignore[operator]


def test_the_light_door_leaves_migrating_to_the_other(path: Path) -> None:
    with Store.open(path) as store:
        store.meta_put("schema", "0")
    with pytest.raises(OlderSchema, match="schema version 0, older than 2"):
        Reader.open(path)


@pytest.mark.parametrize("door", [Store.open, Reader.open])
def test_a_folder_is_no_database(tmp_path: Path, door: object) -> None:
    with pytest.raises(StoreError, match=r"cannot open the database .*: is a directory"):
        door(tmp_path)  # type: ignore[operator]


@pytest.mark.parametrize("module", DOORS)
def test_an_unreadable_file_says_permission_denied(reachable: Path, module: str) -> None:
    path = reachable / "kctl.db"
    with Store.open(path):
        pass
    path.chmod(0)
    assert refusal(module, path) == f'cannot open the database "{path}": permission denied'


def test_a_folder_that_may_not_be_written_says_so(reachable: Path) -> None:
    folder = reachable / "home"
    folder.mkdir(mode=0o755)
    folder.chmod(0o555)
    path = folder / "kctl.db"
    assert refusal("store", path) == f'cannot open the database "{path}": permission denied'


def test_a_path_through_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="not a directory"):
        Store.open(tmp_path / "file" / "kctl.db")


@pytest.mark.parametrize("door", [Store.open, Reader.open])
def test_a_damaged_database_says_so(path: Path, door: object) -> None:
    with Store.open(path) as store:
        put(store, POD, b"x" * 100_000)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    refused = pytest.raises(StoreError, match=r"is damaged|is not a kctl database")
    with refused, door(path) as opened:  # type: ignore[operator]
        opened.revision()
        opened.list("pods")


def test_names_with_marks_of_a_uri_are_files(tmp_path: Path) -> None:
    path = tmp_path / "what?100%#1.db"
    with Store.open(path) as store:
        put(store, POD)
    with Reader.open(path) as reader:
        assert reader.revision() == 1
    assert {file.name.split(".db")[0] for file in tmp_path.iterdir()} == {"what?100%#1"}

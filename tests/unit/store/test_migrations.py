"""Migrations: each in its transaction, stopping at the first that fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from kctl.store import schema
from kctl.store.migrations import STEPS, m0001_first, migrate, schema_version
from kctl.store.session import Session
from kctl.store.sqlite import SqliteFile
from kctl.store.store import Store
from kctl.store.types import NewerSchema
from kctl.store.version import SCHEMA_VERSION


def definitions(session: Session) -> list[tuple[str, ...]]:
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    return session.rows(text(query))


@pytest.fixture
def session(path: Path) -> Session:
    backing = SqliteFile(str(path))
    return Session(backing, backing.connect(create=True))


def test_the_steps_are_numbered_without_gaps_up_to_the_version() -> None:
    assert list(STEPS) == list(range(1, SCHEMA_VERSION + 1))


def test_migrating_ends_at_the_schema_that_the_code_uses(session: Session, path: Path) -> None:
    migrate(session)
    backing = SqliteFile(str(path.parent / "straight.db"))
    straight = Session(backing, backing.connect(create=True))
    m0001_first.create_all(straight, schema.metadata)
    assert definitions(session) == definitions(straight)
    session.close()
    straight.close()


def test_migrating_again_changes_nothing(session: Session) -> None:
    migrate(session)
    before = definitions(session)
    migrate(session)
    assert definitions(session) == before
    session.close()


def test_a_step_that_fails_leaves_the_version_before_it(session: Session) -> None:
    def half(failing: Session) -> None:
        failing.run(text("CREATE TABLE extra (id INTEGER)"))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        migrate(session, {**STEPS, SCHEMA_VERSION + 1: half})
    assert schema_version(session) == SCHEMA_VERSION
    assert "extra" not in {name for _, name, *_ in definitions(session)}

    def whole(working: Session) -> None:
        working.run(text("CREATE TABLE extra (id INTEGER)"))

    migrate(session, {**STEPS, SCHEMA_VERSION + 1: whole})
    assert schema_version(session) == SCHEMA_VERSION + 1
    with pytest.raises(NewerSchema):
        migrate(session)
    session.close()


def test_several_that_open_a_new_database_at_once_all_can(path: Path) -> None:
    def version(_: int) -> str | None:
        with Store.open(path) as store:
            return store.meta_get("schema")

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(version, range(6))) == {str(SCHEMA_VERSION)}

"""The tables, as this version of kctl reads and writes them.

`revisions` is the log and the truth; `current`, `refs` and `claims` are its newest
state, kept in the same transaction. How a database gets here: `kctl.store.migrations`.

A commit writes every page that it touches to the disk, so the tables are cut to touch
few: a value is stored once, in the log, where `current` points; `current` is sorted by
its key (a table of cells reads it alone) and lists its own references and claims as JSON,
which spares each of those an index. A create with two references and a claim writes 6.5
pages so; with a copy of the value and an index a relation it wrote 10.7.

The log never loses its newest row (`kctl.store.log.compact`), so the next id is always
greater than every id before it; SQLite's AUTOINCREMENT would keep the same promise at
the cost of one more page.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

Word = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text in the order of its bytes on every database, as keys are sorted."""

Blob = LargeBinary()
Revision = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows only in a column whose type is exactly INTEGER."""

metadata = MetaData()


def _key_columns() -> list[Column[str]]:
    return [Column(name, Word, nullable=False) for name in ("resource", "namespace", "name")]


revisions = Table(
    "revisions",
    metadata,
    Column("id", Revision, primary_key=True, autoincrement=True),
    *_key_columns(),
    Column("prev", Revision, nullable=False),
    Column("uid", Text, nullable=False),
    Column("value", Blob),
    Column("at", Float, nullable=False),
    UniqueConstraint("resource", "namespace", "name", "prev"),
)

current = Table(
    "current",
    metadata,
    Column("resource", Word, primary_key=True),
    Column("namespace", Word, primary_key=True),
    Column("name", Word, primary_key=True),
    Column("revision", Revision, nullable=False),
    Column("uid", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("cells", Text, nullable=False),
    Column("refs", Text, nullable=False),
    Column("claims", Text, nullable=False),
    sqlite_with_rowid=False,
)

refs = Table(
    "refs",
    metadata,
    Column("ref", Word, primary_key=True),
    Column("resource", Word, primary_key=True),
    Column("namespace", Word, primary_key=True),
    Column("name", Word, primary_key=True),
    sqlite_with_rowid=False,
)

claims = Table(
    "claims",
    metadata,
    Column("claim", Word, primary_key=True),
    *_key_columns(),
    sqlite_with_rowid=False,
)

memory = Table(
    "memory",
    metadata,
    Column("key", Word, primary_key=True),
    Column("value", Text, nullable=False),
    Column("due", Float),
)
Index("memory_by_due", memory.c.due)

meta = Table(
    "meta",
    metadata,
    Column("key", Word, primary_key=True),
    Column("value", Text, nullable=False),
)

authors = Table(
    "authors",
    metadata,
    Column("revision", Revision, primary_key=True),
    Column("author", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Word, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires", Float, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

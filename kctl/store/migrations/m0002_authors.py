"""Who wrote a revision."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from kctl.store.migrations.m0001_first import create_all
from kctl.store.session import Session

metadata = MetaData()

authors = Table(
    "authors",
    metadata,
    Column("revision", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("author", Text, nullable=False),
)


def migrate(session: Session) -> None:
    create_all(session, metadata)

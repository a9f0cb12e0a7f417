"""What a path or a URL names."""

from __future__ import annotations

import os
from pathlib import Path

from kctl.store.errors import StoreError
from kctl.store.session import Backing
from kctl.store.sqlite import SqliteFile


def backing_for(url_or_path: str | Path) -> Backing:
    """A path, `sqlite:///relative`, `sqlite:////absolute`. Raises StoreError for a URL of
    a database that kctl does not run on."""
    text = os.fspath(url_or_path)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return SqliteFile(os.path.abspath(text))  # noqa: PTH100
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteFile(os.path.abspath(rest[1:]))  # noqa: PTH100
    raise StoreError(f'kctl cannot keep its state in a "{scheme}" database')

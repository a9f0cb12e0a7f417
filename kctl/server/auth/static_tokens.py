"""Bearer tokens from a file: --token-auth-file, in the format of Kubernetes.

One line a token: token, user name, user uid, and as a fourth column the groups, quoted where
they are several: `abc,jane,7,"dev,ops"`. The file is read once, when the server starts.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from kctl.api.user import User

Digest = bytes


def load(path: Path, warn: Callable[[str], None] = lambda message: None) -> Mapping[Digest, User]:
    """Users by the digest of their tokens, so that no token stays in memory and looking one up
    takes as long whatever it shares with a real one. Raises ValueError, OSError."""
    users: dict[Digest, User] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"token file '{path}' is not UTF-8 text") from None
    for line, record in enumerate(csv.reader(io.StringIO(text), skipinitialspace=True), 1):
        if not record:
            continue
        if len(record) < 3:
            raise ValueError(
                f"token file '{path}' must have at least 3 columns (token, user name, user uid), "
                f"found {len(record)}"
            )
        token, name, uid, *rest = record
        if not token:
            warn(f"empty token has been found in token file '{path}', record number '{line}'")
            continue
        groups = tuple(rest[0].split(",")) if rest and rest[0] else ()
        if digest(token) in users:
            warn(f"duplicate token has been found in token file '{path}', record number '{line}'")
        users[digest(token)] = User(name, groups, uid)
    return users


def digest(token: str) -> Digest:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

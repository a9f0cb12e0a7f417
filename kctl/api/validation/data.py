"""Rules that config maps and secrets share: names of keys and the size of their data."""

from __future__ import annotations

import re

MAX_BYTES = 1024 * 1024
"""MaxSecretSize: of all values together, decoded."""

IMMUTABLE_WHEN_SET = "field is immutable when `immutable` is set"

_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
    "'[-._a-zA-Z0-9]+')"
)


def data_key(name: str) -> list[str]:
    """What is wrong with the name of a key (IsConfigMapKey)."""
    texts = []
    if len(name) > 253:
        texts.append("must be no more than 253 characters")
    if not _KEY.fullmatch(name):
        texts.append(_KEY_TEXT)
    if name == ".":
        texts.append("must not be '.'")
    elif name == "..":
        texts.append("must not be '..'")
    elif name.startswith(".."):
        texts.append("must not start with '..'")
    return texts


def decoded_size(encoded: str) -> int:
    """Bytes of a base64 text, without decoding it."""
    return len(encoded) * 3 // 4 - encoded.count("=", -2)

"""Generated parts of names, as Kubernetes writes them."""

from __future__ import annotations

import hashlib

SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' alphabet for generated names: no vowels, nothing that reads as another."""


def safe_suffix(length: int, *parts: object) -> str:
    """`length` characters of the safe alphabet that follow from `parts` alone, so that a
    replayed compute gives the same names."""
    return safe_hash(length, "\0".join(map(str, parts)).encode())


def safe_hash(length: int, data: bytes) -> str:
    """`length` characters of the safe alphabet that follow from `data`."""
    number = int.from_bytes(hashlib.sha256(data).digest(), "big")
    characters = []
    for _ in range(length):
        number, index = divmod(number, len(SAFE_ALPHABET))
        characters.append(SAFE_ALPHABET[index])
    return "".join(characters)

"""File paths inside specs."""

from __future__ import annotations


def no_backsteps(value: str) -> list[str]:
    """What is wrong with a path that must not lead upwards."""
    return ["must not contain '..'"] if ".." in value.split("/") else []


def descending(value: str) -> list[str]:
    """What is wrong with a relative path that must stay below where it starts."""
    texts = ["must be a relative path"] if value.startswith("/") else []
    return texts + no_backsteps(value)


def not_reserved(value: str) -> list[str]:
    """Like `descending`; names that begin with ".." are kept for atomic writers."""
    texts = descending(value)
    if value.startswith("..") and not value.startswith("../"):
        texts.append("must not start with '..'")
    return texts

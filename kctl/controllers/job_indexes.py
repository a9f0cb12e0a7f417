"""The completion indexes of a job as its status lists them: "0-2,5"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kctl.controllers.types import Object

INDEX = "batch.kubernetes.io/job-completion-index"


def index_of(pod: Object) -> int | None:
    """The completion index of a pod, None where it has none that can be read."""
    text = (pod["metadata"].get("annotations") or {}).get(INDEX, "")
    return int(text) if text.isascii() and text.isdigit() else None


def parse(text: str, completions: int) -> set[int]:
    """The indexes below `completions` that a status lists; what cannot be read is none."""
    found: set[int] = set()
    for part in text.split(",") if text else ():
        first, dash, last = part.partition("-")
        if first.isdigit() and (last.isdigit() if dash else True):
            end = int(last) if dash else int(first)
            found.update(range(int(first), min(end, completions - 1) + 1))
    return found


def show(indexes: Iterable[int]) -> str:
    """Ascending, runs of three and more as a range, as in Kubernetes."""
    return ",".join(_parts(sorted(indexes)))


def _parts(ordered: list[int]) -> Iterator[str]:
    at = 0
    while at < len(ordered):
        end = at
        while end + 1 < len(ordered) and ordered[end + 1] == ordered[end] + 1:
            end += 1
        if end - at == 1:
            yield f"{ordered[at]},{ordered[end]}"
        else:
            yield str(ordered[at]) if end == at else f"{ordered[at]}-{ordered[end]}"
        at = end + 1


def next_free(taken: set[int], completions: int, count: int) -> list[int]:
    """The first `count` indexes below `completions` that are not taken."""
    free: list[int] = []
    for index in range(completions):
        if len(free) == count:
            break
        if index not in taken:
            free.append(index)
    return free

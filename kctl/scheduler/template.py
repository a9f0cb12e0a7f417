"""What a scheduler knows about the nodes on behalf of all pods of one template."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from kctl.scheduler.explain import histogram, message
from kctl.scheduler.pins import sentence
from kctl.scheduler.types import Decision, Filter, NodeInfo, Object, Score


class Template:
    """Feasible nodes in a heap by score; nodes are re-examined as pods are placed.

    `placed` is the log of all placements of a run (indexes of nodes); each template reads
    on from where it last stopped."""

    def __init__(
        self,
        pod: Object,
        infos: Sequence[NodeInfo],
        filters: Sequence[Filter],
        scores: Sequence[Score],
        position: int,
    ) -> None:
        self._pod, self._infos, self._filters = pod, infos, filters
        self._position = position
        self._local = [each for each in scores if _scope(each) == "node"]
        self._fixed = [each for each in scores if _scope(each) == "fixed"]
        self._wide = [each for each in scores if _scope(each) == "all" and _concerns(each, pod)]
        self._asked: list[Filter] = []
        self._global = self._prepare() or bool(self._wide)
        self._base: dict[str, float] = {}
        self._refused: dict[int, tuple[tuple[str, ...], bool]] = {}
        self._version = [0] * len(infos)
        self._heap: list[tuple[float, int, int]] = []
        self._failure: Decision | None = None
        feasible = [index for index in range(len(infos)) if self._passes(index)]
        self._base = self._sum(self._fixed, [infos[index] for index in feasible])
        self._rank(feasible)

    def decide(self, pod: Object, placed: Sequence[int]) -> tuple[int | None, Decision]:
        """(index of the node, decision) for the next pod of this template."""
        self._catch_up(placed)
        while self._heap:
            negative, index, version = self._heap[0]
            if version == self._version[index]:
                name = self._infos[index].name
                return index, Decision(name, scores={name: -negative})
            heapq.heappop(self._heap)
        if self._failure is None:
            self._failure = self._explain()
        return None, self._failure

    # --- what placements change ---

    def _catch_up(self, placed: Sequence[int]) -> None:
        changed = sorted(set(placed[self._position :]))
        self._position = len(placed)
        if not changed:
            return
        self._failure = None
        if self._global:
            self._prepare()
            changed = list(range(len(self._infos)))
            self._heap.clear()
        for index in changed:
            self._version[index] += 1
        self._rank([index for index in changed if self._passes(index)])

    def _prepare(self) -> bool:
        """Choose the filters to ask; True if one of them looks at all nodes."""
        self._asked, wide = [], False
        for each in self._filters:
            prepare = getattr(each, "prepare", None)
            if prepare is None:
                self._asked.append(each)
                continue
            prepared = prepare(self._pod, self._infos)
            if prepared is not None:
                self._asked.append(prepared)
                wide = True
        return wide

    # --- nodes ---

    def _passes(self, index: int) -> bool:
        info = self._infos[index]
        for each in self._asked:
            reasons = each.check(self._pod, info)
            if reasons:
                helps = getattr(each, "eviction_helps", None)
                helpable = True if helps is None else bool(helps(self._pod, info))
                self._refused[index] = (reasons, helpable)
                return False
        self._refused.pop(index, None)
        return True

    def _rank(self, indexes: Iterable[int]) -> None:
        indexes = list(indexes)
        infos = [self._infos[index] for index in indexes]
        totals = self._sum([*self._local, *self._wide], infos)
        for index, info in zip(indexes, infos, strict=True):
            total = totals.get(info.name, 0.0) + self._base.get(info.name, 0.0)
            heapq.heappush(self._heap, (-total, index, self._version[index]))

    def _sum(self, scores: Sequence[Score], infos: Sequence[NodeInfo]) -> dict[str, float]:
        totals: dict[str, float] = {}
        for each in scores:
            for name, value in each.score(self._pod, infos).items():
                totals[name] = totals.get(name, 0.0) + each.weight * value
        return totals

    def _explain(self) -> Decision:
        reasons = histogram(reasons for reasons, _ in self._refused.values())
        helpable = sum(helps for _, helps in self._refused.values())
        words = message(self._pod, len(self._infos), reasons, helpable)
        lost = sentence(self._pod, self._infos)
        return Decision(None, f"{words} {lost}" if lost else words, reasons)


def _scope(score: Score) -> str:
    return str(getattr(score, "scope", "all"))


def _concerns(score: Score, pod: Object) -> bool:
    concerns = getattr(score, "concerns", None)
    return True if concerns is None else bool(concerns(pod))

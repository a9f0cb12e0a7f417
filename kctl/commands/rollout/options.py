"""Flags that the rollout verbs share."""

from __future__ import annotations

from kctl.commands.command import Option
from kctl.commands.options import field_manager, filename, output, selector


def targets(what: str) -> tuple[Option, ...]:
    return (*filename(f"identifying the resource to {what}"), selector())


def changing(what: str) -> tuple[Option, ...]:
    return (field_manager("kubectl-rollout"), *targets(what), *output())

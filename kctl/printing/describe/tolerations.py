"""Taints and tolerations, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.printing.describe.writer import Writer

Object = dict[str, Any]


def toleration_lines(out: Writer, tolerations: Sequence[Object] | None, level: int = 0) -> None:
    """ "Tolerations:", in the order of their keys."""
    if not tolerations:
        out.line(level, "Tolerations:\t<none>")
        return
    ordered = sorted(tolerations, key=lambda each: each.get("key", ""))
    for at, each in enumerate(ordered):
        out.line(level, f"{'Tolerations:' if at == 0 else ''}\t{_toleration(each)}")


def _toleration(each: Object) -> str:
    text = str(each.get("key", ""))
    if each.get("value"):
        text += f"={each['value']}"
    if each.get("effect"):
        text += f":{each['effect']}"
    operator = each.get("operator", "")
    if operator == "Exists" and not each.get("value"):
        text += " op=Exists" if text else "op=Exists"
    if each.get("tolerationSeconds") is not None:
        text += f" for {each['tolerationSeconds']}s"
    return text


def taint_lines(out: Writer, taints: Sequence[Object] | None) -> None:
    """ "Taints:", NoSchedule and its siblings sorted as kubectl sorts them."""
    if not taints:
        out.line(0, "Taints:\t<none>")
        return
    ordered = sorted(taints, key=lambda each: (each["effect"], each["key"]))
    for at, each in enumerate(ordered):
        value = f"={each['value']}" if each.get("value") else ""
        out.line(0, f"{'Taints:' if at == 0 else ''}\t{each['key']}{value}:{each['effect']}")

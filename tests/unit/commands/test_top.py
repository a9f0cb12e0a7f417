"""The tables of `kctl top`, as kubectl 1.37 lays the same amounts out."""

from __future__ import annotations

import io
from typing import Any, cast

from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.commands.top import node, pod
from kctl.commands.top.shared import Amount, total, write

MI = 2**20
USED = {
    ("default", "burn"): {"c": Amount(0.1001, MI // 3)},
    ("default", "two"): {"b": Amount(0.0, MI // 5), "a": Amount(0.2, 2 * MI)},
    ("apps", "web"): {"c": Amount(0.15, 5 * MI)},
}
FLAGS = {
    "all-namespaces": False,
    "containers": False,
    "no-headers": False,
    "show-swap": False,
    "sort-by": "",
    "sum": False,
    "show-capacity": False,
}


def table(used: Any, **flags: Any) -> str:
    args = {**FLAGS, **{name.replace("_", "-"): value for name, value in flags.items()}}
    return laid_out(pod._table(cast(Args, args), used))


def laid_out(rows: list[tuple[str, ...]]) -> str:
    class Shown:
        def __init__(self) -> None:
            self.out = io.StringIO()

        def say(self, text: str) -> None:
            self.out.write(text + "\n")

    shown = Shown()
    write(cast(Context, shown), rows)
    return shown.out.getvalue()


def test_pods() -> None:
    mine = {where: used for where, used in USED.items() if where[0] == "default"}
    assert table(mine) == (
        "NAME   CPU(cores)   MEMORY(bytes)   \n"
        "burn   101m         0Mi             \n"
        "two    200m         2Mi             \n"
    )
    assert table(mine, no_headers=True, sum=True) == (
        "burn   101m       0Mi        \n"
        "two    200m       2Mi        \n"
        "       ________   ________   \n"
        "       301m       2Mi        \n"
    )


def test_containers_of_all_namespaces_by_their_use() -> None:
    shown = table(USED, all_namespaces=True, containers=True, sort_by="cpu", sum=True)
    assert shown == (
        "NAMESPACE   POD    NAME   CPU(cores)   MEMORY(bytes)   \n"
        "default     two    a      200m         2Mi             \n"
        "default     two    b      0m           0Mi             \n"
        "apps        web    c      150m         5Mi             \n"
        "default     burn   c      101m         0Mi             \n"
        "                          ________     ________        \n"
        "                          451m         7Mi             \n"
    )


def test_namespaces_are_sorted_where_nothing_else_is_asked_for() -> None:
    names = [line.split()[:2] for line in table(USED, all_namespaces=True).splitlines()[1:]]
    assert names == [["apps", "web"], ["default", "burn"], ["default", "two"]]


def test_by_memory() -> None:
    names = [line.split()[0] for line in table(USED, sort_by="memory").splitlines()[1:]]
    assert names == ["web", "two", "burn"]


def test_shares_of_a_node() -> None:
    there = {
        "status": {"allocatable": {"cpu": "1900m", "memory": "1000Mi"}, "capacity": {"cpu": "2"}}
    }
    used = Amount(1.0, 250 * MI)
    args = cast(Args, FLAGS)
    assert node._row("n", used, there, args) == ("n", "1000m", "52%", "250Mi", "25%")
    whole = cast(Args, {**FLAGS, "show-capacity": True})
    assert node._row("n", used, there, whole) == ("n", "1000m", "50%", "250Mi", "<unknown>")


def test_a_part_of_a_thousandth_counts_whole() -> None:
    assert total([Amount(0.0001, 1), Amount(0.0, 2)]).cells() == ("1m", "0Mi")

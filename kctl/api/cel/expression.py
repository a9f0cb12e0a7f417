"""Expressions: parsed and checked by the CEL library, evaluated within a budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from kctl.api.cel.declarations import EXTENSIONS, declarations
from kctl.api.cel.evaluate import program
from kctl.api.cel.values import Budget
from kctl.api.cel.wire import (
    Call,
    Comprehension,
    Constant,
    Ident,
    ListNode,
    MapNode,
    Node,
    Select,
    checked,
)

PER_CALL = 1_000_000
"""The work that one expression may do (Kubernetes' PerCallLimit)."""
LONGEST = 16_384
"""Characters of an expression. The checker holds the process while it works, for some 20 us a
character at worst."""
PER_OBJECT = 10_000_000
"""The work that all expressions about one object may do (RuntimeCELCostBudget)."""

_NOISE = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")

_UNKNOWN = re.compile(
    r"ERROR: <input>:(\d+):(\d+): undeclared reference to '(\w+)\.([\w.]+)' "
    r"\(in container ''\)(\n \| [^\n]*\n \| )(\.*)\^"
)

Types = tuple[tuple[str, str], ...]
"""(variable, type): "dyn", "int", "list(string)", "map(string)"."""


class CompileError(Exception):
    """No valid expression; the text is the checker's, with its place."""


class Expression:
    """A checked expression. `result` is its type in lower case: "bool", "string", "dyn"."""

    def __init__(self, text: str, node: Node, result: str) -> None:
        self.text, self.node, self.result = text, node, result
        self._run: Callable[[Mapping[str, Any], Budget], Any] | None = None

    def evaluate(self, variables: Mapping[str, Any], budget: Budget) -> Any:
        """Raises CelError, and CostExceeded where the budget does not suffice."""
        if self._run is None:
            self._run = program(self.node)
        return self._run(variables, budget)

    def reads(self, variable: str) -> bool:
        """Whether the expression names a variable."""
        return any(isinstance(each, Ident) and each.name == variable for each in walk(self.node))


@lru_cache(maxsize=2048)
def compile(text: str, types: Types) -> Expression:
    """Raises CompileError."""
    if len(text) > LONGEST:
        why = f"expression size exceeds limit. input size: {len(text)}, limit: {LONGEST}"
        raise CompileError(f"ERROR: <input>:-1:-1: {why}")
    try:
        found = _environment(types).compile(text)
        node = checked(found.serialize())
    except RuntimeError as error:
        raise CompileError(_message(str(error))) from None
    except (RecursionError, ValueError, UnicodeError) as error:
        raise CompileError(f"ERROR: {error}") from None
    return Expression(text, node, found.return_type().name().lower())


def check(text: str, types: Types) -> str:
    """Its type, where it is valid. Raises CompileError."""
    try:
        found = _environment(types).compile(text)
    except RuntimeError as error:
        raise CompileError(_message(str(error))) from None
    return str(found.return_type().name().lower())


def _message(text: str) -> str:
    """In cel-go's words: a name with dots that is unknown begins with what is unknown."""
    plain = _NOISE.sub("", text)
    found = _UNKNOWN.fullmatch(plain)
    if found is None:
        return plain
    line, column, name, rest, source, dots = found.groups()
    if name == "variables":
        field = rest.partition(".")[0]
        return f"ERROR: <input>:{line}:{column}: undefined field '{field}'{source}{dots}^"
    back = len(name) + rest.count(".") + len(rest.rpartition(".")[0])
    column, dots = str(int(column) - back), dots[: len(dots) - back]
    text = f"undeclared reference to '{name}' (in container '')"
    return f"ERROR: <input>:{line}:{column}: {text}{source}{dots}^"


@lru_cache(maxsize=64)
def _environment(types: Types) -> Any:
    from cel_expr_python import cel  # type: ignore[import-untyped]

    variables = {name: _type(cel, kind) for name, kind in types}
    config = cel.NewEnvConfigFromYaml(EXTENSIONS)
    own = cel.CelExtension("kubernetes", declarations(cel))
    return cel.NewEnv(config=config, variables=variables, extensions=[own])


def _type(cel: Any, kind: str) -> Any:
    for head, make in (
        ("list(", cel.Type.List),
        ("map(", lambda inner: cel.Type.Map(cel.Type.STRING, inner)),
    ):
        if kind.startswith(head):
            return make(_type(cel, kind[len(head) : -1]))
    return cel.Type.AbstractType(kind) if "." in kind else getattr(cel.Type, kind.upper())


def walk(node: Node) -> list[Node]:
    """Every node of an expression, the whole first."""
    found, queue = [], [node]
    while queue:
        each = queue.pop()
        found.append(each)
        queue += children(each)
    return found


def dotted(node: Node) -> str:
    """ "self.spec.name" of a chain of selections, "" of anything else."""
    if isinstance(node, Ident):
        return node.name
    if isinstance(node, Select):
        inner = dotted(node.operand)
        return f"{inner}.{node.field}" if inner else ""
    return ""


def children(node: Node) -> list[Node]:
    if isinstance(node, Constant | Ident):
        return []
    if isinstance(node, Select):
        return [node.operand]
    if isinstance(node, Call):
        return [*([node.target] if node.target is not None else []), *node.args]
    if isinstance(node, ListNode):
        return list(node.elements)
    if isinstance(node, MapNode):
        return [each for key, value, _ in node.entries for each in (key, value)]
    assert isinstance(node, Comprehension)
    return [
        node.iter_range, node.accu_init, node.condition, node.step, node.result,
    ]  # fmt: skip

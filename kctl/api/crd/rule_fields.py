"""Fields that a rule reads and the schema does not have.

The checker knows objects as dynamic values; this walk follows a rule's selections through
the schema, into list items and map values, and words a mistake as the checker would.
"""

from __future__ import annotations

from collections.abc import Mapping

from kctl.api.cel.expression import children
from kctl.api.cel.wire import Call, Comprehension, Constant, Ident, Node, Select
from kctl.api.crd.columns import PathError, parse_path
from kctl.api.crd.rule_values import escape
from kctl.api.crd.structure import Structure

_META = Structure(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}},
    }
)
_STRING = Structure({"type": "string"})
Scope = Mapping[str, Structure | None]


def undefined_field(node: Node, structure: Structure, text: str, *, root: bool) -> str:
    """The checker's message about the first unknown field, "" where there is none."""
    walk = _Walk(structure if root else None)
    walk.visit(node, {"self": structure, "oldSelf": structure})
    return _message(text, walk.missing) if walk.missing else ""


def leads_to_field(structure: Structure, path: str) -> bool:
    """Whether a fieldPath (".a.b", ".a['x']") names a field of the schema; lists have none."""
    try:
        steps = parse_path(path)
    except PathError:
        return False
    inside: Structure | None = structure
    for kind, name in steps:
        inside = inside.field(name) if inside is not None and kind == "field" else None
        if inside is None:
            return False
    return True


def _message(text: str, field: str) -> str:
    """With its place: that of the dot before the field."""
    at = max(text.find(f".{field}"), 0)
    line = text[:at].count("\n") + 1
    begin = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    shown = text[begin : end if end >= 0 else len(text)]
    column = at - begin
    return (
        f"ERROR: <input>:{line}:{column + 1}: undefined field '{field}'\n"
        f" | {shown}\n | {'.' * column}^"
    )


class _Walk:
    def __init__(self, root: Structure | None) -> None:
        self._root = root
        self.missing = ""

    def visit(self, node: Node, scope: Scope) -> Structure | None:
        """The schema of what an expression yields, None where nothing is known of it."""
        if isinstance(node, Ident):
            return scope.get(node.name)
        if isinstance(node, Select):
            return self._field(self.visit(node.operand, scope), node.field)
        if isinstance(node, Comprehension):
            return self._comprehension(node, scope)
        if isinstance(node, Call) and node.function in ("_[_]", "_[?_]"):
            return self._element(node, scope)
        if isinstance(node, Call) and node.function == "_?._":
            inner = self.visit(node.args[0], scope)
            field = node.args[1]
            known = isinstance(field, Constant) and isinstance(field.value, str)
            return self._field(inner, field.value) if known else None  # type: ignore[union-attr]
        for each in children(node):
            self.visit(each, scope)
        return None

    def _field(self, inside: Structure | None, word: str) -> Structure | None:
        if inside is None or inside.nullable:
            return None
        if inside.additional is not None:
            return inside.additional
        if inside is self._root or inside.embedded:
            if word in ("apiVersion", "kind"):
                return _STRING
            if word == "metadata":
                return _META
        for name, below in inside.properties.items():
            if escape(name) == word:
                return below
        free = inside.open and not inside.properties
        if inside.type != "object" or free:
            return None
        self.missing = self.missing or word
        return None

    def _element(self, node: Call, scope: Scope) -> Structure | None:
        inside = self.visit(node.args[0], scope)
        self.visit(node.args[1], scope)
        if inside is None:
            return None
        return inside.items if inside.type == "array" else inside.additional

    def _comprehension(self, node: Comprehension, scope: Scope) -> Structure | None:
        over = self.visit(node.iter_range, scope)
        bound: dict[str, Structure | None] = {**scope, node.accu_var: None}
        items = over.items if over is not None and over.type == "array" else None
        if node.iter_var2:
            values = items or (over.additional if over is not None else None)
            bound |= {node.iter_var: None, node.iter_var2: values}
        else:
            bound[node.iter_var] = items
        self.visit(node.accu_init, scope)
        for part in (node.condition, node.step, node.result):
            self.visit(part, bound)
        return None

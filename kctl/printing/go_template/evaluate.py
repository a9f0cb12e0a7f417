"""A parsed Go template over decoded JSON."""

from __future__ import annotations

from typing import Any

from kctl.printing.go_template.functions import FUNCTIONS, truth
from kctl.printing.go_template.lex import TemplateError
from kctl.printing.go_template.parse import Node
from kctl.printing.go_values import go_text, go_type

Scope = list[dict[str, Any]]
"""Variables, the innermost block last."""


def evaluate(nodes: list[Node], obj: Any, allow_missing: bool) -> str:
    """The text. Raises TemplateError."""
    parts: list[str] = []
    _Run(parts, allow_missing).block(nodes, obj, [{"$": obj}])
    return "".join(parts)


class _Run:
    def __init__(self, parts: list[str], allow_missing: bool) -> None:
        self.parts, self.allow_missing = parts, allow_missing

    def block(self, nodes: list[Node], dot: Any, scope: Scope) -> None:
        for node in nodes:
            self._node(node, dot, scope)

    def _node(self, node: Node, dot: Any, scope: Scope) -> None:
        if node[0] == "text":
            self.parts.append(node[1])
        elif node[0] == "pipe":
            value = self._pipe(node, dot, scope)
            if not node[1]:
                self.parts.append("<no value>" if value is None else go_text(value))
        elif node[0] == "range":
            self._range(node, dot, scope)
        else:
            self._branch(node, dot, scope)

    def _branch(self, node: Node, dot: Any, scope: Scope) -> None:
        word, pipe, then, otherwise = node
        inner = [*scope, {}]
        value = self._pipe(pipe, dot, inner)
        if truth(value):
            self.block(then, value if word == "with" else dot, inner)
        else:
            self.block(otherwise, dot, [*scope, {}])

    def _range(self, node: Node, dot: Any, scope: Scope) -> None:
        _, (_, names, assigns, commands), body, otherwise = node
        over = self._pipe(("pipe", [], "", commands), dot, scope)
        if isinstance(over, dict):
            pairs = [(key, over[key]) for key in sorted(over)]
        elif isinstance(over, list):
            pairs = list(enumerate(over))
        elif over is None:
            pairs = []
        elif isinstance(over, int) and not isinstance(over, bool):
            pairs = [(at, at) for at in range(over)]
        else:
            raise TemplateError(f"range can't iterate over {go_text(over)}")
        for key, value in pairs:
            inner = [*scope, {}]
            given = [value] if len(names) == 1 else [key, value]
            for name, each in zip(names, given, strict=False):
                self._declare(inner, name, each, assigns)
            self.block(body, value, inner)
        if not pairs:
            self.block(otherwise, dot, [*scope, {}])

    def _declare(self, scope: Scope, name: str, value: Any, assigns: str) -> None:
        if assigns == "=":
            for names in reversed(scope):
                if name in names:
                    names[name] = value
                    return
            raise TemplateError(f'undefined variable "{name}"')
        scope[-1][name] = value

    def _pipe(self, pipe: Node, dot: Any, scope: Scope) -> Any:
        _, names, assigns, commands = pipe
        value: list[Any] = []
        for command in commands:
            value = [self._command(command, value, dot, scope)]
        for name in names:
            self._declare(scope, name, value[0], assigns)
        return value[0]

    def _command(self, command: list[Node], piped: list[Any], dot: Any, scope: Scope) -> Any:
        first = command[0]
        if first[0] != "function":
            if len(command) > 1 or piped:
                raise TemplateError("can't give argument to non-function")
            return self._operand(first, dot, scope)
        if first[1] in ("and", "or"):
            return self._short_cut(first[1], command[1:], piped, dot, scope)
        given = [self._operand(each, dot, scope) for each in command[1:]]
        return _call(first[1], [*given, *piped])

    def _short_cut(
        self, word: str, operands: list[Node], piped: list[Any], dot: Any, scope: Scope
    ) -> Any:
        value: Any = None
        for each in operands:
            value = self._operand(each, dot, scope)
            if truth(value) == (word == "or"):
                return value
        return piped[0] if piped else value

    def _operand(self, operand: Node, dot: Any, scope: Scope) -> Any:
        if operand[0] == "value":
            return operand[1]
        if operand[0] == "dot":
            return self._fields(dot, operand[1])
        if operand[0] == "group":
            return self._fields(self._pipe(operand[1], dot, scope), operand[2])
        if operand[0] == "function":
            return _call(operand[1], [])
        for names in reversed(scope):
            if operand[1] in names:
                return self._fields(names[operand[1]], operand[2])
        raise TemplateError(f'undefined variable "{operand[1]}"')

    def _fields(self, value: Any, names: list[str]) -> Any:
        for name in names:
            if value is None and self.allow_missing:
                return None
            if not isinstance(value, dict):
                raise TemplateError(f"can't evaluate field {name} in type {go_type(value)}")
            if name not in value and not self.allow_missing:
                raise TemplateError(f'map has no entry for key "{name}"')
            value = value.get(name)
        return value


def _call(name: str, values: list[Any]) -> Any:
    try:
        return FUNCTIONS[name](*values)
    except TypeError as error:
        raise TemplateError(f"error calling {name}: {error}") from None

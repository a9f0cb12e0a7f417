"""A parsed JSONPath template over an object, step by step as client-go evaluates it."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any

from kctl.printing.go_values import go_syntax, go_text, go_type
from kctl.printing.jsonpath.parse import JsonPathError, Node, parse_template

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class Template:
    """One template, to be executed on many objects."""

    def __init__(self, text: str, *, allow_missing: bool = True, as_json: bool = False) -> None:
        self.text, self.allow_missing, self.as_json = text, allow_missing, as_json
        try:
            self.nodes = parse_template(text)
        except JsonPathError as error:
            raise JsonPathError(f"error parsing jsonpath {text}, {error}") from None

    def execute(self, obj: Any) -> str:
        """What the template prints of the object. Raises JsonPathError."""
        try:
            return "".join(self._print(results) for results in self.results(obj))
        except JsonPathError as error:
            raise JsonPathError(
                f"error executing jsonpath {go_syntax(self.text)}: Error executing template: "
                f"{error}. Printing more information for debugging the template:\n"
                f"\ttemplate was:\n\t\t{self.text}\n"
                f"\tobject given to jsonpath engine was:\n\t\t{go_syntax(obj)}\n\n"
            ) from None

    def results(self, obj: Any) -> list[list[Any]]:
        """One list of values for each text and each action."""
        return _Run(self.allow_missing).block(self.nodes, obj)[0]

    def _print(self, results: list[Any]) -> str:
        if self.as_json:
            plain = _go_numbers(results)
            return json.dumps(plain, indent=4, ensure_ascii=False, sort_keys=True) + "\n"
        return " ".join(_text(value) for value in results)


def parse(text: str, *, allow_missing: bool = True, as_json: bool = False) -> Template:
    """Raises JsonPathError for a template that cannot be parsed."""
    return Template(text, allow_missing=allow_missing, as_json=as_json)


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return compact_json(value)
    return "null" if value is None else go_text(value)


def compact_json(value: Any) -> str:
    """As Go's json.Marshal: sorted keys, "<", ">" and "&" escaped."""
    text = json.dumps(_go_numbers(value), separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _go_numbers(value: Any) -> Any:
    """Go's encoder writes a whole float64 without a fraction."""
    if isinstance(value, dict):
        return {key: _go_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_go_numbers(each) for each in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e21
    return int(value) if whole else value


class _Run:
    """One execution. The ranges of a template nest: `depth` counts those that are open."""

    def __init__(self, allow_missing: bool) -> None:
        self.allow_missing = allow_missing
        self.depth = 0

    def block(self, nodes: list[Node], obj: Any) -> tuple[list[list[Any]], int]:
        """The results of nodes up to an {end} that closes this block, and how many nodes
        that were."""
        full: list[list[Any]] = []
        at = 0
        while at < len(nodes):
            word = _word(nodes[at])
            if word == "end":
                if not self.depth:
                    raise JsonPathError("not in range, nothing to end")
                return full, at + 1
            results = self.walk([obj], nodes[at])
            at += 1
            if word == "range":
                inner, used = self._range(nodes[at:], results)
                full += inner
                at += used
            else:
                full.append(results)
        return full, at

    def _range(self, nodes: list[Node], values: list[Any]) -> tuple[list[list[Any]], int]:
        self.depth += 1
        full: list[list[Any]] = []
        used = 0
        for value in values:
            inner, used = self.block(nodes, value)
            full += inner
        if not values:
            _, used = _Quiet(self).block(nodes, None)
        self.depth -= 1
        return full, used

    def walk(self, values: list[Any], node: Node) -> list[Any]:
        name = node[0]
        if name == "list":
            return self.each(values, node[1])
        if name == "text":
            return [node[1]]
        if name == "literal":
            return [node[1] for _ in values]
        if name == "identifier":
            if node[1] not in ("range", "end"):
                raise JsonPathError(f"unrecognized identifier {node[1]}")
            return values
        if name == "union":
            return [each for part in node[1] for each in self.each(values, part)]
        steps: dict[str, Callable[[list[Any], Node], list[Any]]] = {
            "field": self._field,
            "array": _array,
            "filter": self._filter,
            "wildcard": _wildcard,
            "recursive": _recursive,
        }
        return steps[name](values, node)

    def each(self, values: list[Any], nodes: list[Node]) -> list[Any]:
        for node in nodes:
            values = self.walk(values, node)
        return values

    def _field(self, values: list[Any], node: Node) -> list[Any]:
        found = [v[node[1]] for v in values if isinstance(v, dict) and node[1] in v]
        if values and not found and not self.allow_missing:
            raise JsonPathError(f"{node[1]} is not found")
        return found

    def _filter(self, values: list[Any], node: Node) -> list[Any]:
        found = []
        for value in values:
            if not isinstance(value, list):
                raise JsonPathError(
                    f"{go_text(value)} is not array or slice and cannot be filtered"
                )
            found += [item for item in value if self._passes(item, node)]
        return found

    def _passes(self, item: Any, node: Node) -> bool:
        _, left, sign, right = node
        if sign == "exists":
            try:
                return bool(self.each([item], left))
            except JsonPathError:
                return False
        lefts = self.each([item], left)
        if not lefts:
            return False
        rights = self.each([item], right) if len(lefts) == 1 else []
        if len(lefts) > 1 or len(rights) > 1:
            raise JsonPathError("can only compare one element at a time")
        return bool(rights) and _compare(sign, lefts[0], rights[0])


class _Quiet(_Run):
    """Walks a range over nothing, only to find its end."""

    def __init__(self, outer: _Run) -> None:
        super().__init__(True)
        self.depth = outer.depth

    def walk(self, values: list[Any], node: Node) -> list[Any]:
        return []


def _word(node: Node) -> str:
    """ "range" or "end" where the action begins with that word."""
    if node[0] == "list" and node[1] and node[1][0][0] == "identifier":
        return str(node[1][0][1])
    return ""


def _array(values: list[Any], node: Node) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, list):
            raise JsonPathError(f"{go_type(value)} is not array or slice")
        found += _sliced(value, *node[1:])
    return found


def _sliced(
    value: list[Any], start: int | None, stop: int | None, derived: bool, step: int | None
) -> list[Any]:
    length = len(value)
    first = start or 0
    first = first + length if first < 0 else first
    last = length if stop is None else stop
    if last < 0 or (last == 0 and derived):
        last += length
    if first == last:
        return []
    if not 0 <= first < length:
        raise JsonPathError(f"array index out of bounds: index {first}, length {length}")
    if not 0 <= last <= length:
        raise JsonPathError(f"array index out of bounds: index {last - 1}, length {length}")
    if first > last:
        raise JsonPathError(f"starting index {first} is greater than ending index {last}")
    if step is not None and step <= 0:
        raise JsonPathError("step must be > 0")
    return value[first : last : step or 1]


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, list) else []


def _wildcard(values: list[Any], node: Node) -> list[Any]:
    return [member for value in values for member in _members(value)]


def _recursive(values: list[Any], node: Node) -> list[Any]:
    found = []
    for value in values:
        members = _members(value)
        if members:
            found += [value, *_recursive(members, node)]
    return found


def _compare(sign: str, left: Any, right: Any) -> bool:
    if sign not in ("==", "!=", *_COMPARE):
        raise JsonPathError(f"unrecognized filter operator {sign}")
    for value in (left, right):
        if value is None or isinstance(value, (dict, list)):
            raise JsonPathError("invalid type for comparison")
    if _basic(left) != _basic(right):
        raise JsonPathError("incompatible types for comparison")
    if sign in ("==", "!="):
        return bool((left == right) == (sign == "=="))
    if isinstance(left, bool):
        raise JsonPathError("invalid type for comparison")
    return _COMPARE[sign](left, right)


def _basic(value: Any) -> str:
    """Go compares only what is of one basic kind."""
    return go_type(value).rstrip("0123456789")

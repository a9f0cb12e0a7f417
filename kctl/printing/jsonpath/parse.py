"""A JSONPath template as a tree of nodes, with the grammar and the complaints of
client-go's util/jsonpath.

A node is a tuple whose first member names it: ("text", "a"), ("field", "name"),
("array", start, stop, derived, step), ("filter", left, operator, right), ("union",
[nodes]), ("recursive",), ("wildcard",), ("identifier", "range"), ("literal", value), and
("list", [nodes]) for one "{...}".
"""

from __future__ import annotations

import re
from typing import Any

from kctl.printing.jsonpath.quote import unquote

Node = tuple[Any, ...]

_DICT_KEY = re.compile(r"^'([^']*)'$")
_SLICE = re.compile(r"^(-?[\d]*)(:-?[\d]*)?(:-?[\d]*)?$")
_COMPARISON = re.compile(r"^([^!<>=]+)([!<>=]+)(.+?)$", re.DOTALL)


class JsonPathError(ValueError):
    """A template that cannot be parsed or executed; the text is kubectl's."""


def parse_template(text: str) -> list[Node]:
    """The nodes of a whole template: texts, and a list for each action."""
    nodes: list[Node] = []
    at = 0
    while at < len(text):
        start = text.find("{", at)
        if start < 0:
            nodes.append(("text", text[at:]))
            break
        if start > at:
            nodes.append(("text", text[at:start]))
        action = _Action(text, start + 1)
        nodes.append(("list", action.nodes()))
        at = action.at
    return nodes


def _sub_action(text: str) -> list[Node]:
    """The nodes of "{text}": its first action alone, as the original has it."""
    nodes = parse_template("{" + text + "}")
    return list(nodes[0][1])


class _Action:
    """What stands between "{" and "}"."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at
        self.found: list[Node] = []

    def nodes(self) -> list[Node]:
        while not self._step():
            pass
        return self.found

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _step(self) -> bool:
        """Read one piece; True at the closing brace."""
        rest = self.text[self.at : self.at + 3]
        if rest.startswith("}"):
            self.at += 1
            return True
        if rest == "[?(":
            self._filter()
        elif rest.startswith(".."):
            self._recursive()
        else:
            self._single()
        return False

    def _single(self) -> None:
        char = self._peek()
        if char in ("", "\r", "\n"):
            raise JsonPathError("unclosed action")
        if char in " @$":
            self.at += 1
        elif char == "[":
            self._array()
        elif char in "\"'":
            self._quote(char)
        elif char == ".":
            self.at += 1
            self._field()
        elif char in "+-" or char.isdigit():
            self._number()
        elif char == "_" or char.isalpha():
            self._identifier()
        else:
            raise JsonPathError(f"unrecognized character in action: U+{ord(char):04X} '{char}'")

    def _until_terminator(self, *, escapes: bool) -> str:
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if escapes and char == "\\":
                self.at += 2
                continue
            if char in ".,[]$@{} \t\r\n":
                break
            self.at += 1
        self.at = min(self.at, len(self.text))
        return self.text[start : self.at]

    def _identifier(self) -> None:
        value = self._until_terminator(escapes=False)
        if value in ("true", "false"):
            self.found.append(("literal", value == "true"))
        else:
            self.found.append(("identifier", value))

    def _field(self) -> None:
        value = self._until_terminator(escapes=True)
        if value == "*":
            self.found.append(("wildcard",))
        else:
            self.found.append(("field", value.replace("\\", "")))

    def _recursive(self) -> None:
        if self.found and self.found[-1][0] == "recursive":
            raise JsonPathError("invalid multiple recursive descent")
        self.at += 2
        self.found.append(("recursive",))
        char = self._peek()
        if char == "_" or char.isalnum():
            self._field()

    def _number(self) -> None:
        start = self.at
        if self._peek() in "+-":
            self.at += 1
        while self._peek() == "." or self._peek().isdigit():
            self.at += 1
        value = self.text[start : self.at]
        try:
            self.found.append(("literal", int(value) if "." not in value else float(value)))
        except ValueError:
            raise JsonPathError(f"cannot parse number {value}") from None

    def _quote(self, end: str) -> None:
        start = self.at
        self.at += 1
        while True:
            char = self._peek()
            if char in ("", "\n"):
                raise JsonPathError("unterminated quoted string")
            self.at += 1
            if char == end and self.text[self.at - 2] != "\\":
                break
        value = self.text[start : self.at]
        try:
            self.found.append(("text", unquote(value)))
        except ValueError as error:
            raise JsonPathError(f"unquote string {value} error {error}") from None

    def _array(self) -> None:
        start = self.at
        while self._peek() != "]":
            if self._peek() in ("", "\n"):
                raise JsonPathError("unterminated array")
            self.at += 1
        self.at += 1
        inside = self.text[start + 1 : self.at - 1]
        inside = ":" if inside == "*" else inside
        parts = inside.split(",")
        if len(parts) > 1:
            self.found.append(("union", [_sub_action(f"[{each.strip(' ')}]") for each in parts]))
            return
        key = _DICT_KEY.match(inside)
        if key:
            self.found += _sub_action("." + key.group(1))
            return
        self.found.append(_slice(inside))

    def _filter(self) -> None:
        self.at += 3
        start = self.at
        self._to_filter_end()
        inside = self.text[start : self.at - 1]
        if self._peek() != "]":
            raise JsonPathError("unclosed array expect ]")
        self.at += 1
        compared = _COMPARISON.match(inside)
        if compared is None:
            self.found.append(("filter", _sub_action(inside), "exists", []))
            return
        left, operator, right = compared.groups()
        self.found.append(("filter", _sub_action(left), operator, _sub_action(right)))

    def _to_filter_end(self) -> None:
        """Just behind the ")" that is not inside the (one) quoted string."""
        pair = ""
        ended = False
        while True:
            char = self._peek()
            if char in ("", "\n"):
                raise JsonPathError("unterminated filter")
            self.at += 1
            if char in "\"'":
                if not pair:
                    pair = char
                elif self.text[self.at - 2] != "\\" and char == pair:
                    ended = True
            elif char == ")" and bool(pair) == ended:
                return


def _slice(text: str) -> Node:
    """("array", start, stop, derived, step), None for what was left out. `derived` tells
    that stop is start + 1, of a plain index."""
    match = _SLICE.match(text)
    if match is None:
        raise JsonPathError(f"invalid array index {text}")
    start, stop, step = (_bound(group, at) for at, group in enumerate(match.groups()))
    derived = match.group(2) is None
    if derived:
        stop = (start or 0) + 1
    return ("array", start, stop, derived, step)


def _bound(group: str | None, at: int) -> int | None:
    digits = (group or "")[1:] if at else group or ""
    if not digits:
        return None
    try:
        return int(digits)
    except ValueError:
        raise JsonPathError(f"array index {digits} is not a number") from None

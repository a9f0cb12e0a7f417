"""Label and field selectors, in their string form and as LabelSelector objects.

Parsing follows apimachinery's labels.Parse and fields.ParseSelector, errors included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kctl.api import names
from kctl.api.errors import ApiError
from kctl.api.fields import invalid

_SYMBOLS = "=!(),><"
_KEYWORDS = {")", ",", "!", "==", "=", ">", "in", "<", "!=", "notin", "("}
_OPERATORS = {
    "in": "in",
    "notin": "notin",
    "=": "=",
    "==": "=",
    "!=": "!=",
    ">": ">",
    "<": "<",
}
_EXPECTED = "in, notin, =, ==, !=, gt, lt"
_WORD = re.compile(r"[^=!(),><\s]+")
_INT64 = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


class SelectorError(ApiError, ValueError):
    """A selector that cannot be read: 400 with the text of the API server."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "BadRequest", message)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition. `operator` is "in", "notin", "=", "!=", ">", "<", "exists" or "!"."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.key)
        match self.operator:
            case "in" | "=":
                return found is not None and found in self.values
            case "notin" | "!=":
                return found is None or found not in self.values
            case "exists":
                return found is not None
            case "!":
                return found is None
            case _:
                return found is not None and self._compares(found)

    def _compares(self, found: str) -> bool:
        if _INT64.fullmatch(found) is None:
            return False
        (bound,) = self.values
        return int(found) > int(bound) if self.operator == ">" else int(found) < int(bound)

    def __str__(self) -> str:
        values = sorted(self.values)
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(values)})"
            case _:
                return f"{self.key}{self.operator}{values[0]}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that all must hold; without any, everything is selected."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        found = labels or {}
        return all(each.matches(found) for each in self.requirements)

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


@dataclass(frozen=True, slots=True)
class Nothing:
    """What a missing LabelSelector selects."""

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        return False

    def __str__(self) -> str:
        return ""


# --- the string form ---


@lru_cache(maxsize=512)
def parse_labels(text: str) -> Selector:
    """A label selector such as "app=web,tier in (a, b),!old". Raises SelectorError."""
    requirements = _Parser(text).parse()
    return Selector(tuple(sorted(requirements, key=lambda each: each.key)))


def _tokens(text: str) -> list[str]:
    """The tokens of a selector; the last is "", its end."""
    found, at = [], 0
    while at < len(text):
        if text[at] in " \t\r\n":
            at += 1
        elif text[at] in _SYMBOLS:
            size = 2 if text[at : at + 2] in _KEYWORDS else 1
            found.append(text[at : at + size])
            at += size
        else:
            word = _WORD.match(text, at)
            end = word.end() if word else at + 1
            found.append(text[at:end])
            at = end
    return [*found, ""]


class _Parser:
    """Recursive descent over the tokens; "in" and "notin" are plain words where a value
    or a key is expected."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def parse(self) -> list[Requirement]:
        found: list[Requirement] = []
        while True:
            token = self._peek()
            if not token:
                return found
            if not (_is_word(token) or token == "!"):
                raise SelectorError(f"found '{token}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from None
            after = self._next()
            if not after:
                return found
            if after != ",":
                raise SelectorError(f"found '{after}', expected: ',' or 'end of string'")
            following = self._peek()
            if not (_is_word(following) or following == "!"):
                raise SelectorError(f"found '{following}', expected: identifier after ','")

    def _requirement(self) -> Requirement:
        token, negated = self._next(), False
        if token == "!":
            token, negated = self._next(), True
        if not _is_word(token):
            raise SelectorError(f"found '{token}', expected: identifier")
        _check_key(token)
        if negated:
            return Requirement(token, "!")
        if self._peek() in ("", ","):
            return Requirement(token, "exists")
        word = self._next()
        operator = _OPERATORS.get(word)
        if operator is None:
            raise SelectorError(f"found '{word}', expected: {_EXPECTED}")
        values = self._values() if operator in ("in", "notin") else self._value()
        _check_values(token, operator, values)
        return Requirement(token, operator, frozenset(values))

    def _value(self) -> list[str]:
        if self._peek() in ("", ","):
            return [""]
        token = self._next()
        if not _is_word(token):
            raise SelectorError(f"found '{token}', expected: identifier")
        return [token]

    def _values(self) -> list[str]:
        token = self._next()
        if token != "(":
            raise SelectorError(f"found '{token}' expected: '('")
        token = self._peek()
        if token == ")":
            self._next()
            return [""]
        if not (_is_word(token) or token == ","):
            raise SelectorError(f"found '{token}', expected: ',', ')' or identifier")
        return self._list()

    def _list(self) -> list[str]:
        """Values up to the closing parenthesis; "(a,,b)" holds an empty one."""
        values: set[str] = set()
        expects_value = True
        while True:
            token = self._next()
            if token == ")":
                if expects_value:
                    values.add("")
                return sorted(values)
            if token == ",":
                if expects_value:
                    values.add("")
                expects_value = True
            elif _is_word(token) and expects_value:
                values.add(token)
                expects_value = False
            elif expects_value:
                raise SelectorError(f"found '{token}', expected: ',', or identifier")
            else:
                raise SelectorError(f"found '{token}', expected: ',' or ')'")


def _is_word(token: str) -> bool:
    return bool(token) and token[0] not in _SYMBOLS


def _check_key(key: str) -> None:
    wrong = names.qualified_name(key)
    if wrong:
        raise SelectorError(str(invalid("<nil>", key, "; ".join(wrong))))


def _check_values(key: str, operator: str, values: Iterable[str]) -> None:
    for at, value in enumerate(values):
        if operator in "><" and _INT64.fullmatch(value) is None:
            text = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise SelectorError(str(invalid(f"values[{at}]", value, text)))
        wrong = names.label_value(value)
        if wrong:
            raise SelectorError(str(invalid(f"values[{at}][{key}]", value, "; ".join(wrong))))


# --- objects ---

_OBJECT_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def from_object(selector: Mapping[str, Any] | None) -> Selector | Nothing:
    """A LabelSelector object (matchLabels, matchExpressions): None selects nothing, {}
    everything. Raises SelectorError for an operator that there is not."""
    if selector is None:
        return Nothing()
    found = [
        Requirement(key, "=", frozenset((value,)))
        for key, value in (selector.get("matchLabels") or {}).items()
    ]
    for expression in selector.get("matchExpressions") or ():
        operator = _OBJECT_OPERATORS.get(expression.get("operator", ""))
        if operator is None:
            shown = expression.get("operator", "")
            raise SelectorError(f'"{shown}" is not a valid label selector operator')
        values = frozenset(expression.get("values") or ())
        found.append(Requirement(expression["key"], operator, values))
    return Selector(tuple(sorted(found, key=lambda each: each.key)))


def from_map(labels: Mapping[str, str] | None) -> Selector:
    """A plain map, as a Service's spec.selector has it."""
    return Selector(
        tuple(Requirement(key, "=", frozenset((labels[key],))) for key in sorted(labels or {}))
        if labels
        else ()
    )


# --- fields ---


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    field: str
    equal: bool
    value: str


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Conditions on fields that all must hold."""

    requirements: tuple[FieldRequirement, ...] = ()

    def matches(self, fields: Callable[[str], str]) -> bool:
        """`fields` gives the value of a field by its name."""
        return all((fields(each.field) == each.value) == each.equal for each in self.requirements)

    def __str__(self) -> str:
        return ",".join(
            f"{each.field}{'=' if each.equal else '!='}{_escape(each.value)}"
            for each in self.requirements
        )


@lru_cache(maxsize=512)
def parse_fields(text: str) -> FieldSelector:
    """A field selector such as "metadata.name=a,status.phase!=Running". Raises
    SelectorError."""
    found = []
    for term in _split(text, ","):
        if not term:
            continue
        found.append(_field_requirement(term, text))
    return FieldSelector(tuple(sorted(found, key=lambda each: each.field)))


def _field_requirement(term: str, text: str) -> FieldRequirement:
    shown = text.replace("\\", "\\\\").replace('"', '\\"')
    at = next((i for i, char in enumerate(term) if term[i] in "=!" and _operator(term, i)), -1)
    if at < 0:
        raise SelectorError(f"invalid selector: '{shown}'; can't understand '{term}'")
    operator = _operator(term, at)
    value = _unescape(term[at + len(operator) :])
    return FieldRequirement(term[:at], operator != "!=", value)


def _operator(term: str, at: int) -> str:
    if at and term[at - 1] == "\\":
        return ""
    return next((each for each in ("!=", "==", "=") if term.startswith(each, at)), "")


def _split(text: str, separator: str) -> list[str]:
    """Split where the separator is not escaped by a backslash."""
    return re.split(rf"(?<!\\){separator}", text)


def _escape(value: str) -> str:
    return re.sub(r"([\\,=])", r"\\\1", value)


def _unescape(value: str) -> str:
    """Undo `_escape`; a lone separator or an unknown escape is an error."""
    result, at = [], 0
    while at < len(value):
        char = value[at]
        if char == "\\":
            following = value[at + 1 : at + 2]
            if following not in ("\\", ",", "="):
                raise SelectorError(f"invalid field selector: invalid escape sequence: {char}")
            result.append(following)
            at += 2
            continue
        if char in ",=":
            raise SelectorError(f"invalid field selector: unescaped character in value: {char}")
        result.append(char)
        at += 1
    return "".join(result)

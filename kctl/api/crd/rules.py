"""x-kubernetes-validations: rules in CEL, at any place of a custom kind's schema.

`self` is the value at the place, `oldSelf` what was there before an update, where the two
can be matched: fields by name, items of "map" lists by their keys. Imported only where a
schema has rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from kctl.api.cel.expression import (
    PER_CALL,
    PER_OBJECT,
    CompileError,
    Expression,
    Types,
    check,
    compile,
    dotted,
    walk,
)
from kctl.api.cel.values import NONE, Budget, CelError, CostExceeded, Optional_
from kctl.api.cel.wire import Node, Select
from kctl.api.crd.rule_fields import leads_to_field, undefined_field
from kctl.api.crd.rule_values import cel_type, to_cel, typed_paths
from kctl.api.crd.structure import Structure
from kctl.api.crd.values import NO_PATH
from kctl.api.fields import FieldError, child, show
from kctl.api.kind import Object

Json = Mapping[str, Any]
OUT_OF_BUDGET = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)
_MISSING = object()
_LONGEST_MESSAGE = 5 << 10


class Rule(NamedTuple):
    """A rule as declared, and its expressions."""

    declared: Json
    expression: Expression
    message: Expression | None
    transition: bool

    @property
    def optional_old(self) -> bool:
        return self.declared.get("optionalOldSelf") is True

    @property
    def text(self) -> str:
        """How errors call the rule: by its message, where it has one."""
        return str(self.declared.get("message") or self.declared.get("rule") or "").strip()


def _types(node: Structure, declared: Json) -> Types:
    kind = cel_type(node)
    old = "dyn" if declared.get("optionalOldSelf") is True else kind  # an optional
    return (("self", kind), ("oldSelf", old))


@lru_cache(maxsize=512)
def _rules(node: Structure) -> tuple[Rule, ...]:
    """The rules at a node; what does not compile any more is left out, since definitions
    are checked when they are written."""
    made = []
    for declared in node.rules:
        try:
            expression = compile(declared["rule"], _types(node, declared))
            text = declared.get("messageExpression")
            message = compile(text, _types(node, declared)) if text else None
        except CompileError:
            continue
        made.append(Rule(declared, expression, message, expression.reads("oldSelf")))
    return tuple(made)


# --- objects ---


def check_rules(structure: Structure, obj: Object, old: Object | None) -> list[FieldError]:
    """What the rules say of an object, on its way from `old` where it is an update."""
    checker = _Checker()
    checker.walk(structure, _shown(obj), _MISSING if old is None else _shown(old), "", root=True)
    return checker.errors


def _shown(obj: Object) -> Object:
    """Of metadata, rules may read the names alone."""
    meta = obj.get("metadata") or {}
    names = {name: meta[name] for name in ("name", "generateName") if name in meta}
    return {**obj, "metadata": names}


class _Checker:
    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self._left = PER_OBJECT

    def walk(self, node: Structure, value: Any, old: Any, path: str, *, root: bool = False) -> None:
        if self._left < 0 or value is None:
            return
        if node.rules:
            self._here(node, value, old, path, root)
        if isinstance(value, dict):
            for name, item in value.items():
                below = node.field(name)
                if below is not None and below.has_rules:
                    was = old.get(name, _MISSING) if isinstance(old, dict) else _MISSING
                    in_map = name not in node.properties
                    where = f"{path}[{name}]" if in_map else child(path, name)
                    self.walk(below, item, was, where)
        elif isinstance(value, list) and node.items is not None and node.items.has_rules:
            matched = _by_keys(node, old)
            for at, item in enumerate(value):
                was = matched.get(_identity(node, item), _MISSING) if matched else _MISSING
                self.walk(node.items, item, was, f"{path}[{at}]")

    def _here(self, node: Structure, value: Any, old: Any, path: str, root: bool) -> None:
        rules = _rules(node)
        if not rules:
            return
        now = to_cel(value, node, root=root)
        before = to_cel(old, node, root=root) if old is not _MISSING else _MISSING
        unchanged = old is not _MISSING and value == old
        for rule in rules:
            if self._left < 0:
                return
            variables = {"self": now}
            if rule.optional_old:
                variables["oldSelf"] = NONE if before is _MISSING else Optional_(True, before)
            elif rule.transition:
                if before is _MISSING:
                    continue
                variables["oldSelf"] = before
            if unchanged and not rule.transition:
                continue  # what was so before may stay so
            self._ask(rule, variables, value, path)

    def _ask(self, rule: Rule, variables: dict[str, Any], value: Any, path: str) -> None:
        budget = Budget(min(PER_CALL, self._left))
        given = budget.left
        try:
            holds = rule.expression.evaluate(variables, budget)
        except CelError as error:
            self._told(rule, _plain(path, value, f"{_words(error, rule)}"), given - budget.left)
            return
        except CostExceeded:
            text = (
                f"'operation cancelled: actual cost limit exceeded': no further validation "
                f"rules will be run due to call cost exceeds limit for rule: {rule.text}"
            )
            self.errors.append(_plain(path, value, text if given == PER_CALL else OUT_OF_BUDGET))
            self._left = -1
            return
        self._left -= given - budget.left
        if holds is True:
            return
        if holds is not False:
            text = f"rule evaluation error: {rule.text}: not a boolean"
            self.errors.append(_plain(path, value, text))
            return
        self.errors.append(_for_reason(rule, path, value, self._message(rule, variables)))

    def _told(self, rule: Rule, error: FieldError, spent: int) -> None:
        self.errors.append(error)
        self._left -= spent

    def _message(self, rule: Rule, variables: dict[str, Any]) -> str:
        if rule.message is not None:
            budget = Budget(max(min(PER_CALL, self._left), 0))
            given = budget.left
            try:
                made = rule.message.evaluate(variables, budget)
            except (CelError, CostExceeded):
                made = None
            self._left -= given - budget.left
            if isinstance(made, str):
                made = made.strip()
                if made and "\n" not in made and len(made) <= _LONGEST_MESSAGE:
                    return made
        message = str(rule.declared.get("message") or "").strip()
        return message or f"failed rule: {rule.text}"


def _words(error: CelError, rule: Rule) -> str:
    text = str(error)
    if text == "no such overload":
        return (
            f"'{text}': call arguments did not match a supported operator, function or macro "
            f"signature for rule: {rule.text}"
        )
    return f"{text} evaluating rule: {rule.text}"


def _plain(path: str, value: Any, text: str) -> FieldError:
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else None
    return FieldError("FieldValueInvalid", path or NO_PATH, text, show(kind or value))


def _for_reason(rule: Rule, path: str, value: Any, text: str) -> FieldError:
    reason = rule.declared.get("reason") or "FieldValueInvalid"
    below = rule.declared.get("fieldPath") or ""
    where = (path + below).lstrip(".") if below else path
    shown = show(value) if _shows(reason, value) else ""
    if reason == "FieldValueDuplicate":
        shown, text = show(value), ""
    return FieldError(reason, where or NO_PATH, text, shown)


def _shows(reason: str, value: Any) -> bool:
    return reason == "FieldValueInvalid" and not isinstance(value, dict | list)


def _by_keys(node: Structure, old: Any) -> dict[Any, Any] | None:
    """The old items of a "map" list by their keys; None where items have no identity."""
    if node.list_type != "map" or not isinstance(old, list):
        return None
    return {_identity(node, item): item for item in old}


def _identity(node: Structure, item: Any) -> Any:
    if not isinstance(item, dict):
        return None
    return tuple(show(item.get(key)) for key in node.map_keys)


# --- definitions ---


def compile_errors(schema: Json, path: str) -> list[FieldError]:
    """What is wrong with the rules of a schema; `path` is the schema's field."""
    return list(_errors(Structure(schema), path, root=True))


def _errors(node: Structure, path: str, *, root: bool = False) -> Iterator[FieldError]:
    for at, declared in enumerate(node.rules):
        yield from _rule_errors(node, declared, f"{path}.x-kubernetes-validations[{at}]", root)
    for name, below in node.properties.items():
        yield from _errors(below, f"{path}.properties[{name}]")
    if node.items is not None:
        yield from _errors(node.items, f"{path}.items")
    if node.additional is not None:
        yield from _errors(node.additional, f"{path}.additionalProperties")


def _rule_errors(node: Structure, declared: Json, path: str, root: bool) -> Iterator[FieldError]:
    text = str(declared.get("rule") or "")
    if not text.strip():
        yield FieldError("FieldValueRequired", f"{path}.rule", "rule is not specified")
        return
    why = _compilation(node, declared, text, "bool", root)
    if why == _NOT_BOOL:
        yield FieldError("FieldValueInvalid", f"{path}.rule", why, _go_rule(declared))
    elif why:
        detail = f"compilation failed: {why}"
        yield FieldError("FieldValueInvalid", f"{path}.rule", detail, _go_rule(declared))
    else:
        uses = compile(text, _types(node, declared)).reads("oldSelf")
        if declared.get("optionalOldSelf") is not None and not uses:
            detail = "may not be set if oldSelf is not used in rule"
            yield FieldError(
                "FieldValueInvalid", f"{path}.optionalOldSelf", detail,
                show(declared["optionalOldSelf"]),
            )  # fmt: skip
    message = declared.get("messageExpression")
    if message:
        why = _compilation(node, declared, str(message), "string", root)
        if why:
            detail = f"messageExpression compilation failed: {why}" if "ERROR" in why else why
            yield FieldError(
                "FieldValueInvalid", f"{path}.messageExpression", detail, _go_rule(declared)
            )
    below = str(declared.get("fieldPath") or "")
    if below and not leads_to_field(node, below):
        detail = "fieldPath must be a valid path: does not refer to a valid field"
        yield FieldError("FieldValueInvalid", f"{path}.fieldPath", detail, show(below))
    if "\n" in str(declared.get("message") or ""):
        detail = "message must not contain line breaks"
        yield FieldError("FieldValueInvalid", f"{path}.message", detail, show(declared["message"]))


_NOT_BOOL = "cel expression must evaluate to a bool"


def _compilation(node: Structure, declared: Json, text: str, wanted: str, root: bool) -> str:
    """Why an expression does not compile, "" where it does."""
    types = _types(node, declared)
    try:
        found = compile(text, types)
        missing = undefined_field(found.node, node, text, root=root)
        if missing:
            return missing
        tested = _tested(found.node)
        paths = typed_paths(node, "self")
        typed = tuple(each for each in paths if each[0] not in tested)
        result = check(text, types + typed)
    except CompileError as error:
        return str(error)
    if result not in (wanted, "dyn"):
        return _NOT_BOOL if wanted == "bool" else "messageExpression must evaluate to a string"
    return ""


def _tested(node: Node) -> set[str]:
    """The dotted names that has() asks for, which must stay selections."""
    return {dotted(each) for each in walk(node) if isinstance(each, Select) and each.test_only}


def _go_rule(declared: Json) -> str:
    """The rule as Go prints the struct."""
    reason = declared.get("reason")
    shown_reason = "(*apiextensions.FieldValueErrorReason)(nil)"
    if reason:
        shown_reason = f"(*apiextensions.FieldValueErrorReason)({show(reason)})"
    optional = declared.get("optionalOldSelf")
    shown_optional = "(*bool)(nil)" if optional is None else f"(*bool)({show(optional)})"
    texts = [
        f"{go}:{show(str(declared.get(name) or ''))}"
        for go, name in (
            ("Rule", "rule"),
            ("Message", "message"),
            ("MessageExpression", "messageExpression"),
        )
    ]
    path = show(str(declared.get("fieldPath") or ""))
    return (
        f"apiextensions.ValidationRule{{{', '.join(texts)}, Reason:{shown_reason}, "
        f"FieldPath:{path}, OptionalOldSelf:{shown_optional}}}"
    )

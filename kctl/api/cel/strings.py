"""Texts: the standard functions, the strings extension, and Kubernetes' regular ones."""

from __future__ import annotations

from typing import Any

from kctl.api.cel.conversions import to_string
from kctl.api.cel.values import Budget, CelError, is_number, no_such_overload
from kctl.api.regex import PatternError, compiled


def _texts(*values: Any) -> None:
    if not all(isinstance(each, str) for each in values):
        raise no_such_overload()


def _size(budget: Budget, value: Any) -> int:
    if not isinstance(value, str | bytes | list | dict):
        raise no_such_overload()
    return len(value)


def _contains(budget: Budget, text: Any, part: Any) -> bool:
    _texts(text, part)
    _spend_search(budget, text, part)
    return part in text


def _spend_search(budget: Budget, text: str, part: str) -> None:
    """As cel-go counts: each character of one may meet each of the other."""
    budget.spend(1 + (len(text) * max(len(part), 1)) // 100)


def _starts(budget: Budget, text: Any, part: Any) -> bool:
    _texts(text, part)
    budget.text(len(part))
    return bool(text.startswith(part))


def _ends(budget: Budget, text: Any, part: Any) -> bool:
    _texts(text, part)
    budget.text(len(part))
    return bool(text.endswith(part))


def _pattern(budget: Budget, text: Any, pattern: Any) -> Any:
    _texts(text, pattern)
    budget.spend(1 + (len(text) + 1) * (len(pattern) + 1) // 40)
    try:
        return compiled(pattern)
    except PatternError as error:
        raise CelError(f"error parsing regexp: {error}") from None


def _matches(budget: Budget, text: Any, pattern: Any) -> bool:
    return _pattern(budget, text, pattern).search(text) is not None


def _find(budget: Budget, text: Any, pattern: Any) -> str:
    found = _pattern(budget, text, pattern).search(text)
    return found.group(0) if found is not None else ""


def _find_all(budget: Budget, text: Any, pattern: Any, limit: int = -1) -> list[str]:
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise no_such_overload()
    found: list[str] = []
    for each in _pattern(budget, text, pattern).finditer(text):
        if 0 <= limit <= len(found):
            break
        budget.spend(1)
        found.append(each.group(0))
    return found


# --- the strings extension ---


def _char_at(budget: Budget, text: Any, at: Any) -> str:
    _texts(text)
    if not 0 <= at <= len(text):
        raise CelError(f"index out of range: {at}")
    return str(text[at : at + 1])


def _index_of(budget: Budget, text: Any, part: Any, start: int = 0) -> int:
    if isinstance(text, list):
        return _list_index(budget, text, part)
    _texts(text, part)
    if not 0 <= start <= len(text):
        raise CelError(f"index out of range: {start}")
    _spend_search(budget, text, part)
    return int(text.find(part, start))


def _last_index_of(budget: Budget, text: Any, part: Any, end: int | None = None) -> int:
    if isinstance(text, list):
        last = _list_index(budget, text[::-1], part)
        return len(text) - 1 - last if last >= 0 else -1
    _texts(text, part)
    if end is not None and not 0 <= end <= len(text):
        raise CelError(f"index out of range: {end}")
    _spend_search(budget, text, part)
    return int(text.rfind(part, 0, None if end is None else end + len(part)))


def _list_index(budget: Budget, listed: list[Any], value: Any) -> int:
    from kctl.api.cel.values import equal

    return next((at for at, each in enumerate(listed) if equal(each, value, budget)), -1)


def _join(budget: Budget, listed: Any, separator: str = "") -> str:
    if not isinstance(listed, list):
        raise no_such_overload()
    _texts(separator, *listed)
    budget.text(sum(len(each) for each in listed), len(separator) * len(listed))
    return separator.join(listed)


def _split(budget: Budget, text: Any, separator: Any, limit: int = -1) -> list[str]:
    _texts(text, separator)
    if limit == 0:
        return []
    budget.spend(1 + len(text))
    if not separator:
        parts = list(text)
        if 0 < limit < len(parts):
            parts = [*parts[: limit - 1], "".join(parts[limit - 1 :])]
        return parts
    return list(text.split(separator, limit - 1 if limit > 0 else -1))


def _replace(budget: Budget, text: Any, old: Any, new: Any, limit: int = -1) -> str:
    _texts(text, old, new)
    _spend_search(budget, text, old)
    count = text.count(old)
    if limit >= 0:
        count = min(count, limit)
    budget.text(len(text), count * len(new))
    return str(text.replace(old, new, limit if limit >= 0 else -1))


def _substring(budget: Budget, text: Any, start: int, end: int | None = None) -> str:
    _texts(text)
    stop = len(text) if end is None else end
    if not 0 <= start <= len(text):
        raise CelError(f"index out of range: {start}")
    if not 0 <= stop <= len(text):
        raise CelError(f"index out of range: {stop}")
    if start > stop:
        raise CelError(f"invalid substring range. start: {start}, end: {stop}")
    budget.text(stop - start)
    return str(text[start:stop])


_SPACES = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def _trim(budget: Budget, text: Any) -> str:
    _texts(text)
    budget.text(len(text))
    return str(text.strip(_SPACES))


def _lower(budget: Budget, text: Any) -> str:
    _texts(text)
    budget.text(len(text))
    return "".join(each.lower() if each.isascii() else each for each in text)


def _upper(budget: Budget, text: Any) -> str:
    _texts(text)
    budget.text(len(text))
    return "".join(each.upper() if each.isascii() else each for each in text)


def _reverse(budget: Budget, text: Any) -> Any:
    if not isinstance(text, str | list):
        raise no_such_overload()
    budget.text(len(text))
    return text[::-1]


_QUOTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
           "\v": "\\v", "\\": "\\\\", '"': '\\"'}  # fmt: skip


def _quote(budget: Budget, text: Any) -> str:
    _texts(text)
    budget.text(len(text))
    return '"' + "".join(_QUOTED.get(each, each) for each in text) + '"'


def _format(budget: Budget, template: Any, values: Any) -> str:
    """string.format(list): %s %d %f %e %b %x %X %o %%."""
    if not isinstance(template, str) or not isinstance(values, list):
        raise no_such_overload()
    made: list[str] = []
    rest, left = template, list(values)
    while rest:
        before, percent, rest = rest.partition("%")
        made.append(before)
        if not percent:
            break
        if rest.startswith("%"):
            made.append("%")
            rest = rest[1:]
            continue
        digits = ""
        if rest.startswith("."):
            rest = rest[1:]
            while rest and rest[0].isdigit():
                digits, rest = digits + rest[0], rest[1:]
        if not rest:
            raise CelError("could not parse formatting clause: unexpected end of string")
        if not left:
            raise CelError(f"index {len(values)} out of range")
        text = _clause(rest[0], digits, left.pop(0), budget)
        budget.text(len(text))
        made.append(text)
        rest = rest[1:]
    return "".join(made)


def _clause(verb: str, digits: str, value: Any, budget: Budget) -> str:
    precision = min(int(digits), 1000) if digits else 6
    whole = isinstance(value, int) and not isinstance(value, bool)
    if verb == "s":
        return formatted(value)
    if verb == "d" and is_number(value):
        return formatted(value)
    if verb in "fe" and is_number(value):
        return f"{value:.{precision}{verb}}"
    if verb == "b" and isinstance(value, int):
        return f"{int(value):b}"
    if verb == "o" and whole:
        return f"{int(value):o}"
    if verb in "xX":
        if whole:
            return f"{int(value):{verb}}"
        if isinstance(value, str | bytes):
            raw = value.encode() if isinstance(value, str) else value
            return raw.hex().upper() if verb == "X" else raw.hex()
    raise CelError(f'could not parse formatting clause: unrecognized formatting clause "{verb}"')


def formatted(value: Any) -> str:
    """As %s prints a value."""
    if isinstance(value, list):
        return "[" + ", ".join(formatted(each) for each in value) + "]"
    if isinstance(value, dict):
        pairs = sorted((formatted(key), formatted(each)) for key, each in value.items())
        return "{" + ", ".join(f"{key}: {each}" for key, each in pairs) + "}"
    if value is None:
        return "null"
    return to_string(value)


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("size", False): _size,
    ("size", True): _size,
    ("contains", True): _contains,
    ("startsWith", True): _starts,
    ("endsWith", True): _ends,
    ("matches", True): _matches,
    ("matches", False): _matches,
    ("find", True): _find,
    ("findAll", True): _find_all,
    ("charAt", True): _char_at,
    ("indexOf", True): _index_of,
    ("lastIndexOf", True): _last_index_of,
    ("join", True): _join,
    ("split", True): _split,
    ("replace", True): _replace,
    ("substring", True): _substring,
    ("trim", True): _trim,
    ("lowerAscii", True): _lower,
    ("upperAscii", True): _upper,
    ("reverse", True): _reverse,
    ("strings.quote", False): _quote,
    ("format", True): _format,
}

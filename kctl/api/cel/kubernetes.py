"""Kubernetes' own library: quantities, URLs, semantic versions, named formats
(https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kctl.api import names, quantity
from kctl.api.cel.values import (
    INT_MAX,
    INT_MIN,
    NONE,
    Budget,
    CelError,
    Format,
    Optional_,
    Quantity,
    Semver,
    Url,
    no_such_overload,
)

_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?",
    re.ASCII,
)


# --- quantities ---


def _quantity(budget: Budget, text: Any) -> Quantity:
    if not isinstance(text, str):
        raise no_such_overload()
    budget.text(len(text))
    try:
        return Quantity(Decimal(quantity.parse(text)))
    except ValueError:
        raise CelError(quantity.FORMAT_ERROR) from None


def _is_quantity(budget: Budget, text: Any) -> bool:
    try:
        _quantity(budget, text)
    except CelError as error:
        if str(error) == "no such overload":
            raise
        return False
    return True


def _amount(value: Any) -> Decimal:
    if not isinstance(value, Quantity):
        raise no_such_overload()
    return value.amount


def _other(value: Any) -> Decimal:
    """What is added or taken away: a quantity or an int."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return _amount(value)


def _sign(budget: Budget, value: Any) -> int:
    amount = _amount(value)
    return (amount > 0) - (amount < 0)


def _is_integer(budget: Budget, value: Any) -> bool:
    amount = _amount(value)
    return amount == amount.to_integral_value() and INT_MIN <= amount <= INT_MAX


def _as_integer(budget: Budget, value: Any) -> int:
    if not _is_integer(budget, value):
        raise CelError("cannot convert value to integer")
    return int(_amount(value))


def _as_float(budget: Budget, value: Any) -> float:
    return float(_amount(value))


# --- what quantities and versions have in common ---


def _order(one: Any, other: Any) -> int:
    if isinstance(one, Semver) and isinstance(other, Semver):
        first, second = one.order(), other.order()
        return (first > second) - (first < second)
    left, right = _amount(one), _amount(other)
    return (left > right) - (left < right)


def _is_greater(budget: Budget, one: Any, other: Any) -> bool:
    return _order(one, other) > 0


def _is_less(budget: Budget, one: Any, other: Any) -> bool:
    return _order(one, other) < 0


def _compare(budget: Budget, one: Any, other: Any) -> int:
    return _order(one, other)


def _add(budget: Budget, one: Any, other: Any) -> Quantity:
    return Quantity(_amount(one) + _other(other))


def _sub(budget: Budget, one: Any, other: Any) -> Quantity:
    return Quantity(_amount(one) - _other(other))


# --- URLs ---


def _parse_url(text: str) -> Url:
    """Raises ValueError. As Go's url.ParseRequestURI: absolute, or a path."""
    if any(ord(each) < 0x21 or ord(each) == 0x7F for each in text):
        raise ValueError("invalid character in URL")
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("invalid URL escape")
    parts = urlsplit(text)
    if not parts.scheme and not text.startswith("/"):
        raise ValueError("invalid URI for request")
    if parts.scheme and not parts.netloc and not parts.path.startswith("/"):
        raise ValueError("invalid URI for request")
    _ = parts.port  # raises where it is no number
    host = parts.netloc.rpartition("@")[2]
    query = parse_qs(parts.query, keep_blank_values=True)
    return Url(text, parts.scheme, host, parts.path, query)


def _url(budget: Budget, text: Any) -> Url:
    if not isinstance(text, str):
        raise no_such_overload()
    budget.text(len(text))
    try:
        return _parse_url(text)
    except ValueError as error:
        raise CelError(
            f'URL parse error during conversion from string: parse "{text}": {error}'
        ) from None


def _is_url(budget: Budget, text: Any) -> bool:
    if not isinstance(text, str):
        raise no_such_overload()
    budget.text(len(text))
    try:
        _parse_url(text)
    except ValueError:
        return False
    return True


def _url_of(value: Any) -> Url:
    if not isinstance(value, Url):
        raise no_such_overload()
    return value


def _hostname(budget: Budget, value: Any) -> str:
    host = _url_of(value).host
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _port(budget: Budget, value: Any) -> str:
    host = _url_of(value).host
    rest = host.partition("]")[2] if host.startswith("[") else host
    return rest.partition(":")[2]


def _escaped_path(budget: Budget, value: Any) -> str:
    from urllib.parse import quote

    return quote(unquote(_url_of(value).path), safe="/:@!$&'()*+,;=-._~")


# --- semantic versions ---


def _parse_semver(text: str, normalize: bool) -> Semver:
    if normalize:
        text = text.removeprefix("v")
        core, sign, rest = re.match(r"([^-+]*)([-+]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
        numbers = [each.lstrip("0") or "0" if each.isdigit() else each for each in core.split(".")]
        text = ".".join([*numbers, "0", "0"][:3] if len(numbers) < 3 else numbers) + sign + rest
    found = _SEMVER.fullmatch(text)
    if found is None:
        raise ValueError("No Major.Minor.Patch elements found")
    major, minor, patch, pre, build = found.groups()
    words = tuple(pre.split(".")) if pre else ()
    if any(not word or (word.isdigit() and len(word) > 1 and word[0] == "0") for word in words):
        raise ValueError("Prerelease is invalid")
    return Semver(int(major), int(minor), int(patch), words, build or "")


def _semver(budget: Budget, text: Any, normalize: bool = False) -> Semver:
    if not isinstance(text, str):
        raise no_such_overload()
    budget.text(len(text))
    try:
        return _parse_semver(text, normalize)
    except ValueError as error:
        raise CelError(f"{error}") from None


def _is_semver(budget: Budget, text: Any, normalize: bool = False) -> bool:
    try:
        _semver(budget, text, normalize)
    except CelError as error:
        if str(error) == "no such overload":
            raise
        return False
    return True


def _version(value: Any) -> Semver:
    if not isinstance(value, Semver):
        raise no_such_overload()
    return value


# --- named formats ---


def _rule_of(name: str) -> Any:
    from kctl.api.crd.formats import FORMATS

    def by_format(text: str) -> list[str]:
        return [] if FORMATS[name](text) else [f"is not a valid {name}"]

    if name.endswith("Prefix"):
        base = _RULES[name.removesuffix("Prefix")]
        return names.prefix_rule(base)
    return _RULES.get(name) or (by_format if name in FORMATS else None)


_RULES = {
    "dns1123Label": names.dns_label,
    "dns1123Subdomain": names.dns_subdomain,
    "dns1035Label": names.dns_label1035,
    "qualifiedName": names.qualified_name,
    "labelValue": names.label_value,
}
FORMAT_NAMES = (
    *_RULES,
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
)


def _named(budget: Budget, name: Any) -> Optional_:
    return Optional_(True, Format(name)) if name in FORMAT_NAMES else NONE


def _format_function(name: str) -> Any:
    return lambda budget: Format(name)


def _validate(budget: Budget, given: Any, text: Any) -> Optional_:
    if not isinstance(given, Format) or not isinstance(text, str):
        raise no_such_overload()
    budget.text(len(text))
    errors = _rule_of(given.name)(text)
    return Optional_(True, errors) if errors else NONE


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("quantity", False): _quantity,
    ("isQuantity", False): _is_quantity,
    ("sign", True): _sign,
    ("isInteger", True): _is_integer,
    ("asInteger", True): _as_integer,
    ("asApproximateFloat", True): _as_float,
    ("isGreaterThan", True): _is_greater,
    ("isLessThan", True): _is_less,
    ("compareTo", True): _compare,
    ("add", True): _add,
    ("sub", True): _sub,
    ("url", False): _url,
    ("isURL", False): _is_url,
    ("getScheme", True): lambda budget, value: _url_of(value).scheme,
    ("getHost", True): lambda budget, value: _url_of(value).host,
    ("getHostname", True): _hostname,
    ("getPort", True): _port,
    ("getEscapedPath", True): _escaped_path,
    ("getQuery", True): lambda budget, value: _url_of(value).query,
    ("semver", False): _semver,
    ("isSemver", False): _is_semver,
    ("major", True): lambda budget, value: _version(value).major,
    ("minor", True): lambda budget, value: _version(value).minor,
    ("patch", True): lambda budget, value: _version(value).patch,
    ("format.named", False): _named,
    ("validate", True): _validate,
    **{(f"format.{name}", False): _format_function(name) for name in FORMAT_NAMES},
}

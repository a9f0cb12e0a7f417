"""Small rules about single values, each with the words of Kubernetes' own helpers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection
from typing import Any

from kctl.api.fields import FieldError, invalid, not_supported, required

NON_NEGATIVE = "must be greater than or equal to 0"
PORT_RANGE = "must be between 1 and 65535, inclusive"
PROTOCOLS = ("SCTP", "TCP", "UDP")
MAX_INT32 = 2**31 - 1

IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"

_LEADING_ZEROS = re.compile(r"[0-9]+(\.[0-9]+){3}")
_LEADING_ZERO = re.compile(r"\b0+(?=[0-9])")
_PORT_NAME = re.compile(r"[-a-z0-9]+")
_LETTER = re.compile(r"[a-z]")


def named(
    value: str, path: str, rule: Callable[[str], list[str]], errors: list[FieldError]
) -> None:
    """One error for each text that `rule` has about `value`."""
    for text in rule(value):
        errors.append(invalid(path, value, text))


def non_negative(value: int | None, path: str, errors: list[FieldError]) -> None:
    if value is not None and value < 0:
        errors.append(invalid(path, value, NON_NEGATIVE))


def one_of(
    value: str | None, path: str, supported: Collection[str], errors: list[FieldError]
) -> None:
    """A required word out of a few; `supported` in the order in which Kubernetes lists it."""
    if not value:
        errors.append(required(path))
    elif value not in supported:
        errors.append(not_supported(path, value, tuple(supported)))


def port_number(value: int) -> list[str]:
    return [] if 1 <= value <= 65535 else [PORT_RANGE]


def port_name(value: str) -> list[str]:
    """What is wrong with the name of a port (IsValidPortName)."""
    texts = []
    if len(value) > 15:
        texts.append("must be no more than 15 characters")
    if not _PORT_NAME.fullmatch(value):
        texts.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not _LETTER.search(value):
        texts.append("must contain at least one letter (a-z)")
    if "--" in value:
        texts.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        texts.append("must not begin or end with a hyphen")
    return texts


def port_or_name(value: int | str | None, path: str, errors: list[FieldError]) -> None:
    value = 0 if value is None else value
    if isinstance(value, int):
        if not 1 <= value <= 65535:
            errors.append(invalid(path, value, PORT_RANGE))
    else:
        named(value, path, port_name, errors)


def ip_address(value: str, path: str, errors: list[FieldError]) -> None:
    """An address in a field of the older kind (IsValidIPForLegacyField, strict)."""
    if is_ip(value):
        if value.lower().startswith("::ffff:") and "." in value:
            errors.append(invalid(path, value, "must not be an IPv4-mapped IPv6 address"))
    elif _LEADING_ZEROS.fullmatch(value) and is_ip(_LEADING_ZERO.sub("", value)):
        errors.append(invalid(path, value, "must not have leading 0s"))
    else:
        errors.append(invalid(path, value, IP_TEXT))


def is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def immutable(new: Any, old: Any, path: str) -> list[FieldError]:
    return [] if new == old else [invalid(path, new, "field is immutable")]

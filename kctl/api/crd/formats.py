"""The formats of strings that the API server checks (kube-openapi's strfmt registry).

An unknown format is no rule. A checker takes the text and says whether it fits.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit

from kctl.api import names

_UUID = r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?%s[0-9a-f]{3}-?%s[0-9a-f]{3}-?[0-9a-f]{12}"
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_DURATION = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([a-zµμ]+)", re.ASCII)
_UNITS = frozenset({"ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "w"})
_LONG_UNITS = frozenset(
    {
        "nanosecond", "nanoseconds", "nano", "nanos", "microsecond", "microseconds", "micro",
        "micros", "millisecond", "milliseconds", "milli", "millis", "second", "seconds", "sec",
        "secs", "minute", "minutes", "min", "mins", "hour", "hours", "hr", "hrs", "day", "days",
        "week", "weeks", "wk",
    }
)  # fmt: skip
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", text.upper()))
    except ValueError:
        return False
    return True


def _date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _duration(text: str) -> bool:
    rest = text.strip().replace(" ", "").lstrip("-+")
    if rest == "0":
        return True
    while rest:
        found = _DURATION.match(rest)
        if found is None or found.group(3) not in _UNITS | _LONG_UNITS:
            return False
        rest = rest[found.end() :]
    return bool(text.strip())


def _ip(version: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return ipaddress.ip_address(text).version == version and "%" not in text
        except ValueError:
            return False

    return check


def _cidr(text: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return text.partition("/")[2].isdigit()


def _uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) or text.startswith("/")


def _byte(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _luhn(text: str) -> bool:
    digits = [int(each) for each in re.sub(r"[ -]", "", text) if each.isdigit()]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [d if at % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for at, d in
               enumerate(reversed(digits))]  # fmt: skip
    return sum(doubled) % 10 == 0


def _isbn(length: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        plain = re.sub(r"[ -]", "", text)
        if len(plain) != length or not re.fullmatch(r"\d+[\dXx]", plain):
            return False
        values = [10 if each in "Xx" else int(each) for each in plain]
        if length == 10:
            return sum((10 - at) * value for at, value in enumerate(values)) % 11 == 0
        return sum(value * (3 if at % 2 else 1) for at, value in enumerate(values)) % 10 == 0

    return check


FORMATS: dict[str, Callable[[str], bool]] = {
    "bsonobjectid": _matches(r"[0-9a-fA-F]{24}"),
    "uri": _uri,
    "email": _matches(r"[^@\s]+@[^@\s]+"),
    "hostname": _matches(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*"),
    "ipv4": _ip(4),
    "ipv6": _ip(6),
    "cidr": _cidr,
    "mac": _matches(r"([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2}[:-]?){1,3}|([0-9a-fA-F]{4}\.){2}"
                    r"[0-9a-fA-F]{4}"),
    "uuid": _matches(_UUID % ("[0-9a-f]", "[0-9a-f]")),
    "uuid3": _matches(_UUID % ("3", "[0-9a-f]")),
    "uuid4": _matches(_UUID % ("4", "[89ab]")),
    "uuid5": _matches(_UUID % ("5", "[89ab]")),
    "isbn": lambda text: _isbn(10)(text) or _isbn(13)(text),
    "isbn10": _isbn(10),
    "isbn13": _isbn(13),
    "creditcard": _luhn,
    "ssn": _matches(r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    "hexcolor": _matches(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "rgbcolor": _matches(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)"),
    "byte": _byte,
    "password": lambda text: True,
    "date": _date,
    "duration": _duration,
    "datetime": _date_time,
    "date-time": _date_time,
    "k8s-short-name": lambda text: not names.dns_label(text),
    "k8s-long-name": lambda text: not names.dns_subdomain(text),
}  # fmt: skip


def fits(name: str, text: str) -> bool:
    check = FORMATS.get(name)
    return check is None or check(text)

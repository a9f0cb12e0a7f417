"""Rules for names, each with apimachinery's own words (util/validation).

A rule takes a value and returns what is wrong with it, [] where nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = rf"({_QUALIFIED})?"

_label = re.compile(_LABEL).fullmatch
_subdomain = re.compile(_SUBDOMAIN).fullmatch
_label_1035 = re.compile(_LABEL_1035).fullmatch
_qualified = re.compile(_QUALIFIED).fullmatch

Rule = Callable[[str], list[str]]

LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
WILDCARD_TEXT = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, "
    "which must consist of lower case alphanumeric characters, '-' or '.' and end with an "
    "alphanumeric character"
)
SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
    "or '.', and must start and end with an alphanumeric character"
)
LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with "
    "an alphabetic character, and end with an alphanumeric character"
)
QUALIFIED_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
    "an alphanumeric character"
)
VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "
    "or '.', and must start and end with an alphanumeric character"
)


def max_length(limit: int) -> str:
    """MaxLenError."""
    return f"must be no more than {limit} bytes"


def regex_error(text: str, pattern: str, *examples: str) -> str:
    """RegexError: the rule in words, its examples, its pattern."""
    if not examples:
        return f"{text} (regex used for validation is '{pattern}')"
    shown = " or ".join(f"'{each}', " for each in examples)
    return f"{text} (e.g. {shown}regex used for validation is '{pattern}')"


def dns_label(value: str) -> list[str]:
    """IsDNS1123Label."""
    if _label(value) and len(value) <= 63:
        return []
    texts = [max_length(63)] if len(value) > 63 else []
    if not _label(value):
        if _subdomain(value):
            texts.append("must not contain dots")
        else:
            texts.append(regex_error(LABEL_TEXT, _LABEL, "my-name", "123-abc"))
    return texts


def dns_subdomain(value: str) -> list[str]:
    """IsDNS1123Subdomain."""
    if _subdomain(value) and len(value) <= 253:
        return []
    texts = [max_length(253)] if len(value) > 253 else []
    if not _subdomain(value):
        texts.append(regex_error(SUBDOMAIN_TEXT, _SUBDOMAIN, "example.com"))
    return texts


def wildcard_subdomain(value: str) -> list[str]:
    """IsWildcardDNS1123Subdomain: "*.example.com"."""
    pattern = rf"\*\.{_SUBDOMAIN}"
    texts = [max_length(253)] if len(value) > 253 else []
    if re.fullmatch(pattern, value) is None:
        texts.append(regex_error(WILDCARD_TEXT, pattern, "*.example.com"))
    return texts


def dns_label1035(value: str) -> list[str]:
    """IsDNS1035Label."""
    texts = [max_length(63)] if len(value) > 63 else []
    if not _label_1035(value):
        texts.append(regex_error(LABEL_1035_TEXT, _LABEL_1035, "my-name", "abc-123"))
    return texts


def qualified_name(value: str) -> list[str]:
    """IsQualifiedName: "name" or "example.com/name", the form of label keys."""
    prefix, slash, name = value.partition("/")
    texts: list[str] = []
    if not slash:
        name = value
    elif "/" in name:
        return [_not_qualified()]
    elif not prefix:
        texts.append("prefix part must be non-empty")
    else:
        texts += [f"prefix part {each}" for each in dns_subdomain(prefix)]
    if not name:
        texts.append("name part must be non-empty")
    elif len(name) > 63:
        texts.append(f"name part {max_length(63)}")
    if not _qualified(name):
        texts.append("name part " + _qualified_error())
    return texts


def _qualified_error() -> str:
    return regex_error(QUALIFIED_TEXT, _QUALIFIED, "MyName", "my.name", "123-abc")


def _not_qualified() -> str:
    return (
        "a valid label key "
        + _qualified_error()
        + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
    )


def label_value(value: str) -> list[str]:
    """IsValidLabelValue."""
    if not value:
        return []
    texts = [max_length(63)] if len(value) > 63 else []
    if not _qualified(value):
        texts.append(regex_error(VALUE_TEXT, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return texts


def path_segment(value: str) -> list[str]:
    """IsValidPathSegmentName: what fits between two slashes of a URL."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{each}'" for each in "/%" if each in value]


RULES: dict[str, Rule] = {
    "subdomain": dns_subdomain,
    "label": dns_label,
    "label1035": dns_label1035,
    "path": path_segment,
}
"""By the words of `Kind.name_rule`."""


def prefix_rule(rule: Rule) -> Rule:
    """The rule for a generateName: a trailing dash is fine, more follows (maskTrailingDash)."""

    def masked(value: str) -> list[str]:
        if len(value) > 1 and value.endswith("-"):
            value = value[:-2] + "a"
        return rule(value)

    return masked

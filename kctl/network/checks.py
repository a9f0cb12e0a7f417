"""What a value must look like before it may stand in a file that a proxy or a name
server reads.

The API validates objects, but what comes from the store may be older than a rule, and
one line break in a name is a line of configuration. So every value is checked here
once more, by the narrowest rule that all good values meet.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_SERVICE_LABEL = re.compile(r"_[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LONGEST_NAME = 253


class Unsafe(ValueError):
    """A value that must not reach a configuration file."""

    def __init__(self, what: str, value: object) -> None:
        super().__init__(f"{value!r:.120} is not {what}")


def address(value: object) -> str:
    """An IPv4 address in its one canonical form."""
    try:
        if isinstance(value, str) and str(IPv4Address(value)) == value:
            return value
    except AddressValueError:
        pass  # named below, as every other value that is none
    raise Unsafe("an IPv4 address", value)


def is_address(value: object) -> bool:
    try:
        address(value)
    except Unsafe:
        return False
    return True


def is_ipv6(value: object) -> bool:
    """An address of the other family, which the pod network does not have."""
    try:
        return isinstance(value, str) and bool(IPv6Address(value))
    except AddressValueError:
        return False


def port(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    raise Unsafe("a port", value)


def network(value: object) -> str:
    """An IPv4 network in its one canonical form ("192.0.2.0/24"); one address is a /32, and
    bits behind the prefix are dropped."""
    if isinstance(value, str) and value.isascii():
        try:
            return str(IPv4Network(value, strict=False))
        except ValueError:
            pass  # named below
    raise Unsafe("an IPv4 network", value)


def protocol(value: object) -> str:
    if value in ("TCP", "UDP", "SCTP"):
        return str(value)
    raise Unsafe("a protocol", value)


def seconds(value: object) -> int:
    """A duration of at most a day."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 86400:
        return value
    raise Unsafe("a duration of at most 86400 seconds", value)


def label(value: object) -> str:
    """One DNS label (RFC 1123)."""
    if isinstance(value, str) and _LABEL.fullmatch(value):
        return value
    raise Unsafe("a DNS label", value)


def host_name(value: object) -> str:
    """A DNS name of such labels, without a final dot."""
    if isinstance(value, str) and len(value) <= _LONGEST_NAME:
        for part in value.split("."):
            label(part)
        return value
    raise Unsafe("a DNS name", value)


def service_name(value: object) -> str:
    """The name of an SRV record: "_http._tcp." before a host name."""
    if isinstance(value, str) and len(value) <= _LONGEST_NAME and value.count(".") > 1:
        service, protocol, rest = value.split(".", 2)
        if _SERVICE_LABEL.fullmatch(service) and protocol in ("_tcp", "_udp", "_sctp"):
            host_name(rest)
            return value
    raise Unsafe("the name of a service record", value)

"""IP addresses and ranges, Kubernetes' library of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from kctl.api.cel.values import Budget, CelError, Cidr, Ip, no_such_overload


def _parse_ip(text: Any) -> Ip:
    """Raises ValueError: also for zones, and for IPv4 inside of IPv6."""
    if not isinstance(text, str):
        raise no_such_overload()
    if "%" in text:
        raise ValueError("IP address with zone value is not allowed")
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise ValueError("IPv4-mapped IPv6 address is not allowed")
    return Ip(address)


def _ip(budget: Budget, text: Any) -> Ip:
    if isinstance(text, Cidr):
        return Ip(text.interface.ip)
    budget.text(len(text) if isinstance(text, str) else 0)
    try:
        return _parse_ip(text)
    except ValueError as error:
        raise CelError(
            f"IP Address {text!r} parse error during conversion from string: {error}"
        ) from None


def _is_ip(budget: Budget, text: Any) -> bool:
    try:
        _parse_ip(text)
    except ValueError:
        return False
    return True


def _is_canonical(budget: Budget, text: Any) -> bool:
    return bool(str(_ip(budget, text).address) == text)


def _address(value: Any) -> Any:
    if not isinstance(value, Ip):
        raise no_such_overload()
    return value.address


def _asks(name: str) -> Callable[[Budget, Any], bool]:
    return lambda budget, value: bool(getattr(_address(value), name))


def _global(budget: Budget, value: Any) -> bool:
    """Go's IsGlobalUnicast: private addresses are global too."""
    address = _address(value)
    broadcast = str(address) == "255.255.255.255"
    return not (
        address.is_multicast
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or broadcast
    )


def _link_local_multicast(budget: Budget, value: Any) -> bool:
    address = _address(value)
    if address.version == 4:
        return address in ipaddress.ip_network("224.0.0.0/24")
    return bool(address.is_multicast) and (int(address) >> 112) & 0xF == 2


def _family(budget: Budget, value: Any) -> int:
    return int(_address(value).version)


# --- ranges ---


def _parse_cidr(text: Any) -> Cidr:
    if not isinstance(text, str):
        raise no_such_overload()
    _, slash, bits = text.partition("/")
    if not slash or not bits.isdigit() or (len(bits) > 1 and bits[0] == "0"):
        raise ValueError(f"netip.ParsePrefix({text!r}): no '/'")
    return Cidr(ipaddress.ip_interface(text))


def _cidr(budget: Budget, text: Any) -> Cidr:
    budget.text(len(text) if isinstance(text, str) else 0)
    try:
        return _parse_cidr(text)
    except ValueError as error:
        raise CelError(
            f"network address parse error during conversion from string: {error}"
        ) from None


def _is_cidr(budget: Budget, text: Any) -> bool:
    try:
        _parse_cidr(text)
    except ValueError:
        return False
    return True


def _range_of(value: Any) -> Any:
    if not isinstance(value, Cidr):
        raise no_such_overload()
    return value.interface


def _contains_ip(budget: Budget, value: Any, other: Any) -> bool:
    inner = _address(_ip(budget, other) if isinstance(other, str) else other)
    return bool(inner in _range_of(value).network)


def _contains_cidr(budget: Budget, value: Any, other: Any) -> bool:
    inner = _range_of(_cidr(budget, other) if isinstance(other, str) else other).network
    outer = _range_of(value).network
    return inner.version == outer.version and bool(inner.subnet_of(outer))


def _masked(budget: Budget, value: Any) -> Cidr:
    return Cidr(ipaddress.ip_interface(str(_range_of(value).network)))


def _prefix_length(budget: Budget, value: Any) -> int:
    return int(_range_of(value).network.prefixlen)


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("ip", False): _ip,
    ("ip", True): _ip,
    ("isIP", False): _is_ip,
    ("ip.isCanonical", False): _is_canonical,
    ("family", True): _family,
    ("isUnspecified", True): _asks("is_unspecified"),
    ("isLoopback", True): _asks("is_loopback"),
    ("isLinkLocalMulticast", True): _link_local_multicast,
    ("isLinkLocalUnicast", True): _asks("is_link_local"),
    ("isGlobalUnicast", True): _global,
    ("cidr", False): _cidr,
    ("isCIDR", False): _is_cidr,
    ("containsIP", True): _contains_ip,
    ("containsCIDR", True): _contains_cidr,
    ("masked", True): _masked,
    ("prefixLength", True): _prefix_length,
}

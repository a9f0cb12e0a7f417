"""Caddy's configuration as JSON.

Caddy replaces {placeholders} in strings, and a listener may be a "unix/…" path: so every
address that comes from an object is checked before it stands anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

PORT = 10257
PATH = "/generation"
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-/")


@dataclass(frozen=True)
class Site:
    """One service port."""

    name: str
    listen: tuple[str, ...]
    """"address:port" """
    upstreams: tuple[str, ...]
    sticky: bool = False


def configuration(sites: Sequence[Site], confirm_address: str) -> tuple[bytes, str]:
    """(contents, generation): the latter is answered on the confirm address. ValueError for
    an address or a name that is none."""
    servers = {_name(site.name): _server(site) for site in sites}
    generation = hashlib.sha256(json.dumps(servers, sort_keys=True).encode()).hexdigest()[:16]
    servers["confirm"] = {
        **_listening((f"{confirm_address}:{PORT}",)),
        "routes": [
            {
                "match": [{"path": [PATH]}],
                "handle": [{"handler": "static_response", "body": generation}],
            }
        ],
    }
    document = {
        "admin": {"disabled": True, "config": {"persist": False}},
        "storage": {"module": "file_system", "root": "/run/caddy"},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {"http": {"grace_period": "30s", "servers": servers}},
    }
    return json.dumps(document, indent=1, sort_keys=True).encode(), generation


def _server(site: Site) -> dict[str, Any]:
    policy = "ip_hash" if site.sticky else "round_robin"
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": _address(each)} for each in site.upstreams],
        "load_balancing": {
            "selection_policy": {"policy": policy},
            "retries": 3,
            "try_interval": "50ms",
        },
        "health_checks": {"passive": {"fail_duration": "2s"}},
        "transport": {"protocol": "http", "dial_timeout": "2s"},
        "flush_interval": -1,
    }
    return {**_listening(site.listen), "routes": [{"handle": [proxy]}]}


def _listening(addresses: Sequence[str]) -> dict[str, Any]:
    return {
        "listen": [_address(each) for each in addresses],
        "automatic_https": {"disable": True},
        "protocols": ["h1", "h2c"],
    }


def _address(text: str) -> str:
    """ "address:port", both numbers."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{text!r} is not an address and a port")
    if str(IPv4Address(host)) != host:
        raise ValueError(f"{text!r} is not an address and a port")
    return text


def _name(text: str) -> str:
    if not _NAME_CHARACTERS.issuperset(text):
        raise ValueError(f"{text!r} is not the name of a service port")
    return text

"""How names are resolved inside a pod, and what the pod calls itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, forbidden, invalid, required, too_long
from kctl.api.validation.values import ip_address, named

_MAX_NAMESERVERS = 3
_MAX_SEARCHES = 32
_MAX_SEARCH_CHARACTERS = 2048
_MAX_HOSTNAME = 64
_SEARCH = re.compile(r"[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?(\.[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?)*")


def dns_config(
    config: Mapping[str, Any] | None, policy: str, path: str, errors: list[FieldError]
) -> None:
    if policy == "None":
        if config is None:
            errors.append(required(path, "must provide `dnsConfig` when `dnsPolicy` is None"))
            return
        if not config.get("nameservers"):
            text = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            errors.append(required(f"{path}.nameservers", text))
            return
    if config is None:
        return
    servers = config.get("nameservers") or []
    if len(servers) > _MAX_NAMESERVERS:
        text = f"must not have more than {_MAX_NAMESERVERS} nameservers"
        errors.append(invalid(f"{path}.nameservers", servers, text))
    for at, server in enumerate(servers):
        ip_address(server, f"{path}.nameservers[{at}]", errors)
    _searches(config.get("searches") or [], f"{path}.searches", errors)
    for at, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            errors.append(required(f"{path}.options[{at}]", "must not be empty"))


def _searches(searches: list[str], path: str, errors: list[FieldError]) -> None:
    if len(searches) > _MAX_SEARCHES:
        text = f"must not have more than {_MAX_SEARCHES} search paths"
        errors.append(invalid(path, searches, text))
    if len(" ".join(searches)) > _MAX_SEARCH_CHARACTERS:
        text = (
            f"must not have more than {_MAX_SEARCH_CHARACTERS} characters (including spaces) "
            "in the search list"
        )
        errors.append(invalid(path, searches, text))
    for at, search in enumerate(searches):
        name = search.removesuffix(".")
        if search != "." and not (len(name) <= 253 and _SEARCH.fullmatch(name)):
            named(name, f"{path}[{at}]", names.dns_subdomain, errors)


def host_aliases(listed: Sequence[Mapping[str, Any]], path: str, errors: list[FieldError]) -> None:
    for at, alias in enumerate(listed):
        ip_address(alias.get("ip") or "", f"{path}[{at}].ip", errors)
        for number, hostname in enumerate(alias.get("hostnames") or ()):
            where = f"{path}[{at}].hostnames[{number}]"
            named(hostname, where, names.dns_subdomain, errors)


def hostname_override(spec: Mapping[str, Any], path: str, errors: list[FieldError]) -> None:
    value = spec.get("hostnameOverride")
    if value is None:
        return
    where = f"{path}.hostnameOverride"
    for name in ("setHostnameAsFQDN", "hostNetwork"):
        if spec.get(name):
            errors.append(forbidden(where, f"may not be specified when {name} is true"))
    if len(value) > _MAX_HOSTNAME:
        errors.append(too_long(where, _MAX_HOSTNAME))
    named(value, where, names.dns_subdomain, errors)

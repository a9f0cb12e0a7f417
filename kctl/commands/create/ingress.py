"""kctl create ingress."""

from __future__ import annotations

import re

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, Object, create, meta, name_of
from kctl.commands.parse import Args

_RULE = re.compile(
    r"(?P<host>[\w*\-.]*)(?P<path>/.*)=(?P<service>[\w\-]+):(?P<port>[\w\-]+)", re.ASCII
)
"""Matched at the beginning; what follows is looked at for ",tls" alone, as kubectl does."""


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    _check(args)
    spec: Object = {}
    if args["class"]:
        spec["ingressClassName"] = args["class"]
    if args["default-backend"]:
        spec["defaultBackend"] = _backend(args["default-backend"])
    if tls := _tls(args["rule"]):
        spec["tls"] = tls
    if rules := _rules(args["rule"]):
        spec["rules"] = rules
    annotations = dict(each.split("=", 1) for each in args["annotation"])
    obj = {
        "kind": "Ingress",
        "apiVersion": "networking.k8s.io/v1",
        "metadata": meta(ctx, name, annotations=dict(sorted(annotations.items()))),
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    return create(ctx, args, obj, failure="failed to create ingress: ")


def _check(args: Args) -> None:
    """Raises UsageError with kubectl's texts."""
    default = args["default-backend"]
    if not default and not args["rule"]:
        raise UsageError(
            "not enough information provided: every ingress has to either specify a "
            "default-backend (which catches all traffic) or a list of rules (which catch "
            "specific paths)"
        )
    for rule in args["rule"]:
        if not _RULE.match(rule):
            raise UsageError(
                f"rule {rule} is invalid and should be in format "
                "host/path=svcname:svcport[,tls[=secret]]"
            )
    for each in args["annotation"]:
        if "=" not in each:
            raise UsageError(f"annotation {each} is invalid and should be in format key=[value]")
    if default and default.count(":") != 1:
        raise UsageError("default-backend should be in format servicename:serviceport")


def _backend(text: str) -> Object:
    name, _, port = text.partition(":")
    number = int(port) if re.fullmatch(r"[0-9]+", port) else None
    return {
        "service": {"name": name, "port": {"name": port} if number is None else {"number": number}}
    }


def _tls(rules: list[str]) -> list[Object]:
    """One entry for each secret, with the hosts of its rules; a host stands in one."""
    found: list[Object] = []
    seen: set[str] = set()
    for rule in rules:
        words = rule.split(",")
        host = rule.split("/", 1)[0]
        if len(words) != 2 or host in seen:
            continue
        seen.add(host)
        secret = words[1].partition("=")[2]
        known = next((each for each in found if secret and each.get("secretName") == secret), None)
        if known is not None:
            known.setdefault("hosts", []).append(host)
        elif host or secret:
            hosts = {"hosts": [host]} if host else {}
            found.append({**hosts, **({"secretName": secret} if secret else {})})
    return found


def _rules(rules: list[str]) -> list[Object]:
    """One entry for each host, in the order in which they came."""
    found: dict[str, Object] = {}
    for rule in rules:
        host, _, rest = rule.split(",")[0].partition("/")
        words = rest.split("=")
        path, kind = "/" + words[0], "Exact"
        if path.endswith("*"):
            path, kind = path[:-1], "Prefix"
        entry = found.setdefault(host, {**({"host": host} if host else {}), "http": {"paths": []}})
        entry["http"]["paths"].append(
            {"path": path, "pathType": kind, "backend": _backend(words[1])}
        )
    return list(found.values())


COMMAND = Command(
    name="ingress",
    summary="Create an ingress with the specified name.",
    usage="ingress NAME --rule=host/path=service:port[,tls[=secret]]",
    examples="""
# An ingress that leads every path below foo.com/ to the port 8080 of the service svc1
kctl create ingress simple --rule="foo.com/*=svc1:8080"

# The same for the class "otheringress", with TLS and a certificate in a secret
kctl create ingress secured --class=otheringress --rule="foo.com/*=svc1:8080,tls=my-cert"

# What no rule catches goes to a default backend
kctl create ingress catch-all --default-backend=defaultsvc:http --rule="foo.com/bar=svc:http"
""",
    arguments=("NAME",),
    options=(
        *PRINTING,
        Option("annotation", "array", help="An annotation, in the form annotation=value."),
        Option("class", help="Ingress Class to be used"),
        Option("default-backend", help="Backend of what no rule catches: svcname:port."),
        Option("rule", "array", help="A rule in the form host/path=service:port[,tls=secretname]."),
    ),
    run=run,
)

"""What the four sorts of services share: ports, labels, the selector."""

from __future__ import annotations

import re

from kctl.commands.command import Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import Object, create, meta, without_empty
from kctl.commands.parse import Args

TCP = Option("tcp", "slice", help="Port pairs can be specified as '<port>:<targetPort>'.")


def need_ports(args: Args) -> None:
    if not args["tcp"]:
        raise UsageError("at least one tcp port specifier must be provided")


def make(
    ctx: Context,
    args: Args,
    name: str,
    kind: str,
    *,
    cluster_ip: str = "",
    external_name: str = "",
    node_port: int = 0,
) -> int:
    """Create a service of type `kind`."""
    labels = {"app": name}
    spec = without_empty(
        {
            "ports": [_port(text, node_port) for text in args["tcp"]],
            "selector": dict(labels),
            "clusterIP": cluster_ip,
            "type": kind,
            "externalName": external_name,
        }
    )
    obj: Object = {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": meta(ctx, name, labels=labels),
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    return create(ctx, args, obj, failure=f"failed to create {kind} service: ")


def _port(text: str, node_port: int) -> Object:
    """ "80", "80:8080" or "80:http"."""
    number, colon, target = text.partition(":")
    port = parse_port(number)
    aimed: int | str = _target(target) if colon else port
    made = {"name": text.replace(":", "-"), "protocol": "TCP", "port": port, "targetPort": aimed}
    return {**made, **({"nodePort": node_port} if node_port else {})}


def parse_port(text: str) -> int:
    """strconv.ParseUint in 16 bits, with its texts."""
    if not text.isascii() or not text.isdigit():
        raise UsageError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    number = int(text)
    if number > 65535:
        raise UsageError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return number


def _target(text: str) -> int | str:
    if text.isascii() and text.removeprefix("-").isdigit():
        number = int(text)
        if not 1 <= number <= 65535:
            raise UsageError("must be between 1 and 65535, inclusive")
        return number
    problems = port_name_problems(text)
    if problems:
        raise UsageError(",".join(problems))
    return text


def port_name_problems(text: str) -> list[str]:
    """What Kubernetes says of a port's name (IANA_SVC_NAME)."""
    problems = []
    if len(text) > 15:
        problems.append("must be no more than 15 characters")
    if not re.fullmatch(r"[-a-z0-9]+", text):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", text):
        problems.append("must contain at least one letter (a-z)")
    if "--" in text:
        problems.append("must not contain consecutive hyphens")
    if text[:1] == "-" or text[-1:] == "-":
        problems.append("must not begin or end with a hyphen")
    return problems

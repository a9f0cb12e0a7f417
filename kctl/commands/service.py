"""`kctl service`: where a service answers."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import get
from kctl.commands.parse import Args

Object = dict[str, Any]

HTTPS_PORTS = frozenset({443, 6443, 8443})


def run(ctx: Context, args: Args) -> int:
    from kctl.api.errors import not_found

    if len(args.positional) != 1:
        raise UsageError("give the name of one service: kctl service NAME")
    ctx.refresh()
    name = args.positional[0].removeprefix("service/").removeprefix("svc/")
    service = get(ctx, "services", ctx.namespace, name)
    if service is None:
        raise not_found("services", name)
    found = urls(service, _node_address(ctx))
    if not found:
        headless = service["spec"].get("clusterIP") == "None"
        what = "headless" if headless else service["spec"]["type"]
        raise UsageError(f'service "{name}" has no address of its own: it is {what}')
    if args["url"]:
        for _, url in found:
            ctx.say(url)
        return 0
    from kctl.printing.table import table

    rows = [("NAMESPACE", "NAME", "TARGET PORT", "URL")]
    rows += [(ctx.namespace, name, port, url) for port, url in found]
    ctx.out.write(table(rows))
    return 0


def urls(service: Object, node_address: str) -> list[tuple[str, str]]:
    """(port, URL) for each port: at the node where there is a node port, else at the
    cluster address. TCP ports that look like TLS get https."""
    spec = service["spec"]
    cluster = spec.get("clusterIP")
    found = []
    for port in spec.get("ports") or []:
        label = f"{port['name']}/{port['port']}" if port.get("name") else str(port["port"])
        if port.get("nodePort"):
            address, number = node_address, port["nodePort"]
        elif cluster and cluster != "None":
            address, number = cluster, port["port"]
        else:
            continue
        found.append((label, f"{_scheme(port)}://{address}:{number}"))
    return found


def _scheme(port: Object) -> str:
    hint = str(port.get("appProtocol") or port.get("name") or "").lower()
    if "https" in hint or port["port"] in HTTPS_PORTS:
        return "https"
    return "http" if port.get("protocol", "TCP") == "TCP" else str(port["protocol"]).lower()


def _node_address(ctx: Context) -> str:
    """Of a ready node, by preference; every node serves every node port."""
    best = ""
    for node in ctx.plane.api.list("nodes").items:
        status = node.get("status") or {}
        address = next(
            (e["address"] for e in status.get("addresses") or [] if e["type"] == "InternalIP"), ""
        )
        ready = any(
            each["type"] == "Ready" and each["status"] == "True"
            for each in status.get("conditions") or []
        )
        if address and (ready or not best):
            best = address
            if ready:
                break
    return best or "127.0.0.1"


COMMAND = Command(
    name="service",
    summary="Show the addresses of a service",
    usage="service NAME [--url]",
    description="Every node serves every node port; cluster addresses answer on the nodes and "
    "in the pods.",
    examples='# Only the URL, for curl\ncurl "$(kctl service web --url)"',
    options=(Option("url", "bool", help="Print the URLs alone, one a line."),),
    arguments=("service",),
    run=run,
)

"""Variables that tell a container of the services that were there when it started.

https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
"""

from __future__ import annotations

from kctl.controllers.types import Object, View

MASTER = ("default", "kubernetes")
"""The service of the API; containers of every namespace hear of it."""


def service_variables(view: View, namespace: str, links: bool) -> dict[str, str]:
    """By name, in the order of the services' names. Without `links` the API's alone."""
    services = {}
    master = view.get("services", *MASTER)
    if master is not None and _has_address(master):
        services[MASTER[1]] = master
    if links:
        for each in view.list("services", namespace):
            if _has_address(each):
                services[each["metadata"]["name"]] = each
    variables: dict[str, str] = {}
    for name in sorted(services):
        variables.update(_variables(services[name]))
    return variables


def _has_address(service: Object) -> bool:
    return service["spec"].get("clusterIP", "") not in ("", "None")


def _variables(service: Object) -> dict[str, str]:
    spec = service["spec"]
    ports = spec.get("ports") or ()
    if not ports:
        return {}
    prefix = service["metadata"]["name"].upper().replace("-", "_")
    host = spec["clusterIP"]
    address = f"[{host}]" if ":" in host else host
    variables = {
        f"{prefix}_SERVICE_HOST": host,
        f"{prefix}_SERVICE_PORT": str(ports[0]["port"]),
    }
    for port in ports:
        if port.get("name"):
            name = port["name"].upper().replace("-", "_")
            variables[f"{prefix}_SERVICE_PORT_{name}"] = str(port["port"])
    for index, port in enumerate(ports):
        protocol = port.get("protocol") or "TCP"
        number = port["port"]
        url = f"{protocol.lower()}://{address}:{number}"
        if index == 0:
            variables[f"{prefix}_PORT"] = url
        each = f"{prefix}_PORT_{number}_{protocol.upper()}"
        variables[each] = url
        variables[f"{each}_PROTO"] = protocol.lower()
        variables[f"{each}_PORT"] = str(number)
        variables[f"{each}_ADDR"] = host
    return variables

"""The paths that are no resources: discovery, health, the version, OpenAPI."""

from __future__ import annotations

from starlette.responses import Response

from kctl.api.kind import Object
from kctl.server import discovery, health, openapi
from kctl.server.call import Call
from kctl.server.resources import not_allowed
from kctl.server.respond import respond, text

_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"


async def serve(call: Call) -> Response:
    parts = call.info.path.strip("/").split("/")
    if call.method not in ("GET", "HEAD"):
        raise not_allowed()
    match parts:
        case ["version"]:
            return respond(call, health.version())
        case [("healthz" | "livez" | "readyz") as name, *rest]:
            return health.answer(call, name, "/".join(rest), call.server.checks)
        case [""]:
            return respond(call, {"paths": sorted(_index(call))})
        case ["api" | "apis", *rest] if len(rest) < 3:
            return _discovery(call, parts[0] == "api", rest)
        case ["openapi", *rest]:
            return await openapi.serve(call, rest)
        case [".well-known", "openid-configuration"]:
            return respond(call, call.server.security.tokens.configuration(_base(call)))
        case ["openid", "v1", "jwks"]:
            keys = call.server.security.tokens.keys()
            return respond(call, keys, media="application/jwk-set+json")
    return text(call, "404 page not found\n", 404)


def _base(call: Call) -> str:
    return f"{call.scope['scheme']}://{call.headers.get('host', '')}"


def _index(call: Call) -> set[str]:
    found = {"/api", "/api/v1", "/apis", "/openapi/v2", "/openapi/v3", "/version"}
    found |= {f"/{name}" for name in health.PATHS}
    for entry in call.server.discovery(core=False, form="v2")["items"]:
        group = entry["metadata"]["name"]
        found.add(f"/apis/{group}")
        found |= {f"/apis/{group}/{each['version']}" for each in entry["versions"]}
    return found


def _discovery(call: Call, core: bool, rest: list[str]) -> Response:
    accept = call.headers.get("accept", "")
    if not rest:
        form = _aggregated_form(accept)
        if form:
            whole = call.server.discovery(core=core, form=form)
            return respond(call, whole, media=_DISCOVERY.format(form))
        if core:
            host = call.headers.get("host", "")
            return respond(call, discovery.api_versions(host))
        return respond(call, discovery.group_list(call.server.discovery(core=False, form="v2")))
    group, version = ("", rest[0]) if core else (rest[0], rest[1] if len(rest) > 1 else "")
    entry = _entry(call, core, group)
    if entry is None or (core and len(rest) > 1):
        return text(call, "404 page not found\n", 404)
    if not version:
        return respond(call, discovery.group(entry))
    listed = discovery.resource_list(entry, version)
    if listed is None:
        return text(call, "404 page not found\n", 404)
    return respond(call, listed)


def _aggregated_form(accept: str) -> str:
    """The first version of aggregated discovery that the client takes, "" for none before
    plain JSON."""
    for entry in accept.split(","):
        params = [each.strip() for each in entry.split(";")]
        if params[0] == "application/json" and len(params) == 1:
            return ""
        if "as=APIGroupDiscoveryList" in params and params[0] == "application/json":
            for form in discovery.AGGREGATED:
                if f"v={form}" in params:
                    return form
    return ""


def _entry(call: Call, core: bool, group: str) -> Object | None:
    for entry in call.server.discovery(core=core, form="v2")["items"]:
        if entry["metadata"]["name"] == group:
            found: Object = entry
            return found
    return None

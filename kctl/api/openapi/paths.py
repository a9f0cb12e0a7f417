"""The operations of a kind: paths, parameters, bodies and answers, in both dialects.

What kubectl reads of them: the kind behind a path (`explain`) and whether a PATCH takes
`fieldValidation` (then it leaves the validation to the server). Generic clients and fuzzers
read all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from kctl.api.kind import Kind
from kctl.api.openapi import parameters
from kctl.api.openapi.names import component, group_version, gvk
from kctl.api.openapi.schemas import V3, Types
from kctl.api.schema.schema import definition, shortened

Object = dict[str, Any]

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_TYPES = ("application/json", "application/yaml")
WRITE_TYPES = (*READ_TYPES, "application/vnd.kubernetes.protobuf")
PATCH_TYPES = (  # the last one is for types of the table alone
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
STATUS, DELETE_OPTIONS, LIST_META = "+meta.v1.Status", "+meta.v1.DeleteOptions", "+meta.v1.ListMeta"
_CODES = {"post": (200, 201, 202), "put": (200, 201), "patch": (200, 201), "delete": (200, 202)}
_TEXTS = {200: "OK", 201: "Created", 202: "Accepted", 401: "Unauthorized"}
_METHODS = {"create": "post", "update": "put"}
_TEXT_ANSWERS = frozenset(("attach", "exec", "log", "portforward", "proxy"))
"""Subresources whose answer is no object."""


class Subresource(Protocol):
    """What the server's discovery says of one."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def verbs(self) -> tuple[str, ...]: ...


Subresources = Callable[[Kind], Iterable[Subresource]]
SchemaOf = Callable[[Kind], Object | None]


class Paths:
    """Gathers the paths of kinds; the schemas that they mention go to `types`."""

    def __init__(self, types: Types, schema_of: SchemaOf, subresources: Subresources) -> None:
        self.types, self.schema_of, self.subresources = types, schema_of, subresources
        self.v3 = types.base == V3
        self.found: dict[str, Object] = {}

    def add(self, kind: Kind, verbs: tuple[str, ...] = VERBS) -> None:
        """A kind's paths with the operations of `verbs`, those of discovery."""
        own = {"$ref": self._own(kind)}
        items = {"$ref": self._list(kind, own)} if "list" in verbs else {}
        done = self.types.ref(STATUS) if "delete" in verbs else {}
        top = f"/{group_version(kind)}"
        within = f"{top}/namespaces/{{namespace}}" if kind.namespaced else top
        place = ("namespace",) if kind.namespaced else ()
        about = gvk(kind.group, kind.version, kind.kind)
        one = _Maker(self, kind, about)
        if kind.namespaced and "list" in verbs:
            listing = one.operation("list", items, suffix="ForAllNamespaces")
            self.found[f"{top}/{kind.plural}"] = {"get": listing, "parameters": []}
        item = {
            "list": ("get", "list", items, None),
            "create": ("post", "post", own, own),
            "deletecollection": ("delete", "deletecollection", done, None),
        }
        self._add_item(one, f"{within}/{kind.plural}", place, item, verbs)
        named = f"{within}/{kind.plural}/{{name}}"
        item = {
            "get": ("get", "get", own, None),
            "update": ("put", "put", own, own),
            "patch": ("patch", "patch", own, None),
            "delete": ("delete", "delete", done, None),
        }
        self._add_item(one, named, ("name", *place), item, verbs)
        for sub in self.subresources(kind):
            self._add_subresource(kind, own, named, ("name", *place), sub)

    def _add_item(
        self,
        maker: _Maker,
        path: str,
        place: tuple[str, ...],
        item: dict[str, tuple[str, str, Object, Object | None]],
        verbs: tuple[str, ...],
    ) -> None:
        """item: verb -> (HTTP method, action, answer, body)."""
        found: Object = {
            method: maker.operation(action, answer, body=body)
            for verb, (method, action, answer, body) in item.items()
            if verb in verbs
        }
        if found:
            found["parameters"] = parameters.in_path(place, v3=self.v3)
            self.found[path] = found

    def _add_subresource(
        self, kind: Kind, own: Object, named: str, place: tuple[str, ...], sub: Subresource
    ) -> None:
        about = gvk(sub.group, sub.version, sub.kind)
        answer = own if sub.kind == kind.kind else self._other(sub)
        if sub.name in _TEXT_ANSWERS:
            answer = {"type": "string"}
        maker = _Maker(self, kind, about, sub.name)
        item: Object = {"parameters": parameters.in_path(place, v3=self.v3)}
        for verb in sub.verbs:
            method = _METHODS.get(verb, verb)
            plain = sub.name not in _TEXT_ANSWERS
            body = answer if plain and method in ("post", "put") else None
            item[method] = maker.operation(method, answer, body=body)
        self.found[f"{named}/{sub.name}"] = item

    def _own(self, kind: Kind) -> str:
        """The reference of a kind's schema."""
        if definition(kind.schema) is not None:
            return self.types.add(shortened(kind.schema))
        name = component(kind)
        if name in self.types.found:
            return self.types.base + name
        about = gvk(kind.group, kind.version, kind.kind)
        return self.types.add_custom(name, self.types.custom(self.schema_of(kind), about))

    def _list(self, kind: Kind, own: Object) -> str:
        short = shortened(kind.schema) + "List"
        if definition(short) is not None:
            return self.types.add(short)
        meta = self.types.ref(LIST_META)
        schema = {
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": {"type": "string"},
                "items": {"type": "array", "items": own},
                "kind": {"type": "string"},
                "metadata": meta,
            },
            "x-kubernetes-group-version-kind": [gvk(kind.group, kind.version, f"{kind.kind}List")],
        }
        return self.types.add_custom(f"{component(kind)}List", schema)

    def _other(self, sub: Subresource) -> Object:
        """The schema of a subresource's own kind ("Scale", "Eviction")."""
        first = sub.group.partition(".")[0] or "core"
        short = f"{first}.{sub.version}.{sub.kind}"
        return self.types.ref(short) if definition(short) else {"type": "object"}


class _Maker:
    """Operations of one resource or subresource."""

    def __init__(
        self, paths: Paths, kind: Kind, about: dict[str, str], subresource: str = ""
    ) -> None:
        self._paths, self._kind, self._about = paths, kind, about
        self._subresource = subresource

    def operation(
        self, verb: str, answer: Object, *, body: Object | None = None, suffix: str = ""
    ) -> Object:
        """verb: an HTTP method, "list" or "deletecollection"."""
        v3 = self._paths.v3
        names = parameters.OF_VERB[verb]
        if self._subresource in parameters.OF_SUBRESOURCE:
            names = parameters.OF_SUBRESOURCE[self._subresource]
        result: Object = {
            "operationId": self._id(verb) + suffix,
            "tags": [self._tag()],
            "parameters": parameters.query(names, v3=v3),
            "responses": self._responses(verb, answer),
            "x-kubernetes-action": verb,
            "x-kubernetes-group-version-kind": self._about,
        }
        accepted = self._body(verb, body)
        if accepted is not None:
            types, schema, required = accepted
            self._take(result, types, schema, required)
        if not v3:
            result["produces"] = list(READ_TYPES)
        return result

    def _id(self, verb: str) -> str:
        """Unique in the document: "listAppsV1NamespacedDeployment"."""
        kind = self._kind
        group = "".join(part.capitalize() for part in kind.group.split(".")) or "Core"
        scope = "Namespaced" if kind.namespaced else ""
        return f"{verb}{group}{kind.version.capitalize()}{scope}{kind.kind}" + (
            self._subresource.capitalize()
        )

    def _tag(self) -> str:
        first = self._kind.group.partition(".")[0] or "core"
        return f"{first}_{self._kind.version}"

    def _body(self, verb: str, body: Object | None) -> tuple[tuple[str, ...], Object, bool] | None:
        if verb == "patch":
            known = definition(self._kind.schema) is not None
            return PATCH_TYPES if known else PATCH_TYPES[:-1], {"type": "object"}, True
        if verb in ("delete", "deletecollection") and not self._subresource:
            return WRITE_TYPES, self._paths.types.ref(DELETE_OPTIONS), False
        return (WRITE_TYPES, body, True) if body is not None else None

    def _take(self, result: Object, types: tuple[str, ...], schema: Object, required: bool) -> None:
        if self._paths.v3:
            content = {each: {"schema": schema} for each in types}
            result["requestBody"] = {"content": content, **({"required": True} if required else {})}
            return
        result["consumes"] = list(types)
        body = {"name": "body", "in": "body", "schema": schema, "required": required}
        result["parameters"].append(body)

    def _responses(self, verb: str, answer: Object) -> Object:
        found: Object = {}
        for code in _CODES.get(verb, (200,)):
            found[str(code)] = self._response(code, answer)
        found["401"] = {"description": _TEXTS[401]}
        return found

    def _response(self, code: int, answer: Object) -> Object:
        if not self._paths.v3:
            return {"description": _TEXTS[code], "schema": answer}
        types = ("text/plain",) if self._subresource in _TEXT_ANSWERS else READ_TYPES
        content = {each: {"schema": answer} for each in types}
        return {"description": _TEXTS[code], "content": content}

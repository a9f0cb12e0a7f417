"""What the checker must know of functions beside the standard library: their types."""

from __future__ import annotations

from typing import Any

from kctl.api.cel.kubernetes import FORMAT_NAMES

EXTENSIONS = """
extensions:
  - name: strings
  - name: optional
  - name: bindings
  - name: sets
  - name: lists
  - name: math
  - name: two-var-comprehensions
"""
_SIMPLE = ("int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration")
_OF_QUANTITIES = {
    "sign": "int",
    "isInteger": "bool",
    "asInteger": "int",
    "asApproximateFloat": "double",
}
_OF_URLS = {
    "getScheme": "string",
    "getHost": "string",
    "getHostname": "string",
    "getPort": "string",
    "getEscapedPath": "string",
}
_OF_IPS = (
    "isUnspecified",
    "isLoopback",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isGlobalUnicast",
)


def declarations(cel: Any) -> list[Any]:
    """The declarations of Kubernetes' libraries; `cel` is the library's module."""
    made = _Declarations(cel)
    made.quantities()
    made.urls()
    made.addresses()
    made.versions()
    made.formats()
    made.lists()
    made.texts()
    made.authorizer()
    return [cel.FunctionDecl(name, overloads) for name, overloads in made.found.items()]


class _Declarations:
    """Collects the overloads of each name. Types are named "int", "list(int)",
    "kubernetes.Quantity". The library tells opaque types apart only in their overloads'
    names: where one may stand for another it is "dyn", and evaluation tells of the mistake."""

    def __init__(self, cel: Any) -> None:
        self._cel = cel
        self.found: dict[str, list[Any]] = {}

    def _type(self, name: str) -> Any:
        types = self._cel.Type
        if name.startswith("list("):
            return types.List(self._type(name[5:-1]))
        if name == "params":
            return types.Map(types.STRING, types.List(types.STRING))
        if name.startswith("optional("):
            return types.AbstractType("optional_type", [self._type(name[9:-1])])
        if "." in name:
            return types.AbstractType(name)
        return getattr(types, name.upper())

    def add(self, name: str, result: str, *params: str, member: bool = False) -> None:
        listed = self.found.setdefault(name, [])
        self._cel_overload(listed, name, result, params, member)

    def _cel_overload(
        self, listed: list[Any], name: str, result: str, params: tuple[str, ...], member: bool
    ) -> None:
        words = [name, *params, "member" if member else "global"]
        identity = "k8s_" + "_".join(words).replace(".", "_").replace("(", "_").replace(")", "")
        types = [self._type(each) for each in params]
        listed.append(self._cel.Overload(identity, self._type(result), types, member))

    def quantities(self) -> None:
        own = "kubernetes.Quantity"
        self.add("quantity", own, "string")
        self.add("isQuantity", "bool", "string")
        for name, result in _OF_QUANTITIES.items():
            self.add(name, result, own, member=True)
        for name in ("add", "sub"):
            self.add(name, own, own, "dyn", member=True)
        for name, result in (
            ("isGreaterThan", "bool"),
            ("isLessThan", "bool"),
            ("compareTo", "int"),
        ):
            self.add(name, result, "dyn", "dyn", member=True)

    def urls(self) -> None:
        self.add("url", "kubernetes.URL", "string")
        self.add("isURL", "bool", "string")
        for name, result in _OF_URLS.items():
            self.add(name, result, "kubernetes.URL", member=True)
        self.add("getQuery", "params", "kubernetes.URL", member=True)

    def addresses(self) -> None:
        self.add("ip", "net.IP", "string")
        self.add("ip", "net.IP", "net.CIDR", member=True)
        self.add("isIP", "bool", "string")
        self.add("ip.isCanonical", "bool", "string")
        self.add("family", "int", "net.IP", member=True)
        for name in _OF_IPS:
            self.add(name, "bool", "net.IP", member=True)
        self.add("cidr", "net.CIDR", "string")
        self.add("isCIDR", "bool", "string")
        for name in ("containsIP", "containsCIDR"):
            self.add(name, "bool", "net.CIDR", "dyn", member=True)
        self.add("masked", "net.CIDR", "net.CIDR", member=True)
        self.add("prefixLength", "int", "net.CIDR", member=True)

    def versions(self) -> None:
        own = "kubernetes.Semver"
        for params in (("string",), ("string", "bool")):
            self.add("semver", own, *params)
            self.add("isSemver", "bool", *params)
        for name in ("major", "minor", "patch"):
            self.add(name, "int", own, member=True)

    def formats(self) -> None:
        own = "kubernetes.NamedFormat"
        self.add("format.named", f"optional({own})", "string")
        for name in FORMAT_NAMES:
            self.add(f"format.{name}", own)
        self.add("validate", "optional(list(string))", own, "string", member=True)

    def lists(self) -> None:
        for name in ("int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration"):
            of = f"list({name})"
            self.add("isSorted", "bool", of, member=True)
            self.add("min", name, of, member=True)
            self.add("max", name, of, member=True)
            if name in ("int", "uint", "double", "duration"):
                self.add("sum", name, of, member=True)
        self.add("indexOf", "int", "list(dyn)", "dyn", member=True)
        self.add("lastIndexOf", "int", "list(dyn)", "dyn", member=True)

    def texts(self) -> None:
        self.add("find", "string", "string", "string", member=True)
        self.add("findAll", "list(string)", "string", "string", member=True)
        self.add("findAll", "list(string)", "string", "string", "int", member=True)

    def authorizer(self) -> None:
        """Kubernetes' authorizer, which tells of no errors here: it cannot fail."""
        own, path, group = "kubernetes.authorization.Authorizer", "PathCheck", "GroupCheck"
        path, group = f"kubernetes.authorization.{path}", f"kubernetes.authorization.{group}"
        resource = "kubernetes.authorization.ResourceCheck"
        decision = "kubernetes.authorization.Decision"
        self.add("path", path, own, "string", member=True)
        self.add("group", group, own, "string", member=True)
        self.add("serviceAccount", own, own, "string", "string", member=True)
        self.add("resource", resource, group, "string", member=True)
        for name in ("subresource", "namespace", "name"):
            self.add(name, resource, resource, "string", member=True)
        self.add("check", decision, "dyn", "string", member=True)
        self.add("allowed", "bool", decision, member=True)
        self.add("reason", "string", decision, member=True)

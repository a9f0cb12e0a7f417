"""The objects that a command line names, as they are stored now.

Reads go through the store's light door, so that `get -o yaml` or `describe` opens
nothing heavy. Errors about single objects are collected: kubectl goes on with the
others, and tells at the end.
"""

from __future__ import annotations

from kctl.commands import arguments
from kctl.commands.catalog import Catalog, Resource
from kctl.commands.command import Several, UsageError
from kctl.light_json import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kctl.commands.context import Context
    from kctl.commands.parse import Args

    Object = dict[str, Any]


DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"


class Found:
    """One object: its resource, where it is, and itself. `source` is the file that named
    it, "" where the command line did."""

    __slots__ = ("name", "namespace", "obj", "resource", "source")

    def __init__(
        self, resource: Resource, namespace: str, name: str, obj: Object, source: str = ""
    ) -> None:
        self.resource, self.namespace, self.name = resource, namespace, name
        self.obj, self.source = obj, source

    @property
    def label(self) -> str:
        """ "deployment.apps/web", as messages name it."""
        return self.resource.named(self.name)


class Guard:
    """Catches what concerns one object alone: an API error, or a usage error."""

    def __init__(self, errors: list[Exception]) -> None:
        self.errors = errors

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            return False
        from kctl.api.errors import ApiError
        from kctl.commands.failure import Doing

        if isinstance(error, (ApiError, Doing, UsageError)):
            self.errors.append(error)
            return True
        return False


class Findings(list[Found]):
    """What was found, and what went wrong with single objects."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[Exception] = []
        self.single = False
        """One object was asked for by its name."""

    def guard(self) -> Guard:
        """`with findings.guard():` collects an error about one object, so that the next
        one has its turn."""
        return Guard(self.errors)

    def finish(self) -> int:
        """Raise what was collected; 0 where there is nothing."""
        if not self.errors:
            return 0
        if len(self.errors) == 1:
            raise self.errors[0]
        raise Several(self.errors)


def catalog(ctx: Context) -> Catalog:
    """The kinds that the control plane serves."""
    text = ctx.reader.meta("catalog")
    if text is not None:
        known = Catalog(text)
        count, newest = ctx.reader.extent(DEFINITIONS)
        if known.definitions == f"{count}/{newest}":
            return known
    ctx.plane.kinds.current()  # publishes it
    text = ctx.reader.meta("catalog")
    return Catalog(text or '{"resources":[]}')


def find(
    ctx: Context,
    args: Args,
    *,
    whole: bool = False,
    words: list[str] | None = None,
    selects_all: bool = False,
) -> Findings:
    """The objects that -f or the words (args.positional) name, live, in order.

    whole: a type without a name means all its objects (get, describe). selects_all: --all
    was given. Honours -l, --field-selector, -A and --ignore-not-found where the command
    has them.
    """
    words = args.positional if words is None else words
    selecting = bool(args.get("selector") or args.get("field-selector"))
    if selects_all and selecting:
        raise UsageError("setting 'all' parameter but found a non empty selector. ")
    findings = Findings()
    if args.get("filename"):
        _refuse_words(words)
        _from_files(ctx, args, findings)
        return findings
    asked = arguments.read(words)
    arguments.check(
        asked,
        selecting=selecting or selects_all,
        everywhere=bool(args.get("all-namespaces")),
        whole=whole,
    )
    known = catalog(ctx)
    findings.single = asked.single
    for word, name in asked.pairs:
        for resource in arguments.resolve(known, word):
            if name is None:
                findings += listed(ctx, args, resource)
                continue
            one(ctx, args, findings, resource, name)
    return findings


def _refuse_words(words: list[str]) -> None:
    if words:
        raise UsageError(
            "when paths, URLs, or stdin is provided as input, you may not specify resource "
            "arguments as well"
        )


def _from_files(ctx: Context, args: Args, findings: Findings) -> None:
    from kctl.commands import files

    known = catalog(ctx)
    manifests = files.read(ctx, args)
    findings.single = len(manifests) == 1
    for manifest in manifests:
        with findings.guard():
            resource, namespace, name = identify(ctx, known, manifest.obj, manifest.source)
            one(ctx, args, findings, resource, name, namespace, manifest.source)


def identify(ctx: Context, known: Catalog, obj: Object, source: str) -> tuple[Resource, str, str]:
    """The resource, namespace and name of a manifest. Raises UsageError for a kind that is
    not served, or a namespace that -n contradicts."""
    resource = known.of(obj)
    meta = obj.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    name = str(meta.get("name") or "")
    given = str(meta.get("namespace") or "")
    if resource is None:
        raise UsageError(
            f'resource mapping not found for name: "{name}" namespace: "{given}" from '
            f'"{source}": no matches for kind "{obj["kind"]}" in version '
            f'"{obj["apiVersion"]}"\nensure CRDs are installed first'
        )
    if not resource.namespaced:
        return resource, "", name
    if given and ctx.namespace_given and given != ctx.namespace:
        raise UsageError(
            f'the namespace from the provided object "{given}" does not match the namespace '
            f"\"{ctx.namespace}\". You must pass '--namespace={given}' to perform this "
            "operation."
        )
    return resource, given or ctx.namespace, name


def one(
    ctx: Context,
    args: Args,
    findings: Findings,
    resource: Resource,
    name: str,
    namespace: str = "",
    source: str = "",
) -> None:
    """Add one object by name, or the error that it is not there."""
    where = (namespace or ctx.namespace) if resource.namespaced else ""
    obj = get(ctx, resource, where, name)
    if obj is not None:
        findings.append(Found(resource, where, name, obj, source))
    elif not args.get("ignore-not-found"):
        from kctl.api.errors import not_found

        findings.errors.append(not_found(resource.resource, name))


def get(ctx: Context, resource: Resource | str, namespace: str, name: str) -> Object | None:
    """One object as stored now, None where it is not there."""
    key = resource if isinstance(resource, str) else resource.resource
    row = ctx.reader.get(key, namespace, name)
    if row is None:
        return None
    obj = decode(*row)
    return obj if isinstance(resource, str) else in_version(ctx, obj, resource)


def in_version(ctx: Context, obj: Object, resource: Resource) -> Object:
    """What is stored in one version of several, in the one that is asked for."""
    if resource.since:
        obj["apiVersion"] = resource.api_version
    elif obj.get("apiVersion") != resource.api_version:
        kind = ctx.plane.kinds.of({"apiVersion": resource.api_version, "kind": resource.kind})
        return kind.from_stored(obj) if kind.from_stored is not None else obj
    return obj


def decode(revision: int, value: str | bytes) -> Object:
    """An object from what is stored, with its resourceVersion."""
    obj: Object = loads(value)
    obj["metadata"]["resourceVersion"] = str(revision)
    return obj


def listed(ctx: Context, args: Args, resource: Resource) -> list[Found]:
    """The objects of one resource that the selectors let through, in key order."""
    scope = ctx.scope if resource.namespaced else None
    keep = selection(ctx, args, resource)
    found = []
    for revision, value in ctx.reader.list(resource.resource, scope):
        obj = in_version(ctx, decode(revision, value), resource)
        if keep(obj):
            meta = obj["metadata"]
            found.append(Found(resource, meta.get("namespace", ""), meta["name"], obj))
    return found


def selection(ctx: Context, args: Args, resource: Resource) -> Callable[[Object], bool]:
    """Whether -l and --field-selector let an object through."""
    tests: list[Callable[[Object], bool]] = []
    if args.get("selector"):
        from kctl.commands.selecting import label_test

        labels = label_test(args["selector"])
        tests.append(lambda obj: labels(obj["metadata"].get("labels") or {}))
    if args.get("field-selector"):
        from kctl.commands.selecting import field_keys

        keys = field_keys(ctx, args["field-selector"], resource)
        tests.append(lambda obj: _place(obj) in keys)
    return lambda obj: all(test(obj) for test in tests)


def _place(obj: Object) -> tuple[str, str]:
    meta = obj["metadata"]
    return meta.get("namespace", ""), meta["name"]

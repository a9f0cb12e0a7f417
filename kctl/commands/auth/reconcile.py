"""kctl auth reconcile."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kctl.api.authorization import reconcile
from kctl.api.authorization.policy import AUTOUPDATE
from kctl.api.authorization.reconcile import Reconciled
from kctl.api.authorization.rules import LISTS, go_list
from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from kctl.api.schema.decode import decode
from kctl.api.validation.rbac import GROUP
from kctl.commands import files, objects
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.options import dry_run, filename, output
from kctl.commands.output import Result
from kctl.commands.output import dry_run as dry_run_of
from kctl.commands.parse import Args

Object = dict[str, Any]

_PROTECTED = f", but object opted out ({AUTOUPDATE}: false)"
_ROLES = ("Role", "ClusterRole")


def run(ctx: Context, args: Args) -> int:
    files.required(args)
    if args.positional:
        raise UsageError("no arguments are allowed")
    dry = dry_run_of(ctx, args)
    if dry == "server":
        raise UsageError("--dry-run=server for command reconcile is not supported yet")
    result = Result(ctx, args, typed=True, dry=dry, parted=True)
    findings = objects.Findings()
    for manifest in files.read(ctx, args):
        with findings.guard():
            _one(ctx, args, result, manifest, dry)
    if dry == "none":
        ctx.settle()
    return findings.finish()


def _one(ctx: Context, args: Args, result: Result, manifest: files.Manifest, dry: str) -> None:
    """Objects of other kinds are passed over, as kubectl does."""
    resource, namespace, _ = objects.identify(
        ctx, objects.catalog(ctx), manifest.obj, manifest.source
    )
    if resource.group != GROUP:
        return
    kind = ctx.plane.kinds.by_resource(resource.resource)
    wanted = _read(kind, manifest.obj, namespace)
    done = _reconciled(ctx, args, kind, wanted)
    if done.operation and not done.protected and dry == "none":
        done.obj = _apply(ctx, kind, done)
    result.show(_ordered(done.obj), "reconciled")
    _tell(ctx, args, done)


def _read(kind: Kind, obj: Object, namespace: str) -> Object:
    wanted, _ = decode(kind, obj, "Ignore")
    wanted.setdefault("metadata", {})
    if kind.namespaced:
        wanted["metadata"]["namespace"] = namespace
    wanted["apiVersion"], wanted["kind"] = kind.api_version, kind.kind
    kind.default(wanted)
    return wanted


def _reconciled(ctx: Context, args: Args, kind: Kind, wanted: Object) -> Reconciled:
    meta = wanted["metadata"]
    place = meta.get("namespace", "")
    existing = objects.get(ctx, kind.resource, place, meta.get("name", ""))
    if kind.kind in _ROLES:
        return reconcile.role(existing, wanted, narrow=args["remove-extra-permissions"])
    return reconcile.binding(existing, wanted, narrow=args["remove-extra-subjects"])


def _apply(ctx: Context, kind: Kind, done: Reconciled) -> Object:
    api = ctx.plane.api
    meta = done.obj["metadata"]
    namespace = meta.get("namespace", "")
    if done.operation == reconcile.UPDATE:
        return api.update(done.obj)
    if done.operation == reconcile.RECREATE:
        api.delete(kind, meta["name"], namespace)
    elif kind.namespaced:
        with suppress(ApiError):  # it is there already, as a rule
            api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    return api.create(done.obj, namespace=namespace)


def _ordered(obj: Object) -> Object:
    """The keys of the Go type, in its order."""
    order = ("kind", "apiVersion", "metadata", "rules", "subjects", "roleRef", "aggregationRule")
    return {name: obj[name] for name in order if name in obj}


def _tell(ctx: Context, args: Args, done: Reconciled) -> None:
    if done.operation:
        caption = _PROTECTED if done.protected else ""
        ctx.err.write(f"\treconciliation required {done.operation}{caption}\n")
    _list(ctx, "missing subjects added", [_subject_text(each) for each in done.missing_subjects])
    if args["remove-extra-subjects"]:
        _list(ctx, "extra subjects removed", [_subject_text(each) for each in done.extra_subjects])
    _list(ctx, "missing rules added", [_rule_text(each) for each in done.missing_rules])
    if args["remove-extra-permissions"]:
        _list(ctx, "extra rules removed", [_rule_text(each) for each in done.extra_rules])


def _list(ctx: Context, title: str, lines: list[str]) -> None:
    if lines:
        ctx.err.write(f"\t{title}:\n" + "".join(f"\t\t{line}\n" for line in lines))


_GO = {"apiGroups": "APIGroups", "nonResourceURLs": "NonResourceURLs", "apiGroup": "APIGroup"}


def _rule_text(rule: Object) -> str:
    """As Go's %+v prints the struct."""
    return "{" + " ".join(f"{_go(name)}:{go_list(rule.get(name))}" for name in LISTS) + "}"


def _subject_text(subject: Object) -> str:
    fields = ("kind", "apiGroup", "name", "namespace")
    return "{" + " ".join(f"{_go(name)}:{subject.get(name, '')}" for name in fields) + "}"


def _go(name: str) -> str:
    return _GO.get(name, name[0].upper() + name[1:])


COMMAND = Command(
    name="reconcile",
    summary="Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding "
    "objects.",
    usage="reconcile -f FILENAME",
    description="Reconciles rules for RBAC role, role binding, cluster role, and cluster role "
    "binding objects.\n\n Missing objects are created, with their namespace. Existing roles get "
    "the permissions of the input, existing bindings its subjects; others are taken away only "
    "where that is asked for.",
    examples="""
# Reconcile RBAC resources from a file
kctl auth reconcile -f my-rbac-rules.yaml
""",
    options=(
        *output(),
        *filename("identifying the resource to reconcile."),
        dry_run(),
        Option(
            "remove-extra-permissions", "bool", help="If true, removes extra permissions of roles"
        ),
        Option(
            "remove-extra-subjects", "bool", help="If true, removes extra subjects of rolebindings"
        ),
    ),
    run=run,
)

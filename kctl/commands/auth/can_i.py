"""kctl auth can-i."""

from __future__ import annotations

from typing import Any

from kctl.api.authorization.rules import go_list, shown
from kctl.commands import objects
from kctl.commands.auth.asker import asker, reviews
from kctl.commands.catalog import Resource
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.rules import resource_for
from kctl.commands.options import all_namespaces
from kctl.commands.parse import Args
from kctl.printing.describe.role import resource_text
from kctl.printing.table import table

Object = dict[str, Any]

_VERBS = frozenset(
    (
        *("*", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
        *("use", "bind", "impersonate", "escalate", "approve", "sign", "attest"),
    )
)
_URL_VERBS = frozenset(("*", "get", "put", "post", "head", "options", "delete", "patch"))
_ASKED_FOR = frozenset(("users", "groups", "userextras.authentication.k8s.io"))
"""What nobody serves and many ask about."""


def run(ctx: Context, args: Args) -> int:
    if args["list"]:
        return _list(ctx, args)
    words = args.positional
    if len(words) != 2:
        raise UsageError(
            "you must specify two arguments: verb resource or verb resource/resourceName."
            "\nSee 'kctl auth can-i -h' for help and examples."
        )
    if args["no-headers"]:
        raise UsageError("--no-headers cannot be set without --list specified")
    spec = _spec(ctx, args, *words)
    status = reviews(ctx).self_access({"spec": spec}, asker(args))["status"]
    if not args["quiet"]:
        more = "".join(
            f" - {status[name]}" for name in ("reason", "evaluationError") if status.get(name)
        )
        ctx.say("yes" if status["allowed"] else f"no{more}")
    return 0 if status["allowed"] else 1


def _spec(ctx: Context, args: Args, verb: str, what: str) -> Object:
    if what.startswith("/"):
        if args["subresource"]:
            raise UsageError("--subresource can not be used with NonResourceURL")
        if verb not in _URL_VERBS:
            ctx.warn(f"verb '{verb}' is not a known verb\n")
        return {"nonResourceAttributes": {"verb": verb, "path": what}}
    word, _, name = what.partition("/")
    group, plural = _resource(ctx, args, word)
    if verb not in _VERBS:
        ctx.warn(f"verb '{verb}' is not a known verb\n")
    return {
        "resourceAttributes": {
            "namespace": "" if args["all-namespaces"] else ctx.namespace,
            "verb": verb,
            "group": group,
            "resource": plural,
            "subresource": args["subresource"],
            "name": name,
        }
    }


def _resource(ctx: Context, args: Args, word: str) -> tuple[str, str]:
    """(group, plural), with kubectl's warnings about what is not served or has no namespace."""
    if word == "*":
        return "", word
    found = _found(ctx, word.lower())
    plural, _, group = word.lower().partition(".")
    if found is None:
        if word.lower() not in _ASKED_FOR:
            where = f" in group '{group}'" if group else ""
            ctx.warn(f"the server doesn't have a resource type '{plural}'{where}\n")
        return "", word
    if not found.namespaced and not args["all-namespaces"]:
        where = f" in group '{found.group}'" if found.group else ""
        ctx.warn(f"resource '{found.plural}' is not namespace scoped{where}\n")
    return found.group, found.plural


def _found(ctx: Context, word: str) -> Resource | None:
    known = objects.catalog(ctx)
    plural, _, group = word.partition(".")
    version, _, rest = group.partition(".")
    return resource_for(known, plural, group) or (
        resource_for(known, plural, rest) if rest and version.startswith("v") else None
    )


def _list(ctx: Context, args: Args) -> int:
    if args.positional:
        raise UsageError("list option must be specified with no arguments")
    if args["quiet"] or args["all-namespaces"] or args["subresource"]:
        raise UsageError(
            "list option can't be specified with neither quiet, all-namespaces nor subresource "
            "options"
        )
    body = {"spec": {"namespace": ctx.namespace}}
    status = reviews(ctx).self_rules(body, asker(args))["status"]
    rows: list[tuple[str, ...]] = [] if args["no-headers"] else [_HEADERS]
    for rule in shown([*status["resourceRules"], *status["nonResourceRules"]]):
        lists = (go_list(rule.get(name)) for name in ("nonResourceURLs", "resourceNames", "verbs"))
        rows.append((resource_text(rule), *lists))
    ctx.out.write(table(rows))
    return 0


_HEADERS = ("Resources", "Non-Resource URLs", "Resource Names", "Verbs")

COMMAND = Command(
    name="can-i",
    summary="Check whether an action is allowed.",
    usage="can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
    description="Check whether an action is allowed.\n\n VERB is a logical Kubernetes API verb "
    "like 'get', 'list', 'watch', 'delete', etc. TYPE is a Kubernetes resource. NONRESOURCEURL is "
    'a partial URL that starts with "/". NAME is the name of a particular Kubernetes resource.',
    examples="""
# May a service account list pods in the namespace prod?
kctl auth can-i list pods --as=system:serviceaccount:dev:foo -n prod

# May jane read the logs of pods?
kctl auth can-i get pods --subresource=log --as=jane

# Everything that jane may do in the namespace foo
kctl auth can-i --list --namespace=foo --as=jane
""",
    arguments=("VERB", "TYPE"),
    options=(
        all_namespaces(),
        Option("list", "bool", help="If true, prints all allowed actions."),
        Option("no-headers", "bool", help="If true, prints allowed actions without headers"),
        Option(
            "quiet",
            "bool",
            short="q",
            help="If true, suppress output and just return the exit code.",
        ),
        Option("subresource", help="SubResource such as pod/log or deployment/scale"),
    ),
    run=run,
)

"""kctl create clusterrole."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create import rules
from kctl.commands.create.generator import PRINTING, Object, create, meta, name_of
from kctl.commands.parse import Args

_URL_VERBS = frozenset(["*", "get", "post", "put", "delete", "patch", "head", "options"])


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    obj: Object = {
        "kind": "ClusterRole",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": meta(ctx, name, namespaced=False),
        "rules": None,
    }
    if args["aggregation-rule"]:
        _alone(args)
        labels = _labels(args["aggregation-rule"])
        obj["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": labels}]}
    else:
        obj["rules"] = _rules(ctx, args)
    return create(ctx, args, obj, namespaced=False)


def _alone(args: Args) -> None:
    if any(args[each] for each in ("non-resource-url", "verb", "resource", "resource-name")):
        raise UsageError(
            "aggregation rule must be specified without nonResourceURLs, verbs, resources or "
            "resourceNames"
        )


def _labels(texts: list[str]) -> dict[str, str]:
    """ "a=b,c=d", as component-base's map flag reads it."""
    labels: dict[str, str] = {}
    for text in texts:
        for pair in filter(None, text.split(",")):
            name, equals, value = pair.partition("=")
            if not equals:
                raise UsageError(
                    f'invalid argument "{text}" for "--aggregation-rule" flag: malformed pair, '
                    "expect string=string",
                    hint="See 'kctl create clusterrole --help' for usage.",
                )
            labels[name.strip()] = value.strip()
    return dict(sorted(labels.items()))


def _rules(ctx: Context, args: Args) -> list[Object]:
    verbs, named = rules.verbs(args), rules.resources(args)
    urls = list(dict.fromkeys(args["non-resource-url"]))
    if not verbs:
        raise UsageError("at least one verb must be specified")
    if not named and not urls:
        raise UsageError("one of resource or nonResourceURL must be specified")
    if named:
        rules.check(ctx, named, verbs)
    if urls:
        _check_urls(urls, verbs)
    return rules.build(ctx, named, verbs, list(dict.fromkeys(args["resource-name"])), urls)


def _check_urls(urls: list[str], verbs: list[str]) -> None:
    for verb in verbs:
        if verb not in _URL_VERBS:
            raise UsageError(f"invalid verb: '{verb}' for nonResourceURL")
    for url in urls:
        if url == "*":
            continue
        if not url.startswith("/"):
            raise UsageError("nonResourceURL should start with /")
        if "*" in url[:-1]:
            raise UsageError("nonResourceURL only supports wildcard matches when '*' is at the end")


COMMAND = Command(
    name="clusterrole",
    summary="Create a cluster role.",
    usage="clusterrole NAME --verb=verb --resource=resource.group "
    "[--resource-name=resourcename] [--dry-run=server|client|none]",
    examples="""
# Whoever has this role may read pods
kctl create clusterrole pod-reader --verb=get,list,watch --resource=pods

# ... and this one what is no resource
kctl create clusterrole log-reader --verb=get --non-resource-url=/logs/*

# All the rules of the roles with this label
kctl create clusterrole monitoring --aggregation-rule="rbac.example.com/aggregate-to-monitoring=true"
""",  # noqa: E501 - as it is typed
    arguments=("NAME",),
    options=(
        *PRINTING,
        *rules.OPTIONS,
        Option(
            "aggregation-rule",
            "array",
            help="An aggregation label selector for combining ClusterRoles.",
        ),
        Option("non-resource-url", "slice", help="A partial url that user should have access to."),
    ),
    run=run,
)

"""kctl wait: until a condition holds, an object is there, or it is gone."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import all_namespaces, field_selector, filename, output, selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from kctl.commands.context import Context
    from kctl.commands.objects import Found
    from kctl.commands.parse import Args

    Met = Callable[[dict[str, object] | None], bool]

_WEEK = 7 * 24 * 3600.0


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import objects
    from kctl.commands.output import Result

    wanted = args["for"][-1] if args["for"] else ""
    met = condition(wanted, args["for"])
    timeout = args["timeout"] if args["timeout"] >= 0 else _WEEK
    result = Result(ctx, args)
    deadline = ctx.time() + timeout
    if wanted.lower() == "create":
        _until_there(ctx, args, deadline)
    findings = objects.find(ctx, args, selects_all=args["all"])
    if wanted.lower() == "delete":
        findings.errors = [e for e in findings.errors if getattr(e, "reason", "") != "NotFound"]
        if not findings:
            return findings.finish()
    if not findings and not findings.errors:
        raise UsageError("no matching resources found")
    for found in findings:
        with findings.guard():
            _wait_for(ctx, found, met, deadline)
            result.show(found.obj, "condition met", found.label)
    return findings.finish()


def _until_there(ctx: Context, args: Args, deadline: float) -> None:
    """--for=create: until everything that was asked for by name is there."""
    from kctl.commands import objects

    def there() -> bool:
        found = objects.find(ctx, args, selects_all=args["all"])
        return bool(found) and not found.errors

    if not there():
        ctx.settle(until=there, timeout=max(deadline - ctx.time(), 0.001))


def _wait_for(ctx: Context, found: Found, met: Met, deadline: float) -> None:
    from kctl.commands import objects

    def holds() -> bool:
        now = objects.get(ctx, found.resource, found.namespace, found.name)
        if now is not None and now["metadata"].get("uid") != found.obj["metadata"].get("uid"):
            now = None
        found.obj = now if now is not None else found.obj
        return met(now)

    if not holds():
        ctx.settle(until=holds, timeout=max(deadline - ctx.time(), 0.001))
    if not holds():
        raise UsageError(
            f"timed out waiting for the condition on {found.resource.plural}/{found.name}"
        )


def condition(text: str, given: list[str]) -> Met:
    """What --for asks, as a test of the object (None where it is gone). Raises UsageError."""
    name, _, rest = text.partition("=")
    if text.lower() == "delete":
        return lambda obj: obj is None
    if text.lower() == "create":
        return lambda obj: obj is not None
    if name == "condition" and rest:
        wanted, equals, value = rest.partition("=")
        return _condition(wanted, value if equals else "true")
    if name == "jsonpath" and rest:
        return _jsonpath(rest)
    raise UsageError(f'unrecognized condition: "{text}"' if given else "unrecognized condition: []")


def _condition(name: str, value: str) -> Met:
    def met(obj: dict[str, object] | None) -> bool:
        status = (obj or {}).get("status")
        listed = status.get("conditions") if isinstance(status, dict) else None
        for each in listed or []:
            if str(each.get("type", "")).lower() == name.lower():
                return _observed(obj, each) and each.get("status", "").lower() == value.lower()
        return False

    return met


def _observed(obj: dict[str, object] | None, each: dict[str, object]) -> bool:
    """The condition speaks of the newest generation."""
    meta = (obj or {}).get("metadata")
    generation = meta.get("generation") if isinstance(meta, dict) else None
    status = (obj or {}).get("status")
    seen = each.get("observedGeneration")
    if seen is None and isinstance(status, dict):
        seen = status.get("observedGeneration")
    if not isinstance(seen, int) or not isinstance(generation, int):
        return True
    return seen >= generation


def _jsonpath(text: str) -> Met:
    from kctl.printing.custom_columns import relaxed
    from kctl.printing.go_values import go_text
    from kctl.printing.jsonpath import parse

    path, equals, value = text.partition("}=") if "}=" in text else (text, "", "")
    path = path + "}" if equals else path
    value = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    if equals and not value:
        raise UsageError(
            "jsonpath wait has to have a value after equal sign, like "
            "--for=jsonpath='{.status.readyReplicas}'=3"
        )
    try:
        template = parse(relaxed(path.strip("'\"")))
    except ValueError as error:
        raise UsageError(str(error)) from None

    def met(obj: dict[str, object] | None) -> bool:
        if obj is None:
            return False
        found = [value for results in template.results(obj) for value in results]
        if not equals:
            return bool(found)
        return len(found) == 1 and go_text(found[0]) == value

    return met


COMMAND = Command(
    name="wait",
    summary="Wait for a specific condition on one or many resources.",
    usage="wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | "
    "--all)]) [--for=create|--for=delete|--for condition=available|"
    "--for=jsonpath='{}'[=value]]",
    examples="""
# Wait for the pod "busybox1" to contain the status condition of type "Ready"
kctl wait --for=condition=Ready pod/busybox1

# Wait for the pod "busybox1" to be deleted, with a timeout of 60s
kctl wait --for=delete pod/busybox1 --timeout=60s

# Wait for the pod "busybox1" to contain the status phase to be "Running"
kctl wait --for=jsonpath='{.status.phase}'=Running pod/busybox1
""",
    arguments=("TYPE", "NAME"),
    options=(
        *output(),
        *(each for each in filename("identifying the resource.") if each.name != "kustomize"),
        selector(),
        field_selector(),
        all_namespaces(),
        Option("all", "bool", help="Select all resources in the namespace of the given types"),
        Option(
            "for", "array", help="[create|delete|condition=NAME[=VALUE]|jsonpath='{PATH}'[=VALUE]]"
        ),
        Option("timeout", "duration", 30.0, "Zero means check once, negative means a week."),
    ),
    run=run,
)

"""kctl create poddisruptionbudget."""

from __future__ import annotations

import re

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, Object, create, meta, name_of, without_empty
from kctl.commands.parse import Args

_AMOUNT = re.compile(r"[0-9]+%?")
_OPERATORS = {"in": "In", "notin": "NotIn", "exists": "Exists", "!": "DoesNotExist"}
_GO_NAMES = {">": "gt", "<": "lt"}


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    _check(args)
    amount = {
        "minAvailable": _amount(args["min-available"]),
        "maxUnavailable": _amount(args["max-unavailable"]),
    }
    spec = {field: value for field, value in amount.items() if value is not None}
    least = {"minAvailable": spec.pop("minAvailable")} if "minAvailable" in spec else {}
    obj: Object = {
        "kind": "PodDisruptionBudget",
        "apiVersion": "policy/v1",
        "metadata": meta(ctx, name),
        "spec": {**least, "selector": label_selector(args["selector"]), **spec},
        "status": {
            "disruptionsAllowed": 0,
            "currentHealthy": 0,
            "desiredHealthy": 0,
            "expectedPods": 0,
        },
    }
    return create(ctx, args, obj, failure="failed to create poddisruptionbudgets: ")


def _check(args: Args) -> None:
    """Raises UsageError with kubectl's texts."""
    least, most = args["min-available"], args["max-unavailable"]
    if not args["selector"]:
        raise UsageError("a selector must be specified")
    if not most and not least:
        raise UsageError("one of min-available or max-unavailable must be specified")
    if most and least:
        raise UsageError("min-available and max-unavailable cannot be both specified")
    for option, text in (("min-available", least), ("max-unavailable", most)):
        if text and not _AMOUNT.fullmatch(text):
            raise UsageError(f"invalid format specified for {option}")


def _amount(text: str) -> int | str | None:
    """intstr.Parse: a number where it is one of 32 bits, otherwise the text."""
    if not text:
        return None
    return int(text) if text.isdigit() and int(text) < 2**31 else text


def label_selector(text: str) -> Object:
    """A LabelSelector of the string form (ParseToLabelSelector). Raises UsageError."""
    from kctl.api.selectors import SelectorError, parse_labels

    try:
        requirements = parse_labels(text).requirements
    except SelectorError as error:
        raise UsageError(f'couldn\'t parse the selector string "{text}": {error}') from None
    labels: dict[str, str] = {}
    expressions: list[Object] = []
    for each in requirements:
        if each.operator == "=":
            labels[each.key] = next(iter(each.values))
        elif each.operator in _OPERATORS:
            term = {"key": each.key, "operator": _OPERATORS[each.operator]}
            expressions.append(term | without_empty({"values": sorted(each.values)}))
        elif each.operator in _GO_NAMES:
            name = _GO_NAMES[each.operator]
            raise UsageError(f'"{name}" isn\'t supported in label selectors')
        else:
            raise UsageError(f'"{each.operator}" is not a valid label selector operator')
    return without_empty(
        {"matchLabels": dict(sorted(labels.items())), "matchExpressions": expressions}
    )


COMMAND = Command(
    name="poddisruptionbudget",
    summary="Create a pod disruption budget with the specified name.",
    description="Create a pod disruption budget with the specified name, selector, and desired "
    "minimum available pods.",
    usage="poddisruptionbudget NAME --selector=SELECTOR --min-available=N "
    "[--dry-run=server|client|none]",
    examples="""
# At least one of the pods with the label app=rails stays available
kctl create poddisruptionbudget my-pdb --selector=app=rails --min-available=1

# At least half of the pods with the label app=nginx stay available
kctl create pdb my-pdb --selector=app=nginx --min-available=50%
""",
    arguments=("NAME",),
    options=(
        *PRINTING,
        Option("max-unavailable", help="The most pods (number or percentage) that may be missing."),
        Option("min-available", help="The fewest pods (number or percentage) that stay available."),
        Option("selector", help="A label selector to use for this budget."),
    ),
    run=run,
)

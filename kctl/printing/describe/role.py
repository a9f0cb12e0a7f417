"""`kctl describe role` and `kctl describe clusterrole`."""

from __future__ import annotations

from typing import Any

from kctl.api.authorization.rules import Rule, go_list, shown
from kctl.printing.describe.parts import annotation_lines, label_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class RoleDescriber:
    """The rules, one line for each resource, URL and name."""

    def __init__(self, resource: str) -> None:
        self.resource = resource

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, "PolicyRule:")
        out.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs")
        out.line(1, "---------\t-----------------\t--------------\t-----")
        for rule in shown(obj.get("rules")):
            cells = (
                resource_text(rule),
                *(
                    go_list(rule.get(name))
                    for name in ("nonResourceURLs", "resourceNames", "verbs")
                ),
            )
            out.line(1, "\t".join(safe(cell) for cell in cells))
        return out.text()


def resource_text(rule: Rule) -> str:
    """ "deployments.apps/scale" (CombineResourceGroup); "" for a rule about URLs."""
    resources, groups = rule.get("resources") or (), rule.get("apiGroups") or ()
    if not resources:
        return ""
    plural, slash, subresource = str(resources[0]).partition("/")
    group = f".{groups[0]}" if groups and groups[0] else ""
    return f"{plural}{group}{slash}{subresource}"

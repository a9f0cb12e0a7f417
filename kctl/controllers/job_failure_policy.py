"""podFailurePolicy: what the end of a pod means for its job.

https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kctl.controllers.common import name_of, namespace_of
from kctl.controllers.types import Object


def verdict(job: Object, pod: Object) -> tuple[str, str]:
    """(action, message) of the first rule that matches: "FailJob" or "Ignore"; "Count" where
    a rule says so or none matches. The message is that of FailJob."""
    policy = job["spec"].get("podFailurePolicy") or {}
    for at, rule in enumerate(policy.get("rules") or ()):
        matched = _matched(rule, pod)
        if matched:
            return rule["action"], f"{matched} matching {rule['action']} rule at index {at}"
    return "Count", ""


def _matched(rule: Mapping[str, Any], pod: Object) -> str:
    """What of the pod a rule speaks of, "" for nothing."""
    where = f"{namespace_of(pod)}/{name_of(pod)}"
    codes = rule.get("onExitCodes")
    if codes:
        for name, code in _exit_codes(pod, codes.get("containerName")):
            if (code in codes["values"]) == (codes["operator"] == "In"):
                return f"Container {name} for pod {where} failed with exit code {code}"
        return ""
    for pattern in rule.get("onPodConditions") or ():
        for each in pod.get("status", {}).get("conditions") or ():
            wanted = pattern["type"], pattern.get("status", "True")
            if (each["type"], each["status"]) == wanted:
                return f"Pod {where} has condition {each['type']}"
    return ""


def _exit_codes(pod: Object, only: str | None) -> Iterator[tuple[str, int]]:
    """The containers that ended with another code than 0."""
    status = pod.get("status", {})
    for group in ("containerStatuses", "initContainerStatuses"):
        for each in status.get(group) or ():
            ended = (each.get("state") or {}).get("terminated")
            if ended and ended["exitCode"] and only in (None, each["name"]):
                yield each["name"], ended["exitCode"]

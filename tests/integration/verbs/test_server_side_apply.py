"""kctl apply --server-side and the entries of every other verb, beside the real kubectl's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.verbs.sides import Ran, Sides

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: 2
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]
"""
Object = dict[Any, Any]
Writing = Callable[[], Sides]


def named(name: str = "w1", **changes: str) -> str:
    text = DEPLOYMENT.replace("NAME", name)
    for old, new in changes.items():
        text = text.replace({"replicas": "replicas: 2", "image": "nginx"}.get(old, old), new)
    return text


def meta(inside: str) -> str:
    return named().replace("{name: w1}", inside)


def plain(ran: Ran) -> Ran:
    """Without what differs between two runs: times, uids and revisions."""
    return ran._replace(out=_plain(ran.out), err=_plain(ran.err))


def _plain(text: str) -> str:
    text = re.sub(r"\bkubectl (apply|create)\b", r"kctl \1", text)
    text = re.sub(r"20\d\d-\d\d-\d\dT[\d:]+Z", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UID", text)
    return re.sub(r'(resourceVersion"?: )"\d+"', r'\1"RV"', text)


def both(sides: Sides, line: str, stdin: str = "") -> Ran:
    """What both print; the names of managers are kubectl's on both sides."""
    ours, theirs = plain(sides.kctl(line, stdin)), plain(sides.kubectl(line, stdin))
    assert ours == theirs, line
    return ours


def shown(sides: Sides, what: str = "deploy w1") -> Object:
    """Who owns what, alike on both sides: {(manager, operation, subresource): entry}. Their
    order is that of their times, which differ by the second."""
    line = f"get {what} -o json --show-managed-fields"
    ours, theirs = (
        _by_manager(json.loads(_plain(ran(line).out))) for ran in (sides.kctl, sides.kubectl)
    )
    assert ours == theirs, what
    found: Object = ours["metadata"]["managedFields"]
    return found


def _by_manager(obj: Object) -> Object:
    listed = obj["metadata"].get("managedFields", [])
    by_name = {
        (each["manager"], each["operation"], each.get("subresource", "")): each for each in listed
    }
    assert len(by_name) == len(listed)
    return {**obj, "metadata": {**obj["metadata"], "managedFields": by_name}}


def test_what_each_verb_owns(writing: Writing) -> None:
    sides = writing()
    both(sides, "apply -f -", named())
    for line in (
        "scale deploy w1 --replicas=4",
        "label deploy w1 a=b",
        "annotate deploy w1 x=y",
        "set image deploy/w1 c=nginx:2",
        """patch deploy w1 -p '{"spec":{"paused":true}}'""",
        "rollout resume deploy w1",
    ):
        assert both(sides, line).code == 0
        shown(sides)
    assert ("kubectl", "Update", "scale") in shown(sides)
    both(sides, "create -f -", named("w2"))
    both(sides, "replace -f -", named("w2", image="nginx:3"))
    names = [manager for manager, _, _ in shown(sides, "deploy w2")]
    assert sorted(names) == ["kubectl-create", "kubectl-replace"]
    both(sides, "run p1 --image=nginx")
    assert list(shown(sides, "pod p1")) == [("kubectl-run", "Update", "")]


def test_they_are_shown_on_request_only(writing: Writing) -> None:
    sides = writing()
    both(sides, "create -f -", named())
    for output in ("yaml", "json", "kyaml"):
        both(sides, f"get deploy w1 -o {output} --show-managed-fields")
    for output in ("yaml", "json", "kyaml"):
        assert "managedFields" not in both(sides, f"get deploy w1 -o {output}").out
    assert (
        "kubectl-create"
        in both(sides, "get deploy w1 -o jsonpath={.metadata.managedFields[*].manager}").out
    )


def test_an_object_of_client_side_apply_moves_to_the_server(writing: Writing) -> None:
    sides = writing()
    both(sides, "apply -f -", named())
    both(sides, "set image deploy/w1 c=nginx:2")
    refused = both(sides, "apply --server-side -f -", named())
    assert refused.code == 1 and "--force-conflicts" in refused.err
    for text in (named(), named(), named(replicas="")):
        assert both(sides, "apply --server-side --force-conflicts -f -", text).code == 0
        assert ("kubectl-client-side-apply", "Update", "") not in shown(sides)
    both(sides, "apply -f -", named(image="httpd"))
    both(sides, "apply --server-side -f -", named())
    shown(sides)


def test_two_managers_of_one_object(writing: Writing) -> None:
    sides = writing()
    both(sides, "apply --server-side -f -", named())
    for text in (named(replicas="replicas: 5"), named(replicas="replicas: 5", image="httpd")):
        refused = both(sides, "apply --server-side -f - --field-manager=me", text)
        assert 'with "kubectl":' in refused.err
    assert both(sides, "apply --server-side -f - --field-manager=me", named()).code == 0
    assert both(sides, "apply --server-side -f -", named(replicas="")).code == 0
    assert sorted(manager for manager, _, _ in shown(sides)) == ["kubectl", "me"]
    assert both(sides, "get deploy w1 -o jsonpath={.spec.replicas}").out == "2"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("--force", named()),
        ("--dry-run=client", named()),
        ("--dry-run=server -o yaml", named("w4")),
        ("--field-manager=", named()),
        ("--subresource=status", named()),
        ("--subresource=foo", named()),
        ("", named(replicas="replicas: x\n  foo: 1")),
        ("", named(replicas="replicas: -2")),
        (
            "",
            named().replace("[{containerPort: 80}]", "[{containerPort: 80}, {containerPort: 80}]"),
        ),
        ("", meta("{name: w1, managedFields: [{manager: x}]}")),
        ("", meta("{name: w1, resourceVersion: '3'}")),
        ("", meta("{name: w1, uid: '3'}")),
        ("", meta("{name: w9, uid: '3'}")),
        ("-n nowhere", named()),
    ],
)
def test_what_is_refused_or_odd(writing: Writing, options: str, text: str) -> None:
    sides = writing()
    both(sides, "apply --server-side -f -", named())
    both(sides, f"apply --server-side -f - {options}", text)
    shown(sides)


@pytest.mark.parametrize("options", ["--force-conflicts", "--subresource=status"])
def test_flags_that_need_server_side(writing: Writing, options: str) -> None:
    assert both(writing(), f"apply -f - {options}", named()).code == 1


def test_what_is_being_deleted_is_applied_with_a_warning(writing: Writing) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: going, labels: {new: label}}\n"
    sides = writing()
    for line in ("apply --server-side -f -", "apply -f -"):
        assert "currently being deleted" in both(sides, line, pod).err


def test_each_object_of_a_file_has_its_turn(writing: Writing) -> None:
    sides = writing()
    both(sides, "apply --server-side -f -", f"{named()}\n---\n{named('w2')}")
    wrong = named("w3", replicas="replicas: -2")
    changed = [named(name, image="httpd") for name in ("w1", "w2")]
    for documents in (changed, [*changed, wrong, named("w4")], [wrong, named("w5")]):
        text = "\n---\n".join(documents)
        assert both(sides, "apply --server-side -f - --field-manager=me", text).code == 1
    both(sides, "get deployments -o name")
    both(sides, "apply --server-side -f - -o name", f"{named()}\n---\n{named('w6')}")

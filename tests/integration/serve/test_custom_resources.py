"""Custom kinds, webhooks and policies as the real kubectl, and kctl beside it, see them."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.integration.serve.served import Object, Served
from tests.unit.reconcile.webhook_server import Hook, hook, reply

SPEC: Object = {
    "type": "object",
    "required": ["schedule"],
    "properties": {
        "schedule": {"type": "string"},
        "replicas": {"type": "integer", "default": 1, "maximum": 5},
    },
    "x-kubernetes-validations": [
        {"rule": "self.schedule.size() > 2", "message": "schedule is too short"}
    ],
}
STATUS = {"type": "object", "properties": {"replicas": {"type": "integer"}}}
DEFINITION: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "crontabs.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {
            "plural": "crontabs",
            "kind": "CronTab",
            "shortNames": ["ct"],
            "categories": ["all"],
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": SPEC, "status": STATUS},
                    }
                },
                "subresources": {
                    "status": {},
                    "scale": {
                        "specReplicasPath": ".spec.replicas",
                        "statusReplicasPath": ".status.replicas",
                    },
                },
                "additionalPrinterColumns": [
                    {"name": "Schedule", "type": "string", "jsonPath": ".spec.schedule"},
                    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
                ],
            }
        ],
    },
}


def crontab(name: str, **spec: object) -> Object:
    return {
        "apiVersion": "example.com/v1",
        "kind": "CronTab",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


@pytest.fixture(scope="module")
def defined(served: Served) -> Served:
    served.apply(DEFINITION)
    served.do("wait", "--for=condition=Established", "crd/crontabs.example.com", "--timeout=10s")
    return served


def test_kubectl_works_with_a_kind_that_it_never_heard_of(defined: Served) -> None:
    assert "created" in defined.apply(crontab("a", schedule="daily"))
    assert defined.do("get", "ct").splitlines() == [
        "NAME   SCHEDULE   REPLICAS",
        "a      daily      1",
    ]
    assert "crontab.example.com/a" in defined.do("get", "all")
    assert "CronTab" in defined.do("api-resources", "--api-group=example.com")
    assert "schedule\t<string> -required-" in defined.do("explain", "crontab.spec")
    assert "Schedule:  daily" in defined.do("describe", "ct", "a")
    assert "configured" in defined.apply(crontab("a", schedule="weekly"))
    defined.do("scale", "ct/a", "--replicas=3")
    defined.do("label", "ct", "a", "x=y")
    assert defined.do("get", "ct", "a", "-o", "jsonpath={.spec}{.metadata.generation}") == (
        '{"replicas":3,"schedule":"weekly"}3'
    )
    patch = '{"status":{"replicas":3}}'
    defined.do("patch", "ct", "a", "--subresource=status", "--type=merge", "-p", patch)
    assert defined.get("ct", "a")["metadata"]["generation"] == 3
    defined.do("wait", "--for=jsonpath={.status.replicas}=3", "ct/a", "--timeout=10s")


def test_server_side_apply_knows_the_schema(defined: Served) -> None:
    body = json.dumps(crontab("ssa", schedule="daily"))
    defined.do("apply", "--server-side", "-f", "-", stdin=body)
    other = json.dumps(crontab("ssa", schedule="weekly"))
    ran = defined.kubectl("apply", "--server-side", "--field-manager=other", "-f", "-", stdin=other)
    assert ran.code == 1 and ".spec.schedule" in ran.err and "1 conflict" in ran.err


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, "spec.schedule: Required value"),
        ({"schedule": "daily", "replicas": 9}, "should be less than or equal to 5"),
        ({"schedule": 5}, 'spec.schedule in body must be of type string: "integer"'),
        ({"schedule": "x"}, "spec: Invalid value: schedule is too short"),
        ({"schedule": "daily", "zz": 1}, 'strict decoding error: unknown field "spec.zz"'),
    ],
)
def test_kubectl_and_kctl_refuse_alike(defined: Served, spec: Object, text: str) -> None:
    body = json.dumps(crontab("bad", **spec))
    theirs = defined.kubectl("create", "-f", "-", stdin=body)
    ours = defined.kctl("create", "-f", "-", stdin=body)
    assert theirs.code == 1 and text in theirs.err
    assert (ours.code, ours.err) == (theirs.code, theirs.err)


def test_kctl_shows_what_kubectl_made_at_once(defined: Served) -> None:
    defined.apply(crontab("seen", schedule="hourly"))
    for words in (("get", "ct", "seen"), ("get", "ct", "seen", "-o", "yaml"),
                  ("get", "crd"), ("get", "ct", "seen", "-o", "name")):  # fmt: skip
        ours = defined.kctl(*words)
        assert ours.code == 0 and ours.out == defined.do(*words)


def test_columns_that_change_change_for_objects_that_are_there(defined: Served) -> None:
    defined.apply(crontab("cols", schedule="hourly"))
    change = json.loads(json.dumps(DEFINITION))
    version = change["spec"]["versions"][0]
    version["additionalPrinterColumns"] = [
        {"name": "Many", "type": "integer", "jsonPath": ".spec.replicas"}
    ]
    defined.apply(change)
    expected = ["NAME   MANY", "cols   1"]
    assert defined.do("get", "ct", "cols").splitlines() == expected
    assert defined.kctl("get", "ct", "cols").out.splitlines() == expected
    defined.apply(DEFINITION)


def test_a_watch_of_a_custom_kind_tells_of_changes(defined: Served) -> None:
    argv = [str(Path(defined_kubectl())), "get", "ct", "--watch-only", "--no-headers"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=defined.environment)
    try:
        assert process.stdout is not None
        for number in range(50):
            defined.apply(crontab("watched", schedule=f"n{number:04}"))
            if number == 0:
                continue
            line = process.stdout.readline()
            if line.startswith("watched"):
                break
        else:
            raise AssertionError("the watch said nothing")
    finally:
        process.terminate()
        process.wait(10)


def defined_kubectl() -> str:
    from tests.integration.serve.served import KUBECTL

    return str(KUBECTL)


# --- webhooks and policies ---


def _answer(request: BaseHTTPRequestHandler, body: bytes) -> None:
    asked = json.loads(body)["request"]
    response: Object = {"uid": asked["uid"], "allowed": True}
    if request.path.startswith("/mutate"):
        patch = json.dumps(
            [{"op": "add", "path": "/metadata/annotations", "value": {"by": "hook"}}]
        )
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch.encode()).decode()}
    elif asked["name"].startswith("no"):
        response |= {"allowed": False, "status": {"message": "no such thing", "code": 403}}
    else:
        response["warnings"] = [f"asked by {asked['userInfo']['username']}"]
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
    reply(request, json.dumps(review).encode())


@pytest.fixture
def hooked(served: Served, tmp_path: Path) -> Iterator[Hook]:
    with hook(tmp_path, _answer) as found:
        bundle = base64.b64encode(found.ca).decode()
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
                "operations": ["CREATE"]}  # fmt: skip
        for kind, path in (("Mutating", "mutate"), ("Validating", "validate")):
            url = f"https://localhost:{found.port}/{path}"
            webhook = {
                "name": f"{path}.example.com",
                "clientConfig": {"url": url, "caBundle": bundle},
                "rules": [rule],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
            served.apply(
                {
                    "apiVersion": "admissionregistration.k8s.io/v1",
                    "kind": f"{kind}WebhookConfiguration",
                    "metadata": {"name": path},
                    "webhooks": [webhook],
                }
            )
        yield found
    served.do("delete", "mutatingwebhookconfiguration", "mutate")
    served.do("delete", "validatingwebhookconfiguration", "validate")


def test_webhooks_are_asked_for_kubectl_and_for_kctl(served: Served, hooked: Hook) -> None:
    ran = served.kubectl("create", "configmap", "one", "--from-literal=a=b")
    assert (ran.code, ran.err) == (0, "Warning: asked by kubernetes-admin\n")
    assert served.get("configmap", "one")["metadata"]["annotations"] == {"by": "hook"}
    ours = served.kctl("create", "configmap", "two", "--from-literal=a=b")
    assert (ours.code, ours.err) == (0, "Warning: asked by kctl\n")
    assert served.get("configmap", "two")["metadata"]["annotations"] == {"by": "hook"}
    for run in (served.kubectl, served.kctl):
        ran = run("create", "configmap", "no-way")
        assert ran.code == 1
        assert (
            'admission webhook "validate.example.com" denied the request: no such thing' in ran.err
        )


def test_a_webhook_that_is_gone_fails_the_request_clearly(served: Served, tmp_path: Path) -> None:
    webhook = {
        "name": "gone.example.com",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"],
                   "operations": ["CREATE"]}],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 2,
    }  # fmt: skip
    served.apply(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "gone"},
            "webhooks": [webhook],
        }
    )
    ran = served.kubectl("create", "secret", "generic", "s")
    assert ran.code == 1
    assert (
        'failed calling webhook "gone.example.com": failed to call webhook: Post '
        '"https://127.0.0.1:1/?timeout=2s": dial tcp 127.0.0.1:1: connect: connection refused'
    ) in ran.err
    served.do("delete", "validatingwebhookconfiguration", "gone")


def test_policies_count_for_kubectl_and_for_kctl(served: Served) -> None:
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"],
            "operations": ["CREATE", "UPDATE"]}  # fmt: skip
    group = "admissionregistration.k8s.io/v1"
    served.apply(
        {
            "apiVersion": group,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "few"},
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": "object.spec.replicas <= 3"}],
            },
        },
        {
            "apiVersion": group,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "few-everywhere"},
            "spec": {"policyName": "few", "validationActions": ["Deny"]},
        },
    )
    for run in (served.kubectl, served.kctl):
        ran = run("create", "deployment", "many", "--image=x", "--replicas=4", "--dry-run=server")
        assert ran.code == 1
        assert (
            "ValidatingAdmissionPolicy 'few' with binding 'few-everywhere' denied request: failed "
            "expression: object.spec.replicas <= 3"
        ) in ran.err
    assert "few" in served.do("get", "validatingadmissionpolicies")


def test_a_dead_webhook_on_everything_keeps_no_server_from_starting(tmp_path: Path) -> None:
    first = Served(tmp_path)
    try:
        first.do("delete", "clusterrole", "view")
        rule = {"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"], "operations": ["*"]}
        webhook = {
            "name": "dead.example.com",
            "clientConfig": {"url": "https://127.0.0.1:1/"},
            "rules": [rule],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        first.apply(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": "dead"},
                "webhooks": [webhook],
            }
        )
        assert first.kubectl("create", "configmap", "c").code == 1
    finally:
        assert first.stop(keep=True) == 0
    again = Served(tmp_path)
    try:
        assert "view" in again.do("get", "clusterrole", "view")
        again.do("delete", "mutatingwebhookconfiguration", "dead")
        again.do("create", "configmap", "c")
    finally:
        assert again.stop() == 0

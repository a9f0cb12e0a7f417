"""Roles, bindings, tokens and `auth`: kctl on the database prints what kubectl prints of the
server on the same database."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.serve.served import Ran, Served

PRINTED = ["", "-o json", "-o yaml"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Robot may view the namespace default, Jane a few odd things."""
    made = Served(tmp_path_factory.mktemp("served"))
    made.do("create", "serviceaccount", "robot")
    made.do(
        "create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=default:robot"
    )
    made.do("create", "role", "odd", "--verb=get,list", "--resource=pods,deploy,rs/scale")
    made.do("create", "role", "one", "--verb=delete", "--resource=secrets", "--resource-name=x")
    made.do("create", "rolebinding", "jane", "--role=odd", "--user=jane", "--group=dev")
    made.do("create", "rolebinding", "jane1", "--role=one", "--user=jane")
    made.do("create", "clusterrole", "urls", "--verb=get", "--non-resource-url=/x/*,/y")
    made.do("create", "clusterrolebinding", "urls", "--clusterrole=urls", "--user=jane")
    made.do("label", "clusterrole", "urls", "a=b")
    yield made
    assert made.stop() == 0


def both(served: Served, line: str) -> tuple[Ran, Ran]:
    words = shlex.split(line)
    theirs = served.kubectl(*words)
    named = theirs._replace(err=re.sub(r"\bkubectl\b(?!\.kubernetes)", "kctl", theirs.err))
    return served.kctl(*words), named


def within_a_second(served: Served, line: str) -> tuple[Ran, Ran]:
    """Both, of a line that only reads: asked until the two of them saw the same age of all."""
    ours, theirs = both(served, line)
    while served.kctl(*shlex.split(line)) != ours:
        ours, theirs = both(served, line)
    return ours, theirs


CREATED = [
    "role r --verb=get --verb=list,watch --resource=pods,rs,deploy.apps,pods/log,deployments/scale",
    "role r --verb=get --resource=pods --resource-name=a --resource-name=b,c -n x",
    "role r --verb='*' --resource='*'",
    "role r --verb=get,get --resource=PODS,deployments.apps",
    "role r --verb=impersonate --resource=users",
    "role r --verb=bind --resource=roles.rbac.authorization.k8s.io",
    "clusterrole c --verb=get --resource=nodes,pods",
    "clusterrole c --verb=get,head --non-resource-url='/logs/*,/x'",
    "clusterrole c --aggregation-rule=a=b,c=d",
    "rolebinding b --role=x --user=u --user=v,w --group=g --serviceaccount=a:b",
    "rolebinding b --clusterrole=x",
    "clusterrolebinding b --clusterrole=x --user=u --group=system:masters",
]


@pytest.mark.parametrize("output", PRINTED)
@pytest.mark.parametrize("line", CREATED)
def test_generators_print_as_kubectl(served: Served, line: str, output: str) -> None:
    ours, theirs = both(served, f"create {line} --dry-run=client {output}")
    assert ours == theirs
    assert ours.code == 0


REFUSED = [
    "role",
    "role r",
    "role r --verb=get",
    "role r --verb=frob --resource=pods --dry-run=client",
    "role r --verb=get --resource=nope",
    "role r --verb=get --resource=nope.foo",
    "role r --verb=get --resource=pods,nope",
    "role r --verb=get --resource=PO",
    "role r --verb=get --resource=/x",
    "role r --verb=bind --resource=pods",
    "role odd --verb=get --resource=pods",
    "clusterrole r --verb=get",
    "clusterrole r --verb=list --non-resource-url=/x",
    "clusterrole r --verb=get --non-resource-url=x",
    "clusterrole r --verb=get --non-resource-url=/a*b",
    "clusterrole c --aggregation-rule=a=b --verb=get",
    "clusterrole c --aggregation-rule=a",
    "rolebinding x",
    "rolebinding x --role=a --clusterrole=b",
    "rolebinding x --role=a --serviceaccount=b",
    "rolebinding jane --role=a",
    "clusterrolebinding x",
    "token",
    "token nope",
    "token a b",
    "token robot --duration=-1s",
    "token robot --duration=1500ms",
    "token robot --duration=5s",
    "token robot --audience=",
    "token robot --bound-object-kind=Foo",
    "token robot --bound-object-kind=Pod",
    "token robot --bound-object-name=Pod",
    "token robot --bound-object-uid=Pod",
    "token robot --bound-object-kind=Pod --bound-object-name=x",
]


@pytest.mark.parametrize("line", REFUSED)
def test_refusals_read_as_kubectls(served: Served, line: str) -> None:
    ours, theirs = both(served, f"create {line}")
    assert ours == theirs


@pytest.mark.parametrize("output", ["-o json", "-o yaml", "-o name", "-o jsonpath={.spec}"])
@pytest.mark.parametrize("flags", ["", "--duration=20m --audience=a --audience=b"])
def test_tokens_print_as_kubectls(served: Served, flags: str, output: str) -> None:
    """But for the token and the time."""
    ours, theirs = both(served, f"create token robot {flags} {output}")
    varying = re.compile(r'(?<=token": ")[^"]*|(?<=token: )\S*|[-0-9]{10}T[0-9:]{8}Z')
    assert varying.sub("", ours.out) == varying.sub("", theirs.out)
    assert (ours.code, ours.err) == (0, theirs.err)


READ = [
    "get roles",
    "get roles -o wide",
    "get clusterroles",
    "get rolebindings -o wide",
    "get clusterrolebindings",
    "get clusterrolebindings -o wide",
    "get role,rolebinding -A",
    "get clusterrole view -o yaml",
    "get clusterrole urls -o json",
    "get clusterrole -l a=b --show-labels",
    "describe role",
    "describe clusterrole",
    "describe rolebinding",
    "describe clusterrolebinding system:public-info-viewer urls",
]


@pytest.mark.parametrize("line", READ)
def test_roles_are_shown_as_by_kubectl(served: Served, line: str) -> None:
    ours, theirs = within_a_second(served, line)
    assert ours == theirs
    assert ours.code == 0


ASKED = [
    "get pods",
    "list deploy",
    "get deployments.apps",
    "get deployments.v1.apps",
    "frob pods",
    "get nodes",
    "get nodes -A",
    "get clusterroles",
    "get /metrics",
    "frob /metrics",
    "get pods/x",
    "get pods --subresource=log",
    "get nope",
    "get nope.foo",
    "get users",
    "impersonate users",
    "'*' '*'",
    "get",
    "get pods x",
    "get pods -q",
    "get pods --no-headers",
    "get /x --subresource=log",
    "--list",
    "--list --no-headers",
    "--list x",
    "--list -q",
    "--list -A",
    "get pods --as jane",
    "get pods --as jane -n other",
    "get pods --as jane -A",
    "create pods --as jane",
    "create pods --as jane -q",
    "update replicasets.apps --subresource=scale --as jane",
    "get replicasets.apps --subresource=scale --as jane",
    "delete secrets/x --as jane",
    "delete secrets/y --as jane",
    "get /x/z --as jane",
    "get /z --as jane",
    "--list --as jane",
    "--list --as jane -n other",
    "--list --as x --as-group dev",
    "get secrets --as system:serviceaccount:default:robot",
    "get pods --as system:serviceaccount:default:robot",
    "get secrets --as x --as-group system:masters",
    "get pods --as-group x",
]


@pytest.mark.parametrize("line", ASKED)
def test_can_i_answers_as_kubectl(served: Served, line: str) -> None:
    ours, theirs = both(served, f"auth can-i {line}")
    assert ours == theirs


@pytest.mark.parametrize("output", ["", "-o json", "-o name"])
@pytest.mark.parametrize(
    "line",
    [
        "--as jane",
        "--as jane --as-group a --as-group b --as-uid 7 --as-user-extra k=v --as-user-extra k=w",
        "--as system:serviceaccount:default:robot",
    ],
)
def test_whoami_answers_as_kubectl(served: Served, line: str, output: str) -> None:
    ours, theirs = both(served, f"auth whoami {line} {output}")
    time = re.compile(r'"creationTimestamp": "[^"]*"')
    assert time.sub("", ours.out) == time.sub("", theirs.out)
    assert (ours.code, ours.err) == (0, theirs.err)


def test_the_owner_of_the_database_is_the_admin(served: Served) -> None:
    first, second = both(served, "auth whoami")
    assert first.code == 0
    ours, theirs = (
        dict(line.split(None, 1) for line in each.out.splitlines()) for each in (first, second)
    )
    assert ours["Groups"] == theirs["Groups"] == "[system:masters system:authenticated]"
    assert ours["Username"] == theirs["Username"] == "kubernetes-admin"


RULES = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: new, labels: {%s: "1"}}
rules:
- {apiGroups: [""], resources: [pods, %s], verbs: [get, %s]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: new}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects:
- {kind: User, name: %s, apiGroup: rbac.authorization.k8s.io}
- {kind: ServiceAccount, name: s, namespace: d}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: passed-over}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: c, annotations: {a: b}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {%s: "1"}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: cb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
subjects: [{kind: Group, name: g, apiGroup: rbac.authorization.k8s.io}]
"""
ONE = RULES % ("x", "services", "list", "jane", "x", "c")
TWO = RULES % ("y", "nodes", "watch", "joe", "y", "other")
STEPS = [
    "one.yaml --dry-run=client",
    "one.yaml --dry-run=server",
    "one.yaml --dry-run=client -o yaml",
    "one.yaml --dry-run=client -o name",
    "one.yaml",
    "one.yaml",
    "two.yaml --dry-run=client",
    "two.yaml",
    "two.yaml",
    "one.yaml --remove-extra-subjects --remove-extra-permissions --dry-run=client",
    "one.yaml --remove-extra-subjects --remove-extra-permissions",
    "one.yaml",
]


def test_reconcile_does_and_says_what_kubectl_does(served: Served, tmp_path: Path) -> None:
    """Step by step, on the server and on a database of kctl's own."""
    (tmp_path / "one.yaml").write_text(ONE)
    (tmp_path / "two.yaml").write_text(TWO)
    alone = {**os.environ, "KCTL_HOME": str(tmp_path / "home"), "KCTL_LOCAL_HOST": "none"}

    def ours(words: list[str]) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "kctl", *words],
            capture_output=True,
            text=True,
            env=alone,
            cwd=tmp_path,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    for step in STEPS:
        file, *flags = step.split()
        line = ["auth", "reconcile", "-f", str(tmp_path / file), *flags]
        assert ours(line) == served.kubectl(*line), step
    for line in (
        "get role,rolebinding -n new -o jsonpath={.items[*].rules}{.items[*].subjects}",
        "get clusterrole c -o jsonpath={.aggregationRule}{.metadata.annotations}",
        "get clusterrolebinding cb -o jsonpath={.roleRef}{.subjects}",
    ):
        assert ours(line.split()) == served.kubectl(*line.split()), line

"""The server asks everybody who they are, and holds them to the roles."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kctl.server.auth import pki as pki_files
from kctl.server.auth.pki import Leaf
from tests.integration.reconcile.cluster import until
from tests.integration.serve.served import Object, Ran, Served

RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "tokens.csv").write_text('jane-token,jane,7,"dev,ops"\njoe-token,joe,8\n')
    made = Served(folder, f"--token-auth-file={folder / 'tokens.csv'}")
    made.do("create", "serviceaccount", "robot")
    made.do("create", "configmap", "cm", "--from-literal=a=b")
    yield made
    assert made.stop() == 0
    assert "jane-token" not in made.log() and "Traceback" not in made.log(), made.log()


def as_token(served: Served, folder: Path, token: str) -> Path:
    """A kubeconfig with that token and nothing else."""
    config = json.loads(served.do("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": token}
    path = folder / "token.config"
    path.write_text(json.dumps(config))
    return path


def say(served: Served, config: Path, *words: str) -> Ran:
    return served.kubectl(f"--kubeconfig={config}", *words)


def who(served: Served, token: str) -> tuple[int, str]:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    answer = served.request("POST", path, body, token=token)
    if answer.code != 201:
        return answer.code, answer.json["message"]
    return answer.code, answer.json["status"]["userInfo"]["username"]


def test_tokens_of_a_file_and_of_accounts(served: Served) -> None:
    assert who(served, "jane-token") == (201, "jane")
    token = served.do("create", "token", "robot")
    assert who(served, token) == (201, "system:serviceaccount:default:robot")
    offline = served.kctl("create", "token", "robot")
    assert who(served, offline.out) == (201, "system:serviceaccount:default:robot")


def test_credentials_that_prove_nothing(served: Served) -> None:
    token = served.do("create", "token", "robot")
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["exp"] += 10**6
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    foreign = jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), "ES256")
    elsewhere = served.do("create", "token", "robot", "--audience=vault")
    for bad in ("nope", f"{head}.{forged}.{signature}", f"{head}.{body}.", foreign, elsewhere):
        assert who(served, bad) == (401, "Unauthorized")
        assert served.request("GET", "/healthz", token=bad).code == 401


def test_deleting_the_account_ends_its_tokens(served: Served) -> None:
    served.do("create", "serviceaccount", "short")
    token = served.do("create", "token", "short")
    assert who(served, token)[0] == 201
    served.do("delete", "serviceaccount", "short")
    assert who(served, token) == (401, "Unauthorized")


def test_a_binding_gives_and_takes_at_once(served: Served, tmp_path: Path) -> None:
    config = as_token(served, tmp_path, "jane-token")
    refused = say(served, config, "get", "configmap", "cm")
    assert refused.code == 1
    assert refused.err == (
        'Error from server (Forbidden): configmaps "cm" is forbidden: User "jane" cannot get '
        'resource "configmaps" in API group "" in the namespace "default"\n'
    )
    served.do("create", "rolebinding", "jane-view", "--clusterrole=view", "--user=jane")
    until(lambda: say(served, config, "get", "configmap", "cm").code == 0, 5)
    assert "Forbidden" in say(served, config, "get", "secrets").err
    assert "Forbidden" in say(served, config, "delete", "configmap", "cm").err
    assert "Forbidden" in say(served, config, "get", "configmaps", "-n", "kube-system").err
    served.do("delete", "rolebinding", "jane-view")
    until(lambda: say(served, config, "get", "configmap", "cm").code == 1, 5)


def test_groups_count(served: Served, tmp_path: Path) -> None:
    served.do(
        "create", "rolebinding", "ops", "--clusterrole=edit", "--group=ops", "-n", "kube-public"
    )
    config = as_token(served, tmp_path, "jane-token")
    line = ("create", "configmap", "of-jane", "-n", "kube-public")
    until(lambda: say(served, config, *line).code == 0, 5)
    other = as_token(served, tmp_path, "joe-token")
    assert "Forbidden" in say(served, other, "get", "configmaps", "-n", "kube-public").err


def test_nobody_grants_what_they_do_not_have(served: Served, tmp_path: Path) -> None:
    served.do("create", "namespace", "joes")
    served.do("create", "rolebinding", "joe", "--clusterrole=admin", "--user=joe", "-n", "joes")
    config = as_token(served, tmp_path, "joe-token")
    make = ("create", "role", "r", "-n", "joes", "--verb=get")
    until(lambda: say(served, config, *make, "--resource=pods").code == 0, 5)
    refused = say(served, config, "create", "role", "x", "-n", "joes", "--verb=get",
                  "--resource=nodes")  # fmt: skip
    assert refused.err == (
        'Error from server (Forbidden): roles.rbac.authorization.k8s.io "x" is forbidden: user '
        '"joe" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not '
        'currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}\n'
    )
    bind = ("create", "rolebinding", "x", "-n", "joes", "--user=joe")
    refused = say(served, config, *bind, "--clusterrole=cluster-admin")
    assert "is attempting to grant RBAC permissions not currently held" in refused.err
    assert say(served, config, *bind, "--clusterrole=view").code == 0


def test_acting_as_somebody_else(served: Served, tmp_path: Path) -> None:
    shown = served.do("auth", "whoami", "--as=ann", "--as-group=x", "-o", "json")
    assert json.loads(shown)["status"]["userInfo"] == {
        "username": "ann",
        "groups": ["x", "system:authenticated"],
    }
    config = as_token(served, tmp_path, "joe-token")
    refused = say(served, config, "get", "pods", "--as=kubernetes-admin")
    assert refused.err == (
        'Error from server (Forbidden): users "kubernetes-admin" is forbidden: User "joe" cannot '
        'impersonate resource "users" in API group "" at the cluster scope\n'
    )
    nobody = served.request("GET", "/api", token="", Impersonate_User="kubernetes-admin")
    assert nobody.code == 403
    alone = served.request("GET", "/api", Impersonate_Group="system:masters")
    assert alone.code == 400


def test_certificates_of_ours_and_of_others(served: Served, tmp_path: Path) -> None:
    pki = served.home / "pki"
    authority = pki_files.load_certificate(pki / "ca.crt")
    signer = pki_files.load_key(pki / "ca.key")

    def ask(leaf: Leaf, *, foreign: bool = False) -> tuple[int, Object]:
        other = pki_files.ensure(tmp_path / "other")
        key = ec.generate_private_key(ec.SECP256R1())
        moment = datetime.now(UTC)
        maker = (pki_files.load_certificate(other.ca), pki_files.load_key(other.ca_key))
        issuer, by = maker if foreign else (authority, signer)
        made = pki_files.issue(key.public_key(), leaf, issuer, by, moment, timedelta(hours=1))
        pem = tmp_path / "client.pem"
        pem.write_bytes(pki_files.key_pem(key) + pki_files.certificate_pem(made))
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pem)
        try:
            with urllib.request.urlopen(f"{served.url}/api/v1/nodes", context=context) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    assert ask(Leaf("boss", ("system:masters",)))[0] == 200
    code, status = ask(Leaf("ann", ("staff",)))
    assert (code, status["message"]) == (
        403,
        'nodes is forbidden: User "ann" cannot list resource "nodes" in API group "" at the '
        "cluster scope",
    )
    with pytest.raises((urllib.error.URLError, ConnectionError, ssl.SSLError)):
        ask(Leaf("boss", ("system:masters",)), foreign=True)


def test_reviews_ask_for_others(served: Served) -> None:
    spec = {"user": "ann", "resourceAttributes": {"verb": "get", "resource": "pods"}}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    answer = served.request("POST", f"{REVIEWS}/subjectaccessreviews", body)
    assert (answer.code, answer.json["status"]) == (201, {"allowed": False})
    refused = served.request("POST", f"{REVIEWS}/subjectaccessreviews", body, token="joe-token")
    assert refused.code == 403
    wrong = served.request("POST", f"{REVIEWS}/subjectaccessreviews", {**body, "spec": {}})
    assert (wrong.code, wrong.json["reason"]) == (422, "Invalid")


def test_who_trusts_our_tokens_finds_the_key(served: Served) -> None:
    token = served.do("create", "token", "robot")
    assert served.request("GET", "/openid/v1/jwks", token="").code == 403
    found = served.request("GET", "/.well-known/openid-configuration", token=token)
    assert (
        found.code == 200 and found.json["issuer"] == "https://kubernetes.default.svc.cluster.local"
    )
    keys = served.request("GET", "/openid/v1/jwks", token=token).json["keys"]
    assert [each["kid"] for each in keys] == [jwt.get_unverified_header(token)["kid"]]


def test_a_role_that_one_may_not_escalate_by_patch_or_update(served: Served) -> None:
    served.do("create", "role", "editable", "--verb=get", "--resource=pods")
    served.do("create", "role", "role-editor", "--verb=*",
              "--resource=roles.rbac.authorization.k8s.io")  # fmt: skip
    served.do("create", "rolebinding", "ro", "--role=editable", "--user=joe")
    served.do("create", "clusterrole", "patches", "--verb=get,patch,update",
              "--resource=roles.rbac.authorization.k8s.io")  # fmt: skip
    served.do("create", "rolebinding", "pa", "--clusterrole=patches", "--user=joe")
    path = f"{RBAC}/namespaces/default/roles/editable"
    until(lambda: served.request("GET", path, token="joe-token").code == 200, 5)
    patch = {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    merge = "application/merge-patch+json"
    answer = served.request("PATCH", path, patch, token="joe-token", Content_Type=merge)
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    current = served.request("GET", path, token="joe-token").json
    answer = served.request("PUT", path, {**current, **patch}, token="joe-token")
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    same = served.request("PUT", path, current, token="joe-token")
    assert same.code == 200

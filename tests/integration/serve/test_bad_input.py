"""What a server must refuse: in Kubernetes' words, never with a 500, and going on afterwards."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.server.auth import pki
from tests.integration.serve.served import Answer, Served

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
PROTOBUF = "application/vnd.kubernetes.protobuf"
DEEP = b'{"metadata":{"name":"deep"},"data":' + b'{"a":' * 5000 + b"1" + b"}" * 5001
BOMB = b"""
a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]
h: [*g, *g, *g, *g, *g, *g, *g, *g, *g]
"""


@pytest.fixture(autouse=True)
def well(served: Served) -> Iterator[None]:
    yield
    assert served.request("GET", "/readyz").body == b"ok"


def refused(answer: Answer) -> tuple[int, str, str]:
    status = answer.json
    assert status["kind"] == "Status" and status["status"] == "Failure", status
    assert 400 <= answer.code < 500 and status["code"] == answer.code, status
    assert "Traceback" not in status["message"] and ".py" not in status["message"], status
    return answer.code, status["reason"], status["message"]


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"{", 400, "json parse error"),
        (b'{"metadata":', 400, "json parse error"),
        (b"\xff\xfe{}", 400, ""),
        (b"[]", 400, "cannot unmarshal array"),
        (b'"text"', 400, "cannot unmarshal string"),
        (b"null", 400, ""),
        (b"{}{}", 400, ""),
        (b"", 400, "empty"),
        (DEEP, 400, ""),
        (b'{"metadata":{"name":"x"},"data":{"a":1}}', 400, "cannot unmarshal number"),
        (b'{"metadata":{"name":7}}', 400, "cannot unmarshal number"),
        (b'{"metadata":[]}', 400, "cannot unmarshal array"),
        (b'{"metadata":{"name":"UPPER"}}', 422, "a lowercase RFC 1123 subdomain"),
        (b'{"metadata":{"name":"../../etc"}}', 422, "invalid"),
        (b'{"metadata":{}}', 422, "name or generateName is required"),
        (b'{"apiVersion":"v2","metadata":{"name":"x"}}', 400, "does not match the expected API"),
        (b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}}', 400, "as a ConfigMap"),
        (b'{"metadata":{"name":"x","namespace":"other"}}', 400, "does not match the namespace"),
        (b'{"metadata":{"name":"x","labels":{"a b":"c"}}}', 422, "metadata.labels"),
        (b'{"metadata":{"name":"x"},"data":{"a":"' + b"x" * 1_100_000 + b'"}}', 422, "Too long"),
        (b'{"metadata":{"name":"x"},"data":{"a":1e999}}', 400, ""),
        (b'{"metadata":{"name":"x","generation":99999999999999999999}}', 400, ""),
    ],
)
def test_bodies(served: Served, body: bytes, code: int, said: str) -> None:
    answer = served.request("POST", MAPS, body)
    found, _, message = refused(answer)
    assert found == code and said in message, answer


def test_a_body_that_is_too_large(served: Served) -> None:
    body = b'{"data":{"a":"' + b"x" * 3_200_000 + b'"}}'
    assert refused(served.request("POST", MAPS, body)) == (
        413,
        "RequestEntityTooLarge",
        "Request entity too large: limit is 3145728",
    )


def test_yaml_that_explodes_or_never_ends(served: Served) -> None:
    begun = time.monotonic()
    for body in (
        BOMB,
        b"[" * 100_000,
        b"a: [",
        b"---\na: 1\n---\nb: 2\n",
        b"\x00",
        b"a: !!python/x",
    ):
        refused(served.request("POST", MAPS, body, Content_Type="application/yaml"))
    assert time.monotonic() - begun < 60


def test_protobuf_that_is_none(served: Served) -> None:
    magic = b"k8s\x00"
    for body in (
        magic,
        magic + b"\x0a\xff\xff\xff\xff\x0f",
        magic + b"\x0a\x04\x0a\x02v1\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
        b"no magic",
        magic + b"\x0a\x0b\x0a\x02v1\x12\x05Thing\x12\x00",
        magic + b"\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x03\x0a\x09x",
    ):
        refused(served.request("POST", MAPS, body, Content_Type=PROTOBUF))


@pytest.mark.parametrize(
    "media", ["text/html", "application/xml", "multipart/form-data; boundary=x"]
)
def test_media_that_nobody_speaks(served: Served, media: str) -> None:
    code, reason, _ = refused(served.request("POST", MAPS, b"<a/>", Content_Type=media))
    assert (code, reason) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/default/configmaps/../secrets",
        "/api/v1/namespaces/..%2f..%2f/pods",
        "/api/v1/namespaces/default/pods/%2e%2e/log",
        "/api/v1/namespaces/default/pods/a%00b",
        "/api/v1/namespaces/%zz/pods/x",
        "/api/v1/namespaces/default/pods/x/nosuch",
        "/api/v1/namespaces/default/pods/" + "x" * 3000,
        "/apis//v1/things",
        "/apis/apps/v1/namespaces/default/deployments/x/scale/more",
        "//api/v1/pods/x",
        "/api/v1/watch/nosuch",
        "/openapi/v3/apis/../../etc/passwd",
    ],
)
def test_paths(served: Served, path: str) -> None:
    answer = served.request("GET", path)
    assert 400 <= answer.code < 500, answer


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"dryRun": 7}, 400, "cannot unmarshal number into Go struct field DeleteOptions.dryRun"),
        ({"dryRun": ["Some"]}, 422, 'supported values: "All"'),
        ({"preconditions": []}, 400, "cannot unmarshal array into Go struct field"),
        ({"preconditions": {"uid": "another"}}, 409, "Precondition failed: UID in precondition"),
        ({"gracePeriodSeconds": "1"}, 400, "cannot unmarshal string into Go struct field"),
        ({"propagationPolicy": "Never"}, 422, 'Unsupported value: "Never"'),
        ({"propagationPolicy": "Orphan", "orphanDependents": True}, 422, "cannot be both set"),
        ({"kind": "Pod"}, 400, "expected DeleteOptions"),
        ([], 400, "DeleteOptions"),
    ],
)
def test_delete_options(served: Served, options: Any, code: int, said: str) -> None:
    served.request("POST", MAPS, {"metadata": {"name": "kept"}})
    found, _, message = refused(served.request("DELETE", f"{MAPS}/kept", options))
    assert found == code and said in message
    assert served.request("GET", f"{MAPS}/kept").code == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        "timeoutSeconds=many&watch=1",
        "resourceVersion=abc",
        "continue=%00%ff",
        "continue=" + base64.b64encode(b'{"v":"meta.k8s.io/v1","rv":-1,"start":"x"}').decode(),
        "labelSelector=" + quote("a in (b"),
        "labelSelector=" + quote("=" * 2000),
        "fieldSelector=" + quote("status.nosuch=x"),
        "fieldSelector=" + quote("a"),
        "resourceVersionMatch=Exact",
        "includeObject=Some&watch=0",
    ],
)
def test_queries(served: Served, query: str) -> None:
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    refused(served.request("GET", f"{PODS}?{query}", Accept=accept))


def test_patches(served: Served) -> None:
    served.request("POST", MAPS, {"metadata": {"name": "patched"}, "data": {"a": "1"}})
    path = f"{MAPS}/patched"
    json_, merge = "application/json-patch+json", "application/merge-patch+json"
    strategic, apply = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
    for media, body in (
        (json_, {"a": 1}),
        (json_, [{"op": "nosuch", "path": "/a"}]),
        (json_, [{"op": "remove", "path": "/data/nosuch"}]),
        (json_, [{"op": "test", "path": "/data/a", "value": "2"}]),
        (json_, [{"op": "replace", "path": "/metadata/name", "value": "other"}]),
        (json_, [{"op": "copy", "from": "/data", "path": "/data/b"}]),
        (json_, ["text"]),
        (merge, []),
        (merge, {"metadata": {"name": "other"}}),
        (merge, {"data": {"a": {"b": 1}}}),
        (merge, {"metadata": {"uid": "another"}}),
        (merge, {"metadata": {"resourceVersion": "1"}}),
        (strategic, {"data": {"$patch": "nosuch"}}),
        (strategic, {"metadata": {"$setElementOrder/finalizers": 7}}),
        (apply, {"data": {"a": "1"}}),
    ):
        refused(served.request("PATCH", path, body, Content_Type=media))
    assert served.request("GET", path).json["data"] == {"a": "1"}


def token(served: Served, **claims: Any) -> str:
    """A real one with other claims, signed by a key of the test's."""
    real = served.do("create", "token", "default", "--duration=20m").strip()
    payload = {**jwt.decode(real, options={"verify_signature": False}), **claims}
    from cryptography.hazmat.primitives.asymmetric import ec

    return jwt.encode(payload, ec.generate_private_key(ec.SECP256R1()), "ES256")


def test_tokens_that_prove_nothing(served: Served) -> None:
    served.kubectl("create", "serviceaccount", "default")
    real = served.do("create", "token", "default", "--duration=20m").strip()
    head, body, signature = real.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for each in (
        "x",
        f"{head}.{body}.",
        f"{none}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        token(served),
        token(served, sub="system:serviceaccount:kube-system:admin"),
        token(served, exp=1),
    ):
        answer = served.request("GET", PODS, token=each)
        assert refused(answer)[:2] == (401, "Unauthorized")
        assert each not in answer.body.decode()
    assert refused(served.request("GET", PODS, token=real))[:2] == (403, "Forbidden")


def test_what_a_user_may_not_do_is_forbidden_before_anything_happens(served: Served) -> None:
    served.kubectl("create", "serviceaccount", "default")
    real = served.do("create", "token", "default", "--duration=20m").strip()
    who = 'User "system:serviceaccount:default:default"'
    for method, path, said in (
        (
            "GET",
            PODS,
            f'{who} cannot list resource "pods" in API group "" in the namespace "default"',
        ),
        ("GET", f"{PODS}/x/log", f'{who} cannot get resource "pods/log" in API group ""'),
        ("POST", f"{PODS}/x/exec?command=id", f'{who} cannot create resource "pods/exec"'),
        (
            "DELETE",
            "/api/v1/nodes/x",
            f'{who} cannot delete resource "nodes" in API group "" at the',
        ),
        ("POST", MAPS, f'{who} cannot create resource "configmaps"'),
        ("GET", "/apis/nosuch.io/v1/things", f'{who} cannot list resource "things"'),
        ("GET", "/metrics", f'{who} cannot get path "/metrics"'),
    ):
        code, reason, message = refused(served.request(method, path, token=real))
        assert (code, reason) == (403, "Forbidden") and said in message


def test_connections_that_speak_no_http(served: Served) -> None:
    for sent in (b"\x16\x03\x01", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 100, b"A" * 70_000):
        with socket.create_connection(("127.0.0.1", served.port), 10) as raw:
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            raw.settimeout(10)
            try:
                while raw.recv(4096):
                    continue
            except ConnectionResetError:
                continue
    context = served.context()
    for sent in (
        b"NOSUCH / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST " + MAPS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{}",
        b"GET /" + b"x" * 2_000_000,
    ):
        with (
            socket.create_connection(("127.0.0.1", served.port), 10) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as tls,
        ):
            try:
                tls.sendall(sent)
                tls.settimeout(2)
                tls.recv(4096)
            except (ConnectionError, TimeoutError, ssl.SSLError):
                continue


def test_a_certificate_of_another_authority_is_no_way_in(served: Served, tmp_path: Path) -> None:
    other = pki.ensure(tmp_path / "other")
    context = ssl.create_default_context(cafile=str(served.home / "pki" / "ca.crt"))
    context.load_cert_chain(other.admin, other.admin_key)
    with (
        socket.create_connection(("127.0.0.1", served.port), 10) as raw,
        pytest.raises((ssl.SSLError, ConnectionError)),
        context.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        tls.sendall(b"GET /api/v1/pods HTTP/1.1\r\nHost: x\r\n\r\n")
        tls.settimeout(10)
        assert tls.recv(4096) == b"" or pytest.fail("the server answered")
        raise ConnectionError


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = (
    "metadata", "name", "spec", "containers", "image", "ports", "data", "labels", "rules",
    "selector", "template", "replicas", "resources", "limits", "env", "volumes", "status",
)  # fmt: skip
OBJECTS = st.recursive(
    VALUES,
    lambda inner: (
        st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5) | st.lists(inner, max_size=3)
    ),
    max_leaves=25,
)


@pytest.fixture(scope="module")
def resources(served: Served) -> list[str]:
    """Every path under which something can be created."""
    found = []
    for group in served.request("GET", "/apis").json["groups"]:
        found += [f"/apis/{each['groupVersion']}" for each in group["versions"]]
    paths = []
    for prefix in ["/api/v1", *found]:
        for each in served.request("GET", prefix).json["resources"]:
            if "create" in each["verbs"] and "/" not in each["name"]:
                scope = "/namespaces/default" if each["namespaced"] else ""
                paths.append(f"{prefix}{scope}/{each['name']}")
    return paths


@settings(
    max_examples=250, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_no_object_whatever_it_looks_like_breaks_the_server(
    served: Served, resources: list[str], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(resources))
    body = data.draw(st.dictionaries(st.sampled_from(FIELDS), OBJECTS, max_size=5))
    body.setdefault("metadata", {"name": "fuzz"})
    method = data.draw(st.sampled_from(["POST", "PUT", "PATCH"]))
    target = path if method == "POST" else f"{path}/fuzz"
    headers = {"Content_Type": "application/merge-patch+json"} if method == "PATCH" else {}
    try:
        text = json.dumps(body).encode()
    except UnicodeEncodeError:
        return
    answer = served.request(method, f"{target}?dryRun=All", text, **headers)
    assert answer.code < 500, (method, target, body, answer)


@settings(
    max_examples=200, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    body=st.binary(max_size=300),
    media=st.sampled_from(
        ["application/json", "application/yaml", PROTOBUF, "application/apply-patch+yaml"]
    ),
    magic=st.booleans(),
)
def test_no_bytes_break_the_server(served: Served, body: bytes, media: str, magic: bool) -> None:
    if magic and media == PROTOBUF:
        body = b"k8s\x00" + body
    method = "PATCH" if "patch" in media else "POST"
    path = f"{MAPS}/fuzz" if method == "PATCH" else MAPS
    answer = served.request(
        method, f"{path}?dryRun=All&fieldManager=f", body or b"x", Content_Type=media
    )
    assert answer.code < 500, (method, media, body, answer)

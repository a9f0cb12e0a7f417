"""The verbs as any HTTP client sees them."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.serve.served import Object, Served

MAPS = "/api/v1/namespaces/{}/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def config(name: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture
def space(served: Served, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own; the path of its config maps is MAPS.format(space)."""
    name = f"n{abs(hash(request.node.name)) % 10**8}"
    served.do("create", "namespace", name)
    yield name
    served.request("DELETE", f"/api/v1/namespaces/{name}")


def fill(served: Served, space: str, count: int) -> list[Object]:
    path = MAPS.format(space)
    return [served.request("POST", path, config(f"c{i}", n=str(i))).json for i in range(count)]


def names(listed: Object) -> list[str]:
    return [each["metadata"]["name"] for each in listed["items"]]


def status_of(served: Served, *asked: Any, **headers: str) -> tuple[int, str, str]:
    answer = served.request(*asked, **headers)
    status = answer.json
    assert status["kind"] == "Status" and status["code"] == answer.code, status
    return answer.code, status.get("reason", ""), status["message"]


def events(served: Served, path: str, **headers: str) -> list[Object]:
    """The events of a watch that ends after a second."""
    glue = "&" if "?" in path else "?"
    answer = served.request("GET", f"{path}{glue}watch=1&timeoutSeconds=1", **headers)
    assert answer.code == 200, answer
    return [json.loads(line) for line in answer.body.splitlines()]


# --- lists ---


def test_pages_of_a_list_show_one_moment(served: Served, space: str) -> None:
    fill(served, space, 5)
    path = MAPS.format(space)
    first = served.request("GET", f"{path}?limit=2").json
    assert names(first) == ["c0", "c1"] and first["metadata"]["remainingItemCount"] == 3
    served.request("POST", path, config("c00"))
    served.request("DELETE", f"{path}/c3")
    token = first["metadata"]["continue"]
    second = served.request("GET", f"{path}?limit=2&continue={token}").json
    token = second["metadata"]["continue"]
    third = served.request("GET", f"{path}?limit=2&continue={token}").json
    assert names(second) + names(third) == ["c2", "c3", "c4"]
    assert {each["metadata"]["resourceVersion"] for each in (first, second, third)} == {
        first["metadata"]["resourceVersion"]
    }
    assert "continue" not in third["metadata"]
    assert status_of(served, "GET", f"{path}?limit=2&continue=forged")[:2] == (400, "BadRequest")


def test_the_past_can_be_listed_and_the_future_cannot(served: Served, space: str) -> None:
    made = fill(served, space, 3)
    path = MAPS.format(space)
    then = made[1]["metadata"]["resourceVersion"]
    exact = served.request("GET", f"{path}?resourceVersion={then}&resourceVersionMatch=Exact").json
    assert names(exact) == ["c0", "c1"] and exact["metadata"]["resourceVersion"] == then
    assert len(names(served.request("GET", f"{path}?resourceVersion={then}").json)) == 3
    assert len(names(served.request("GET", f"{path}?resourceVersion=0").json)) == 3
    code, reason, message = status_of(served, "GET", f"{path}?resourceVersion=999999")
    assert (code, reason) == (504, "Timeout") and message.startswith("Too large resource version")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "resourceVersionMatch=Exact",
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=1&resourceVersionMatch=Some",
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: '
            '"Some": supported values: "Exact", "NotOlderThan"',
        ),
        (
            "sendInitialEvents=true",
            'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: '
            "sendInitialEvents is forbidden for list",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(served: Served, query: str, message: str) -> None:
    assert status_of(served, "GET", f"/api/v1/configmaps?{query}") == (422, "Invalid", message)


def test_selectors(served: Served, space: str) -> None:
    path = MAPS.format(space)
    for name, tier in (("a", "front"), ("b", "back"), ("c", "front")):
        made = config(name)
        made["metadata"]["labels"] = {"tier": tier}
        served.request("POST", path, made)
    assert names(served.request("GET", f"{path}?labelSelector=tier%3Dfront").json) == ["a", "c"]
    chosen = f"{path}?labelSelector=tier+in+(front)&fieldSelector=metadata.name!%3Da&limit=1"
    assert names(served.request("GET", chosen).json) == ["c"]
    wrong = status_of(served, "GET", f"{path}?fieldSelector=data.x%3Dy")
    assert wrong == (400, "BadRequest", "field label not supported: data.x")
    assert status_of(served, "GET", f"{path}?labelSelector=a+b+c")[0] == 400


# --- shapes ---


def test_a_table_is_made_for_those_who_accept_one(served: Served, space: str) -> None:
    fill(served, space, 1)
    path = MAPS.format(space)
    table = served.request("GET", path, Accept=f"{TABLE},application/json").json
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    (row,) = table["rows"]
    assert row["cells"][:2] == ["c0", 1] and row["object"]["kind"] == "PartialObjectMetadata"
    whole = served.request("GET", f"{path}/c0?includeObject=Object", Accept=TABLE).json
    assert whole["rows"][0]["object"]["data"] == {"n": "0"}
    bare = served.request("GET", f"{path}?includeObject=None", Accept=TABLE).json
    assert "object" not in bare["rows"][0]


def test_metadata_alone_yaml_and_what_cannot_be_made(served: Served, space: str) -> None:
    fill(served, space, 1)
    path = MAPS.format(space)
    some = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    listed = served.request("GET", path, Accept=some).json
    assert listed["kind"] == "PartialObjectMetadataList" and "data" not in listed["items"][0]
    one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    assert served.request("GET", f"{path}/c0", Accept=one).json["kind"] == "PartialObjectMetadata"
    yaml = served.request("GET", f"{path}/c0", Accept="application/yaml")
    assert yaml.headers["content-type"] == "application/yaml"
    assert yaml.body.decode().startswith('apiVersion: v1\ndata:\n  "n": "0"\n')
    both = "application/vnd.kubernetes.protobuf,application/json"
    assert served.request("GET", f"{path}/c0", Accept=both).json["kind"] == "ConfigMap"
    assert status_of(served, "GET", f"{path}/c0", Accept="text/html")[:2] == (406, "NotAcceptable")


def test_people_get_indented_json_and_large_answers_are_compressed(
    served: Served, space: str
) -> None:
    fill(served, space, 1)
    path = MAPS.format(space)
    assert b'\n  "kind"' in served.request("GET", f"{path}/c0?pretty=true").body
    assert b'\n  "kind"' in served.request("GET", f"{path}/c0", User_Agent="curl/8.1").body
    assert b"\n" not in served.request("GET", f"{path}/c0", User_Agent="kubectl/v1.37").body
    served.request("POST", path, config("large", text="x" * 300_000))
    packed = served.request("GET", f"{path}/large", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip" and len(packed.body) < 10_000
    assert len(json.loads(gzip.decompress(packed.body))["data"]["text"]) == 300_000
    small = served.request("GET", f"{path}/c0", Accept_Encoding="gzip")
    assert "content-encoding" not in small.headers


# --- writes ---


def test_dry_runs_write_nothing(served: Served, space: str) -> None:
    path = MAPS.format(space)
    (made,) = fill(served, space, 1)
    assert served.request("POST", f"{path}?dryRun=All", config("dry")).code == 201
    changed = served.request("PUT", f"{path}/c0?dryRun=All", config("c0", n="9"))
    assert changed.json["data"] == {"n": "9"}
    served.request("DELETE", f"{path}/c0?dryRun=All")
    served.request("DELETE", f"{path}/c0", {"dryRun": ["All"]})
    (left,) = served.request("GET", path).json["items"]
    assert left["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert status_of(served, "POST", f"{path}?dryRun=Some", config("x"))[0] == 422


def test_unknown_fields_are_refused_warned_of_or_dropped(served: Served, space: str) -> None:
    path = MAPS.format(space)
    odd = {**config("odd"), "datax": {}}
    strict = status_of(served, "POST", f"{path}?fieldValidation=Strict", odd)
    assert strict == (
        400,
        "BadRequest",
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'unknown field "datax"',
    )
    warned = served.request("POST", f"{path}?dryRun=All", odd)
    assert warned.code == 201 and warned.headers["warning"] == '299 - "unknown field \\"datax\\""'
    ignored = served.request("POST", f"{path}?dryRun=All&fieldValidation=Ignore", odd)
    assert ignored.code == 201 and "warning" not in ignored.headers
    twice = b'{"metadata":{"name":"odd"},"data":{},"data":{}}'
    code, _, message = status_of(served, "POST", f"{path}?fieldValidation=Strict", twice)
    assert code == 400 and 'duplicate field "data"' in message


def test_names_are_made_up_and_taken_ones_refused(served: Served, space: str) -> None:
    path = MAPS.format(space)
    generated = {"metadata": {"generateName": "job-"}}
    made = {served.request("POST", path, generated).json["metadata"]["name"] for _ in range(3)}
    assert len(made) == 3 and all(each.startswith("job-") and len(each) == 9 for each in made)
    fill(served, space, 1)
    taken = status_of(served, "POST", path, config("c0"))
    assert taken == (409, "AlreadyExists", 'configmaps "c0" already exists')


def test_updates_hold_to_the_version_that_they_name(served: Served, space: str) -> None:
    path = MAPS.format(space)
    (made,) = fill(served, space, 1)
    assert served.request("PUT", f"{path}/c0", {**made, "data": {"n": "1"}}).code == 200
    code, reason, _ = status_of(served, "PUT", f"{path}/c0", {**made, "data": {"n": "2"}})
    assert (code, reason) == (409, "Conflict")
    assert served.request("PUT", f"{path}/c0", config("c0", n="3")).json["data"] == {"n": "3"}
    other = status_of(served, "PUT", f"{path}/c0", config("c1"))
    assert other[2] == "the name of the object (c1) does not match the name on the URL (c0)"
    assert status_of(served, "PUT", f"{path}/nosuch", config("nosuch"))[:2] == (404, "NotFound")


def test_every_kind_of_patch(served: Served, space: str) -> None:
    path = MAPS.format(space) + "/c0"
    fill(served, space, 1)
    for media, change in (
        ("application/merge-patch+json", {"data": {"n": None, "m": "1"}}),
        ("application/strategic-merge-patch+json", {"data": {"s": "2"}}),
        ("application/json-patch+json", [{"op": "add", "path": "/data/j", "value": "3"}]),
    ):
        assert served.request("PATCH", path, change, Content_Type=media).code == 200
    assert served.request("GET", path).json["data"] == {"m": "1", "s": "2", "j": "3"}
    media = status_of(served, "PATCH", path, {}, Content_Type="text/plain")
    assert media[:2] == (415, "UnsupportedMediaType")
    broken = status_of(served, "PATCH", path, b"{", Content_Type="application/merge-patch+json")
    assert broken[:2] == (400, "BadRequest")
    many = [{"op": "test", "path": "/data/m", "value": "1"}] * 10_001
    large = status_of(served, "PATCH", path, many, Content_Type="application/json-patch+json")
    assert large[:2] == (413, "RequestEntityTooLarge")


def test_deletes_and_their_preconditions(served: Served, space: str) -> None:
    path = MAPS.format(space)
    made = fill(served, space, 4)
    wrong = {"preconditions": {"uid": "another"}}
    assert status_of(served, "DELETE", f"{path}/c0", wrong)[:2] == (409, "Conflict")
    right = {"preconditions": {"uid": made[0]["metadata"]["uid"]}}
    gone = served.request("DELETE", f"{path}/c0", right).json
    assert gone["status"] == "Success"
    assert gone["details"] == {
        "name": "c0",
        "kind": "configmaps",
        "uid": made[0]["metadata"]["uid"],
    }
    assert status_of(served, "DELETE", f"{path}/c0")[:2] == (404, "NotFound")
    some = served.request("DELETE", f"{path}?fieldSelector=metadata.name%3Dc2").json
    assert (some["kind"], names(some)) == ("ConfigMapList", ["c2"])
    assert names(served.request("DELETE", path).json) == ["c1", "c3"]
    assert names(served.request("GET", path).json) == []


def test_paths_and_methods_that_are_not_there(served: Served) -> None:
    missing = "the server could not find the requested resource"
    assert status_of(served, "GET", "/api/v1/nosuch") == (404, "NotFound", missing)
    assert status_of(served, "GET", "/api/v1/namespaces/default/nodes")[:2] == (404, "NotFound")
    answer = served.request("GET", "/apis/nosuch.io/v1/things")
    assert (answer.code, answer.body) == (404, b"404 page not found\n")
    refused = "the server does not allow this method on the requested resource"
    for method, path in (
        ("POST", "/api/v1/pods"),
        ("POST", "/api/v1/namespaces/default/configmaps/x"),
        ("PUT", "/api/v1/namespaces/default/configmaps"),
        ("PATCH", "/api/v1/namespaces/default/configmaps"),
    ):
        assert status_of(served, method, path, {}) == (405, "MethodNotAllowed", refused)


# --- watches ---


def test_a_watch_goes_on_where_a_list_ended(served: Served, space: str) -> None:
    path = MAPS.format(space)
    fill(served, space, 1)
    since = served.request("GET", path).json["metadata"]["resourceVersion"]
    served.request("PUT", f"{path}/c0", config("c0", n="9"))
    served.request("POST", path, config("c1"))
    served.request("DELETE", f"{path}/c0")
    found = events(served, f"{path}?resourceVersion={since}")
    assert [(each["type"], each["object"]["metadata"]["name"]) for each in found] == [
        ("MODIFIED", "c0"),
        ("ADDED", "c1"),
        ("DELETED", "c0"),
    ]
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in found]
    assert versions == sorted(versions) and versions[0] > int(since)
    again = events(served, f"{path}?resourceVersion={versions[1]}")
    assert [each["type"] for each in again] == ["DELETED"]


def test_a_watch_without_a_version_begins_with_what_there_is(served: Served, space: str) -> None:
    path = MAPS.format(space)
    fill(served, space, 2)
    assert [each["type"] for each in events(served, path)] == ["ADDED", "ADDED"]
    streamed = events(
        served,
        f"{path}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    )
    assert [each["type"] for each in streamed[:3]] == ["ADDED", "ADDED", "BOOKMARK"]
    meta = streamed[2]["object"]["metadata"]
    assert meta["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert int(meta["resourceVersion"]) > 0


def test_a_watch_with_a_selector_sees_objects_come_and_go(served: Served, space: str) -> None:
    path = MAPS.format(space)
    since = served.request("GET", path).json["metadata"]["resourceVersion"]
    made = config("c")
    served.request("POST", path, made)
    for labels in ({"on": "yes"}, {"on": "yes", "more": "1"}, {"on": "no"}):
        served.request("PUT", f"{path}/c", {**made, "metadata": {"name": "c", "labels": labels}})
    found = events(served, f"{path}?resourceVersion={since}&labelSelector=on%3Dyes")
    assert [each["type"] for each in found] == ["ADDED", "MODIFIED", "DELETED"]


def test_a_watch_of_tables_has_its_columns_once(served: Served, space: str) -> None:
    fill(served, space, 2)
    found = events(served, MAPS.format(space), Accept=TABLE)
    assert [bool(each["object"]["columnDefinitions"]) for each in found] == [True, False]


def test_a_revision_that_is_forgotten_is_gone(served: Served, space: str) -> None:
    path = MAPS.format(space)
    fill(served, space, 1)
    assert served.kctl("settings", "retain-revisions", "1").code == 0
    try:
        for number in range(300):
            served.request("PUT", f"{path}/c0", config("c0", n=str(number)))
        (error,) = events(served, f"{path}?resourceVersion=1")
        assert error["type"] == "ERROR"
        assert (error["object"]["code"], error["object"]["reason"]) == (410, "Expired")
        listed = status_of(served, "GET", f"{path}?resourceVersion=1&resourceVersionMatch=Exact")
        assert listed[:2] == (410, "Expired")
    finally:
        served.kctl("settings", "retain-revisions", "10000")


def test_another_process_s_writes_reach_a_watch(served: Served, space: str) -> None:
    path = MAPS.format(space)
    since = served.request("GET", path).json["metadata"]["resourceVersion"]
    ran = served.kctl("create", "configmap", "mine", "-n", space)
    assert ran.code == 0, ran
    begun = time.monotonic()
    found = events(served, f"{path}?resourceVersion={since}")
    assert [each["object"]["metadata"]["name"] for each in found] == ["mine"]
    assert time.monotonic() - begun < 30


def test_who_wrote_is_kept(served: Served, space: str) -> None:
    fill(served, space, 1)
    served.do("label", "configmap", "c0", "a=b", "-n", space)
    items = json.loads(served.kctl("audit", "cm", "-n", space, "-o", "json").out)["items"]
    assert [(each["user"], each["verb"]) for each in items] == [
        ("kubernetes-admin", "patch"),
        ("kubernetes-admin", "create"),
    ]
    assert items[0]["agent"].startswith("kubectl/v1.37") and items[0]["from"] == "127.0.0.1"

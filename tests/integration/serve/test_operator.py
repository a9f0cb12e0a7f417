"""An operator framework that is not ours (kopf) runs an operator with a definition of its own:
children, status, finalizers, events."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.reconcile.cluster import until
from tests.integration.serve.served import Object, Served

OPERATOR = """
import kopf
from kubernetes import client, config


@kopf.on.startup()
def configure(**_):
    config.load_kube_config()


@kopf.on.create("example.com", "v1", "gardens")
def plant(spec, name, namespace, body, patch, **_):
    bed = {"metadata": {"name": f"{name}-bed"}, "data": {"plants": str(spec["plants"])}}
    kopf.adopt(bed)
    client.CoreV1Api().create_namespaced_config_map(namespace, bed)
    patch.status["planted"] = spec["plants"]
    kopf.event(body, type="Normal", reason="Planted", message="is in the ground")
    return {"done": True}


@kopf.on.field("example.com", "v1", "gardens", field="spec.plants")
def replanted(old, new, name, namespace, patch, **_):
    if old is None:
        return
    data = {"data": {"plants": str(new)}}
    client.CoreV1Api().patch_namespaced_config_map(f"{name}-bed", namespace, data)
    patch.status["planted"] = new


@kopf.on.delete("example.com", "v1", "gardens")
def cleared(name, namespace, **_):
    meta = {"metadata": {"name": f"{name}-remembered"}}
    client.CoreV1Api().create_namespaced_config_map(namespace, meta)
"""
GARDENS: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gardens.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "gardens", "kind": "Garden", "shortNames": ["gd"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    {"name": "Planted", "type": "integer", "jsonPath": ".status.planted"}
                ],
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["plants"],
                                "properties": {"plants": {"type": "integer", "minimum": 1}},
                            },
                            "status": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                            },
                        },
                    }
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def operator(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The log of an operator that runs."""
    folder = tmp_path_factory.mktemp("operator")
    script, log = folder / "operator.py", folder / "log"
    script.write_text(OPERATOR)
    served.apply(GARDENS)
    served.do("wait", "--for=condition=Established", "crd/gardens.example.com", "--timeout=10s")
    argv = [sys.executable, "-m", "kopf", "run", "--standalone", "-n", "default", str(script)]
    with log.open("w") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out, env=served.environment)
        try:
            yield log
        finally:
            process.terminate()
            process.wait(20)


def garden(name: str, plants: int) -> Object:
    meta = {"name": name}
    spec = {"plants": plants}
    return {"apiVersion": "example.com/v1", "kind": "Garden", "metadata": meta, "spec": spec}


def found(served: Served, resource: str, name: str) -> Object | None:
    answer = served.request("GET", f"/{resource}/{name}")
    return answer.json if answer.code == 200 else None


MAPS = "api/v1/namespaces/default/configmaps"
PLOTS = "apis/example.com/v1/namespaces/default/gardens"


def test_an_operator_follows_its_objects_from_birth_to_death(
    served: Served, operator: Path
) -> None:
    served.apply(garden("herbs", 3))
    until(lambda: found(served, MAPS, "herbs-bed"), 30, operator.read_text())
    bed = found(served, MAPS, "herbs-bed")
    assert bed is not None and bed["data"] == {"plants": "3"}
    assert bed["metadata"]["ownerReferences"][0]["kind"] == "Garden"

    def planted() -> object:
        plot = found(served, PLOTS, "herbs") or {}
        return (plot.get("status") or {}).get("planted")

    until(lambda: planted() == 3, 20, "the status")
    plot = found(served, PLOTS, "herbs")
    assert plot is not None and plot["metadata"]["finalizers"] == [
        "kopf.zalando.org/KopfFinalizerMarker"
    ]
    assert "3" in served.do("get", "gd", "herbs").splitlines()[1].split()
    served.apply(garden("herbs", 5))
    until(lambda: planted() == 5, 20, "the new status")
    until(lambda: found(served, MAPS, "herbs-bed")["data"] == {"plants": "5"}, 20)  # type: ignore[index]
    events = ("get", "events", "--field-selector=involvedObject.name=herbs")
    until(lambda: "is in the ground" in served.do(*events), 20, "the event")
    served.do("delete", "garden", "herbs", "--timeout=30s")
    assert found(served, MAPS, "herbs-remembered") is not None
    assert found(served, PLOTS, "herbs") is None


def test_what_the_schema_forbids_never_reaches_the_operator(served: Served, operator: Path) -> None:
    answer = served.request("POST", f"/{PLOTS}", garden("none", 0))
    assert (answer.code, answer.json["message"]) == (
        422,
        'Garden.example.com "none" is invalid: spec.plants: Invalid value: 0: spec.plants in '
        "body should be greater than or equal to 1",
    )

"""What a pod asks for, as Kubernetes adds it up."""

from __future__ import annotations

import pytest

from kctl.scheduler.amounts import milli, units
from kctl.scheduler.requests import requests_of, usual_requests_of
from tests.unit.scheduler.objects import pod


def container(cpu: str, **more: object) -> dict[str, object]:
    return {"name": "x", "resources": {"requests": {"cpu": cpu}}, **more}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1000),
        ("100m", 100),
        ("1.5", 1500),
        ("0.0001", 1),
        ("2k", 2_000_000),
        ("1e3", 1_000_000),
    ],
)
def test_cpu_in_thousandths_rounds_up(text: str, expected: int) -> None:
    assert milli(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1Ki", 1024), ("1.5Gi", 1610612736), ("128M", 128000000), ("1500m", 2), ("1E", 10**18)],
)
def test_bytes_with_suffixes(text: str, expected: int) -> None:
    assert units(text) == expected


def test_containers_add_up_and_init_containers_count_by_the_greatest() -> None:
    one = pod()
    one["spec"]["containers"] = [container("100m"), container("200m")]
    one["spec"]["initContainers"] = [container("250m"), container("50m")]
    assert requests_of(one).milli_cpu == 300
    one["spec"] = one["spec"] | {"initContainers": [container("500m")]}
    assert requests_of(one).milli_cpu == 500


def test_sidecars_run_beside_what_follows() -> None:
    one = pod()
    one["spec"]["containers"] = [container("100m")]
    one["spec"]["initContainers"] = [
        container("50m", restartPolicy="Always"),
        container("300m"),
    ]
    assert requests_of(one).milli_cpu == 350
    one["spec"] = one["spec"] | {"overhead": {"cpu": "10m"}}
    assert requests_of(one).milli_cpu == 360


def test_requests_of_the_pod_as_a_whole_stand_for_its_containers() -> None:
    one = pod("100m", resources={"requests": {"cpu": "2"}})
    assert requests_of(one).milli_cpu == 2000


def test_containers_without_requests_count_as_small_ones_in_scores_only() -> None:
    assert requests_of(pod()).milli_cpu == 0
    assert usual_requests_of(pod()).milli_cpu == 100
    assert usual_requests_of(pod()).memory == 200 * 2**20

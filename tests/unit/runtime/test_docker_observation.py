"""What is read out of the engine's lists and inspections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.runtime.docker import observe
from kctl.runtime.observations import ContainerState


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        (0.4, "Less than a second"),
        (1.9, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (14 * 86400, "2 weeks"),
        (60 * 86400, "2 months"),
        (3 * 365 * 86400, "3 years"),
    ],
)
def test_durations_read_as_the_engine_writes_them(seconds: float, wanted: str) -> None:
    assert observe.duration_text(seconds) == wanted


def _state(state: str, started: float = 0.0, finished: float = 0.0) -> ContainerState:
    return ContainerState("i", "web", 0, state, started_at=started, finished_at=finished)  # type: ignore[arg-type]


@given(age=st.floats(4, 1e7), drift=st.floats(-0.9, 0.9))
def test_a_row_of_the_same_start_is_unchanged(age: float, drift: float) -> None:
    now = 2e9
    row = {"State": "running", "Status": f"Up {observe.duration_text(age)} (healthy)"}
    assert observe.unchanged(row, _state("running", started=now - age + drift), now)


@given(age=st.floats(10, 1e6), again=st.floats(0, 4))
def test_a_restart_since_the_last_look_is_seen(age: float, again: float) -> None:
    now = 2e9
    row = {"State": "running", "Status": f"Up {observe.duration_text(again)}"}
    assert not observe.unchanged(row, _state("running", started=now - age), now)


def test_other_states() -> None:
    now = 2e9
    exited = _state("exited", finished=now - 180)
    assert observe.unchanged(
        {"State": "exited", "Status": "Exited (137) 3 minutes ago"}, exited, now
    )
    assert not observe.unchanged(
        {"State": "exited", "Status": "Exited (0) 9 minutes ago"}, exited, now
    )
    assert not observe.unchanged({"State": "running", "Status": "Up 1 second"}, exited, now)
    restarting = _state("restarting", finished=now)
    row = {"State": "restarting", "Status": "Restarting (1) 1 second ago"}
    assert not observe.unchanged(row, restarting, now)
    assert observe.unchanged({"State": "created", "Status": "Created"}, _state("created"), now)


def test_times() -> None:
    assert observe.epoch("0001-01-01T00:00:00Z") == 0.0
    assert observe.epoch("") == 0.0
    assert observe.epoch("2026-11-23T05:47:06.123456789Z") == pytest.approx(1795412826.123456789)
    assert observe.epoch("2026-11-23T06:47:06+01:00") == 1795412826.0


def test_an_inspection_as_a_value() -> None:
    found = {
        "Id": "abc",
        "Image": "sha256:1",
        "RestartCount": 2,
        "Config": {
            "Image": "nginx:1",
            "Labels": {
                "io.kubernetes.container.name": "web",
                "io.kctl.attempt": "3",
                "annotation.io.kubernetes.container.restartCount": "4",
            },
        },
        "State": {
            "Status": "exited",
            "ExitCode": 137,
            "OOMKilled": True,
            "Error": "",
            "StartedAt": "2026-11-23T05:47:06Z",
            "FinishedAt": "2026-11-23T05:47:16Z",
        },
    }
    assert observe.container_state(found) == ContainerState(
        id="abc",
        name="web",
        attempt=3,
        state="exited",
        image="nginx:1",
        image_id="sha256:1",
        started_at=1795412826.0,
        finished_at=1795412836.0,
        exit_code=137,
        oom_killed=True,
        restarts=6,
    )

"""Cron jobs: when a job is made, beside which others, and which are kept."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.testing.world import NotSettled, World
from tests.unit.controllers.jobs import JOBS, end, job, working
from tests.unit.controllers.objects import Object, set_spec, world

CRON = "cronjobs.batch"


def cronjob(schedule: str = "*/5 * * * *", **spec: Any) -> Object:
    template = {"metadata": {"labels": {"from": "clock"}}, "spec": job()["spec"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tick"},
        "spec": {"schedule": schedule, "jobTemplate": template, **spec},
    }


def begin(schedule: str = "*/5 * * * *", **spec: Any) -> World:
    """A cron job born a minute after a moment at which it would have been due."""
    made = world()
    made.clock.advance(360 - made.clock.time() % 300)
    made.create(cronjob(schedule, **spec))
    made.settle()
    return made


def names(made: World) -> list[str]:
    return [each["metadata"]["name"] for each in made.list(JOBS)]


def status(made: World) -> Object:
    found = made.get(CRON, "tick")
    assert found is not None
    return dict(found["status"])


def test_a_job_comes_when_it_is_due_and_not_before() -> None:
    made = begin()
    made.advance(239)
    assert not made.list(JOBS)
    made.advance(1)
    (only,) = made.list(JOBS)
    minute = int(made.clock.time()) // 60
    assert only["metadata"]["name"] == f"tick-{minute}"
    assert only["metadata"]["labels"]["from"] == "clock"
    moment = made.clock.now().isoformat()[:19] + "Z"
    noted = only["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"]
    assert noted == moment
    found = status(made)
    assert found["lastScheduleTime"] == moment
    assert [each["name"] for each in found["active"]] == names(made)
    assert made.messages("SuccessfulCreate")[0] == f"Created job tick-{minute}"


def test_what_ended_is_told_and_no_more_active() -> None:
    made = begin()
    made.advance(240)
    end(made, working(made)[0])
    assert "active" not in status(made)
    assert status(made)["lastSuccessfulTime"] == status(made)["lastScheduleTime"]
    assert made.messages("SawCompletedJob") == [
        f"Saw completed job: {names(made)[0]}, condition: Complete"
    ]


@pytest.mark.parametrize(("policy", "count"), [("Allow", 2), ("Forbid", 1), ("Replace", 1)])
def test_what_happens_beside_a_job_that_still_runs(policy: str, count: int) -> None:
    made = begin(concurrencyPolicy=policy)
    made.advance(240)
    (first,) = names(made)
    made.advance(300)
    found = [each for each in made.list(JOBS) if "deletionTimestamp" not in each["metadata"]]
    assert len(found) == count
    assert (first in [each["metadata"]["name"] for each in found]) is (policy != "Replace")


def test_one_that_was_forbidden_comes_when_the_other_has_ended() -> None:
    made = begin(concurrencyPolicy="Forbid")
    made.advance(540)
    assert len(names(made)) == 1
    end(made, working(made)[0])
    assert len(names(made)) == 2


def test_nobody_looked_for_days_and_one_job_comes() -> None:
    made = begin("* * * * *")
    made.clock.advance(3 * 86400)
    made.touch_everything()
    made.settle()
    assert names(made) == [f"tick-{int(made.clock.time()) // 60}"]
    assert len(made.messages("TooManyMissedTimes")) == 1


def test_what_is_later_than_its_deadline_does_not_come() -> None:
    made = begin(startingDeadlineSeconds=60)
    made.clock.advance(240 + 61)
    made.touch_everything()
    made.settle()
    assert not names(made)


def test_suspended_makes_none_and_no_timer() -> None:
    made = begin(suspend=True)
    made.advance(3600)
    assert not names(made)
    set_spec(made, CRON, "tick", suspend=False)
    made.settle()
    assert len(names(made)) == 1  # the last one that was missed


def test_a_few_that_ended_are_kept() -> None:
    made = begin("* * * * *", successfulJobsHistoryLimit=2, failedJobsHistoryLimit=1)
    set_spec(made, CRON, "tick", jobTemplate={"spec": job(backoffLimit=0)["spec"]})
    for code in (0, 1, 0, 1, 0, 1, 0):
        made.advance(60)
        end(made, working(made)[0], code)
    made.advance(1)
    ends = [each["status"]["conditions"][-1]["type"] for each in made.list(JOBS)]
    assert sorted(ends) == ["Complete", "Complete", "Failed"]
    minute = int(made.clock.time()) // 60
    assert names(made) == [f"tick-{minute - back}" for back in (2, 1, 0)]


def test_a_job_that_is_refused_is_asked_for_again() -> None:
    made = begin()
    bad = cronjob()["spec"]["jobTemplate"]
    bad["spec"]["template"]["spec"]["containers"][0]["name"] = "main"
    bad["metadata"]["labels"] = {"job-name": "mine"}
    bad["spec"]["template"]["metadata"] = {"labels": {"job-name": "mine"}}
    set_spec(made, CRON, "tick", jobTemplate=bad)
    with pytest.raises(NotSettled):
        made.advance(240)
    made.problems.clear()
    assert "lastScheduleTime" not in status(made)
    assert made.messages("FailedCreate")[0].startswith("Error creating job: ")
    set_spec(made, CRON, "tick", jobTemplate=cronjob()["spec"]["jobTemplate"])
    made.settle()
    assert len(names(made)) == 1


def test_its_jobs_go_with_it() -> None:
    made = begin()
    made.advance(240)
    made.delete(CRON, "tick")
    made.settle()
    made.advance(60)
    assert not made.list(JOBS) and not made.list("pods")

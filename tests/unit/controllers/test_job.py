"""Jobs: how many pods, what counts, when it is over."""

from __future__ import annotations

import pytest

from kctl.controllers.common import controller_of
from kctl.testing.world import World
from tests.unit.controllers.jobs import (
    JOBS,
    begin,
    conditions,
    end,
    end_together,
    job,
    status,
    working,
)
from tests.unit.controllers.objects import Object, set_spec, world

COMPLETE = [("SuccessCriteriaMet", "CompletionsReached"), ("Complete", "CompletionsReached")]


def _failed(reason: str) -> list[tuple[str, str]]:
    return [("FailureTarget", reason), ("Failed", reason)]


def _untracked(made: World) -> bool:
    return not any(each["metadata"].get("finalizers") for each in made.list("pods"))


def test_one_pod_that_succeeds_completes_a_job() -> None:
    made = world()
    begin(made)
    (pod,) = working(made)
    owner = controller_of(pod)
    assert owner is not None and owner["kind"] == "Job"
    assert pod["metadata"]["finalizers"] == ["batch.kubernetes.io/job-tracking"]
    assert pod["metadata"]["labels"]["batch.kubernetes.io/job-name"] == "work"
    assert status(made)["active"] == 1 and status(made)["ready"] == 1
    made.advance(3)
    end(made, pod)
    found = status(made)
    assert (found["succeeded"], found.get("failed"), found.get("active")) == (1, None, None)
    assert found["uncountedTerminatedPods"] == {}
    assert found["completionTime"] > found["startTime"]
    assert conditions(made) == COMPLETE
    assert _untracked(made) and len(made.list("pods")) == 1
    assert made.messages("Completed") == ["Job completed"]


def test_parallelism_bounds_the_pods_at_work_and_completions_their_sum() -> None:
    made = world()
    begin(made, completions=5, parallelism=2)
    for done in range(5):
        assert len(working(made)) == min(2, 5 - done)
        end(made, working(made)[0])
        assert status(made)["succeeded"] == done + 1
    assert conditions(made) == COMPLETE
    assert len(made.list("pods")) == 5


def test_pods_that_end_together_are_counted_once_each() -> None:
    made = world()
    begin(made, completions=40, parallelism=40)
    end_together(made, working(made))
    assert status(made)["succeeded"] == 40
    assert conditions(made) == COMPLETE and _untracked(made)


def test_a_pass_that_knows_nothing_of_the_last_counts_nothing_twice() -> None:
    made = world()
    begin(made, completions=3, parallelism=3)
    end(made, working(made)[0])
    for _ in range(3):
        made.touch_everything()
        made.settle()
    assert status(made)["succeeded"] == 1


@pytest.mark.parametrize("steps", range(1, 8))
def test_counting_that_is_cut_short_anywhere_is_taken_up_again(steps: int) -> None:
    made = world()
    begin(made, completions=2, parallelism=2)
    pods = working(made)
    (controller,) = (each for each in made.controllers if each.name == "job-controller")
    made.change(
        "pods",
        pods[0]["metadata"]["name"],
        lambda obj: obj["status"].update(phase="Succeeded"),
        subresource="status",
    )
    for _ in range(steps):
        made.step(controller)  # only some of the syncs that it takes, then a new process
    made.touch_everything()
    made.settle()
    assert status(made)["succeeded"] == 1 and len(working(made)) == 1


def test_without_completions_one_success_lets_the_others_finish() -> None:
    made = world()
    begin(made, parallelism=3)
    first, *others = working(made)
    end(made, first)
    assert len(working(made)) == 2 and not conditions(made)
    end_together(made, others)
    assert conditions(made) == COMPLETE and status(made)["succeeded"] == 3


def test_a_failed_pod_is_replaced_after_a_while_that_doubles() -> None:
    made = world()
    begin(made)
    for wait in (10, 20, 40):
        end(made, working(made)[0], 1)
        made.advance(wait - 1)
        assert not working(made)
        made.advance(1)
        assert len(working(made)) == 1
    assert status(made)["failed"] == 3


def test_a_success_lets_the_next_failure_wait_the_short_while_again() -> None:
    made = world()
    begin(made, completions=3, parallelism=1)
    end(made, working(made)[0], 1)
    made.advance(10)
    end(made, working(made)[0])
    end(made, working(made)[0], 1)
    made.advance(10)
    assert len(working(made)) == 1


def test_too_many_failures_fail_the_job_and_end_what_still_runs() -> None:
    made = world()
    begin(made, parallelism=2, completions=2, backoffLimit=1)
    end_together(made, working(made), 1)
    assert status(made)["failed"] == 2
    assert conditions(made) == _failed("BackoffLimitExceeded")
    assert made.messages("BackoffLimitExceeded") == ["Job has reached the specified backoff limit"]
    assert "completionTime" not in status(made)


def test_pods_at_work_when_a_job_fails_count_as_failed() -> None:
    made = world()
    begin(made, parallelism=3, completions=3, backoffLimit=0)
    end(made, working(made)[0], 1)
    assert conditions(made) == _failed("BackoffLimitExceeded")
    assert status(made)["failed"] == 3 and not working(made)


def test_restarts_count_where_the_pod_restarts_its_containers() -> None:
    made = world()
    begin(made, template={"restartPolicy": "OnFailure"}, backoffLimit=2)
    name = working(made)[0]["metadata"]["name"]

    def restarted(obj: Object) -> None:
        listed = {"name": "main", "image": "app:1", "imageID": "", "ready": True}
        obj["status"]["containerStatuses"] = [{**listed, "restartCount": 2}]

    made.change("pods", name, restarted, subresource="status")
    made.settle()
    assert conditions(made) == _failed("BackoffLimitExceeded")


def test_the_deadline_ends_a_job_without_anybody_asking() -> None:
    made = world()
    begin(made, activeDeadlineSeconds=30)
    made.advance(29)
    assert not conditions(made)
    made.advance(1)
    assert conditions(made) == _failed("DeadlineExceeded")
    assert made.messages("DeadlineExceeded") == ["Job was active longer than specified deadline"]


def test_a_deleted_pod_counts_as_failed_and_is_replaced() -> None:
    made = world()
    begin(made)
    made.delete("pods", working(made)[0]["metadata"]["name"])
    made.settle()
    assert status(made)["failed"] == 1
    made.advance(10)
    assert len(working(made)) == 1


def test_suspending_ends_the_pods_without_counting_them() -> None:
    made = world()
    begin(made, parallelism=2, completions=2)
    set_spec(made, JOBS, "work", suspend=True)
    made.settle()
    found = status(made)
    assert not working(made) and "failed" not in found and "active" not in found
    assert conditions(made) == [("Suspended", "JobSuspended")]
    made.advance(100)
    set_spec(made, JOBS, "work", suspend=False)
    made.settle()
    assert len(working(made)) == 2 and not conditions(made)
    assert status(made)["startTime"] > found["startTime"]
    assert made.messages("Resumed") == ["Job resumed"]


def test_a_job_that_is_born_suspended_has_not_started() -> None:
    made = world()
    begin(made, suspend=True)
    assert "startTime" not in status(made) and not made.list("pods")


def test_fewer_at_once_ends_some_without_counting_them() -> None:
    made = world()
    begin(made, parallelism=4, completions=8)
    set_spec(made, JOBS, "work", parallelism=1)
    made.settle()
    assert len(working(made)) == 1 and "failed" not in status(made)


def test_indexed_pods_know_their_index() -> None:
    made = world()
    begin(made, completionMode="Indexed", completions=3, parallelism=2)
    pods = working(made)
    for index, pod in enumerate(pods):
        meta, spec = pod["metadata"], pod["spec"]
        name = "batch.kubernetes.io/job-completion-index"
        assert meta["annotations"][name] == meta["labels"][name] == str(index)
        assert spec["hostname"] == f"work-{index}" and meta["generateName"] == f"work-{index}-"
        (variable,) = spec["containers"][0]["env"]
        assert variable["name"] == "JOB_COMPLETION_INDEX"
    end(made, pods[1], 0)
    assert status(made)["completedIndexes"] == "1"
    assert sorted(each["spec"]["hostname"] for each in working(made)) == ["work-0", "work-2"]
    end_together(made, working(made))
    assert status(made)["completedIndexes"] == "0-2" and status(made)["succeeded"] == 3
    assert conditions(made) == COMPLETE and _untracked(made)


def test_a_failed_index_is_tried_again() -> None:
    made = world()
    begin(made, completionMode="Indexed", completions=2, parallelism=2)
    end(made, working(made)[1], 1)
    made.advance(10)
    assert sorted(each["spec"]["hostname"] for each in working(made)) == ["work-0", "work-1"]


def test_an_indexed_job_can_grow_and_shrink_with_its_parallelism() -> None:
    made = world()
    begin(made, completionMode="Indexed", completions=2, parallelism=2)
    set_spec(made, JOBS, "work", completions=3, parallelism=3)
    made.settle()
    assert len(working(made)) == 3
    set_spec(made, JOBS, "work", completions=1, parallelism=1)
    made.settle()
    assert [each["spec"]["hostname"] for each in working(made)] == ["work-0"]


POLICY = {
    "rules": [
        {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
    ]
}


def test_an_exit_code_can_end_the_job_at_once() -> None:
    made = world()
    begin(made, podFailurePolicy=POLICY, parallelism=2, completions=2)
    pod = working(made)[0]
    end(made, pod, 42)
    assert conditions(made) == _failed("PodFailurePolicy")
    assert made.messages("PodFailurePolicy") == [
        f"Container main for pod default/{pod['metadata']['name']} failed with exit code 42 "
        "matching FailJob rule at index 0"
    ]


def test_a_disruption_that_is_ignored_does_not_count() -> None:
    made = world()
    begin(made, podFailurePolicy=POLICY, backoffLimit=0)
    disrupted = {"type": "DisruptionTarget", "status": "True"}
    made.change(
        "pods",
        working(made)[0]["metadata"]["name"],
        lambda obj: obj["status"].update(phase="Failed", conditions=[disrupted]),
        subresource="status",
    )
    made.settle()
    assert "failed" not in status(made) and len(working(made)) == 1


def test_a_job_with_a_time_to_live_goes_with_its_pods() -> None:
    made = world()
    begin(made, ttlSecondsAfterFinished=60)
    end(made, working(made)[0])
    made.advance(59)
    assert made.get(JOBS, "work") is not None
    made.advance(1)
    assert made.get(JOBS, "work") is None and not made.list("pods")


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_deleting_a_job_takes_its_pods_along(propagation: str) -> None:
    made = world()
    begin(made, parallelism=2, completions=2)
    end(made, working(made)[0])
    made.delete(JOBS, "work", propagation=propagation)
    made.settle()
    made.advance(60)
    assert made.get(JOBS, "work") is None and not made.list("pods")


def test_pods_outlive_a_job_that_is_deleted_without_a_word_about_them() -> None:
    made = world()
    begin(made)
    made.delete(JOBS, "work")
    made.settle()
    (pod,) = made.list("pods")
    assert controller_of(pod) is None


def test_somebody_elses_job_is_left_alone() -> None:
    made = world()
    begin(made, managedBy="example.com/other")
    assert not made.list("pods") and not status(made)


def test_a_job_of_no_completions_is_complete() -> None:
    made = world()
    begin(made, completions=0)
    assert conditions(made) == COMPLETE and not made.list("pods")


def test_labels_and_selector_come_from_the_uid() -> None:
    made = world()
    created = made.create(job())
    uid = created["metadata"]["uid"]
    assert created["spec"]["selector"] == {
        "matchLabels": {"batch.kubernetes.io/controller-uid": uid}
    }
    expected = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "work",
        "controller-uid": uid,
        "job-name": "work",
    }
    assert created["spec"]["template"]["metadata"]["labels"] == expected
    assert created["metadata"]["labels"] == expected

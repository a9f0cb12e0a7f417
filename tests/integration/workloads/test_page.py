"""What docs/workloads.md tells people to type works."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.docs.test_readme import blocks

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    name = f"kctl-test-workloads-{uuid.uuid4().hex[:8]}:v1"
    subprocess.run([ROOT / "scripts/demo-image", name], check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "image", "rm", "-f", name], check=True, capture_output=True)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A new home, kctl on PATH; what it made is gone afterwards."""
    path = f"{ROOT}/.venv/bin:{os.environ['PATH']}"
    environment = {**os.environ, "KCTL_HOME": str(tmp_path / "home"), "PATH": path}
    yield environment
    subprocess.run(["kctl", "reset", "--yes"], env=environment, check=True, capture_output=True)


@pytest.mark.docker
def test_every_command_of_the_page_runs(environment: dict[str, str], image: str) -> None:
    page = (ROOT / "docs" / "workloads.md").read_text()
    commands = "".join(blocks(page)).replace("--image=busybox", f"--image={image}")
    assert commands.count("kctl ") > 10
    done = subprocess.run(
        ["bash", "-c", "set -e\n" + commands],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "job.batch/hello condition met" in lines and "hello" in lines
    assert "job.batch/tick-now created" in lines
    assert any(each.split()[:2] == ["count/jobs.batch", "1"] for each in lines)

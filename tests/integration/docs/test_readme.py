"""What the README tells people to type works, and so does the demo."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
IMAGE = "kctl-readme/nginx:v1"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A new home, kctl on PATH; what it made is gone afterwards."""
    path = f"{ROOT}/.venv/bin:{os.environ['PATH']}"
    environment = {**os.environ, "KCTL_HOME": str(tmp_path / "home"), "PATH": path}
    yield environment
    subprocess.run(["kctl", "reset", "--yes"], env=environment, check=True, capture_output=True)


@pytest.fixture
def image() -> Iterator[str]:
    """Stands for nginx, where no registry is in reach."""
    subprocess.run([ROOT / "scripts/demo-image", IMAGE], check=True, capture_output=True)
    yield IMAGE
    subprocess.run(["docker", "image", "rm", "-f", IMAGE], check=True, capture_output=True)


def blocks(text: str) -> list[str]:
    """The indented code blocks of a Markdown text."""
    found = re.findall(r"(?:^    .+\n)+", text, flags=re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


@pytest.mark.docker
def test_the_commands_under_use_it_work(environment: dict[str, str], image: str) -> None:
    section = (ROOT / "README.md").read_text().partition("## Use it")[2]
    commands = blocks(section)[0]
    assert commands.startswith("kctl create deployment web --image=nginx")
    script = "set -e\n" + commands.replace("--image=nginx", f"--image={image}")
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "deployment.apps/web created" in done.stdout
    assert re.search(r"pod/web-\S+ +1/1 +Running", done.stdout)
    assert re.search(r"v1 from web-", done.stdout), "curl reached a pod through the node port"


@pytest.mark.docker
def test_the_demo_runs_to_its_end_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "KCTL_HOME": str(tmp_path / "demo")}
    done = subprocess.run(
        [ROOT / "scripts/demo"], env=environment, capture_output=True, text=True, timeout=240
    )
    clean = subprocess.run(
        [ROOT / "scripts/demo", "clean"], env=environment, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.findall(r"^\$ (.*)$", done.stdout, flags=re.MULTILINE)
    assert any(each.startswith("kctl expose") for each in shown)
    pods = {line for line in done.stdout.splitlines() if line.startswith("v1 from web-")}
    assert len(pods) == 3, "every pod answered"
    assert any(line.startswith("v2 from web-") for line in done.stdout.splitlines())
    assert clean.returncode == 0
    assert not (tmp_path / "demo").exists()


def test_the_reconcile_lines_of_the_readme_are_commands(environment: dict[str, str]) -> None:
    section = (ROOT / "README.md").read_text().partition("### How the world is kept in line")[2]
    lines = [line.partition("#")[0].strip() for line in blocks(section)[0].splitlines()]
    assert "kctl reconcile --print-cron" in lines
    done = subprocess.run(
        ["kctl", "reconcile", "--print-cron"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith("* * * * * ")


@pytest.mark.docker
def test_kubectl_works_as_the_readme_says(environment: dict[str, str], tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("### kubectl and every other client")[2]
    serve, get = blocks(section)[0].splitlines()
    assert serve == "kctl serve --write-kubeconfig &" and get.startswith("kubectl --context=kctl ")
    environment = {**environment, "KUBECONFIG": str(tmp_path / "kubeconfig")}
    argv = [*serve.removesuffix(" &").split(), "--listen=127.0.0.1:0"]
    server = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith('context "kctl" written to ')
        assert server.stdout.readline().startswith("serving the Kubernetes API at https://")
        words = [f"{ROOT}/.venv/bin/kubectl", *get.removesuffix(" --watch").split()[1:]]
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "No resources found in default namespace.\n")
    finally:
        server.terminate()
        assert server.wait(30) == 0

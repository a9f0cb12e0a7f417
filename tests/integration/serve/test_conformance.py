"""Every kubectl of this machine against `kctl serve` on a real Docker engine, and the table of
docs/compatibility.md, which it writes where KCTL_WRITE_COMPATIBILITY is set."""

from __future__ import annotations

import os
import subprocess
import traceback
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import pytest

from tests.integration.reconcile.cluster import ENGINE, until
from tests.integration.serve.clients import Client, table
from tests.integration.serve.sequence import SINCE, STEPS
from tests.integration.serve.served import KUBECTL, Served, older_kubectls

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "compatibility.md"
WRITE = "KCTL_WRITE_COMPATIBILITY"
BEGIN, END = "<!-- kubectl: begin -->\n", "<!-- kubectl: end -->\n"
AT_ONCE = 4
ALL = {**older_kubectls(), "1.37": KUBECTL}
ONLY = os.environ.get("KCTL_KUBECTLS", "").split()
KUBECTLS = {version: path for version, path in ALL.items() if not ONLY or version in ONLY}
"""All of this machine, or those that KCTL_KUBECTLS names."""
Results = dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def images() -> Iterator[tuple[str, str]]:
    name = f"kctl-test-serve-{uuid.uuid4().hex[:8]}"
    for tag in ("v1", "v2"):
        script = [str(ROOT / "scripts" / "demo-image"), f"{name}:{tag}"]
        subprocess.run(script, check=True, capture_output=True)
    yield f"{name}:v1", f"{name}:v2"
    client = docker.APIClient(base_url=ENGINE, version="auto")
    for tag in ("v1", "v2"):
        client.remove_image(f"{name}:{tag}", force=True)
    client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("conformance"), reconcile=True)
    yield made
    made.stop()

    def cleaned() -> bool:
        """Or as far as an engine lets itself be cleaned that lost count of its endpoints, as
        Docker 20.10 does under many removals at once."""
        ran = made.kctl("reset", "--yes")
        return ran.code == 0 or "restart the Docker engine, which counts them anew" in ran.err

    until(cleaned, 60, "a clean engine")
    assert "Traceback" not in made.log(), made.log()


@pytest.fixture(scope="module")
def results(server: Served, images: tuple[str, str]) -> Results:
    """(command, version) -> "" or what went wrong. Each client goes through all commands in a
    namespace of its own; several are on their way at once, since they mostly wait."""
    found: Results = {}

    def follow(version: str) -> None:
        client = Client(server, KUBECTLS[version], version, *images)
        for name, step in STEPS.items():
            if client.minor < SINCE[name]:
                continue
            try:
                step(client)
            except Exception:  # noqa: BLE001 - told in the table
                found[name, version] = traceback.format_exc()
            else:
                found[name, version] = ""
        client.run("delete", "namespace", client.namespace, "--ignore-not-found", "--timeout=50s")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(follow, KUBECTLS))
    return found


@pytest.mark.parametrize("version", KUBECTLS)
@pytest.mark.parametrize("name", STEPS)
def test_kubectl(results: Results, name: str, version: str) -> None:
    wrong = results.get((name, version))
    assert not wrong, wrong
    assert wrong is not None or int(version.split(".")[1]) < SINCE[name]


def cells(shown: str) -> dict[tuple[str, str], str]:
    """{(command, version): result} of a Markdown table."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in shown.splitlines()]
    if not rows:
        return {}
    head, _, *rest = rows
    return {
        (row[0], version): result
        for row in rest
        for version, result in zip(head[1:], row[1:], strict=True)
    }


def test_the_table_tells_what_was_seen(results: Results) -> None:
    rows: dict[str, dict[str, str]] = {name: {} for name in STEPS}
    for (name, version), wrong in results.items():
        rows[name][version] = "fails" if wrong else "ok"
    shown = table(rows, list(KUBECTLS))
    head, _, rest = PAGE.read_text().partition(BEGIN)
    old, _, tail = rest.partition(END)
    if os.environ.get(WRITE):
        PAGE.write_text(head + BEGIN + shown + END + tail)
        return
    documented, seen = cells(old), cells(shown)
    assert {command for command, _ in documented} == {command for command, _ in seen}
    assert {where: documented.get(where) for where in seen} == seen

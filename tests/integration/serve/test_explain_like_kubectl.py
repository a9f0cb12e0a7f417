"""`kctl explain` prints what the real kubectl prints from the same documents."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.openapi import Documents
from kctl.api.registry import Kinds
from kctl.api.schema.schema import definition, shortened
from kctl.commands import explain
from kctl.commands.command import Exit, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import parse
from kctl.server.discovery import subresources
from tests.oracle.openapi import serving

PINNED = Path(__file__).parents[3] / ".venv" / "bin" / "kubectl"
BESIDE = Path(os.path.realpath(shutil.which("kubectl") or PINNED)).parent
KINDS = Kinds(kctl_kinds())
DOCUMENTS = Documents(KINDS, subresources=subresources)
ODD = r"""pods.|pods..|pods...spec|.pods|pods.spec.|pods.spec..|pods.spec..nodeName|pods[*]|pods.[0]
pods['spec']|pods.spec['nodeName']|pods.metadata.labels['a.b']|pods.spec.a\.b|pods. spec|pods.$
"pods"|pods.spec-x|pods.1|pods.-| pods|pods |deployments.apps..spec|deployments..apps
deployments.apps.|deployments.appsx|deployments.apps.x.y|deploy.apps.spec|deployments.apps[0]
pods]|pods.}|pods.spec.containers[|$|*|pods,svc|pods\.spec|pods/x|PODS|Pod|DEPLOY|foo|pods.foo
leases.coordination.k8s.io.spec|pdb.policy.spec|ns|pods.spec.foo.bar|pods.spec.nodeName.x"""
FLAGS = """pods --api-version=v1
deployments.spec --api-version=apps/v1
deployments.apps --api-version=apps/v1
deployments --api-version=apps/v2
deployments --api-version=v1
deployments --api-version=a/b/c
pods.spec..x --api-version=v1
pods -o json
foo -o json
pods --max-depth=-1
pods --max-depth=1
pods.metadata --recursive --max-depth=1
pods svc"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(KINDS, DOCUMENTS) as url:
        yield url


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def theirs(url: str, home: Path, words: list[str], program: Path = PINNED) -> tuple[int, str, str]:
    done = subprocess.run(
        [program, "--server", url, "explain", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
    )
    return done.returncode, done.stdout, done.stderr


def ours(words: list[str]) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    args = parse(explain.COMMAND, words, "explain")
    context = Context(args, out=out, err=err)
    context.__dict__["plane"] = SimpleNamespace(kinds=KINDS)
    try:
        code = explain.run(context, args)
    except UsageError as error:
        err.write(f"{error.prefix}{error.message}\n")
        code = 1
    except Exit as error:
        code = error.code
    return code, out.getvalue(), err.getvalue()


def fields(name: str, prefix: str, depth: int = 0) -> list[str]:
    """The dotted paths of a type's fields, at most six levels deep."""
    found = []
    known = definition(name)
    for field, about in known.fields.items() if known else ():
        found.append(f"{prefix}.{field}")
        below = about.type.replace("[]", "").replace("{}", "")
        if below.startswith("@") and depth < 6:
            found.extend(fields(below[1:], f"{prefix}.{field}", depth + 1))
    return found


def sampled() -> list[str]:
    """Paths of every kind; the same ones in each run."""
    chosen = []
    for kind in KINDS:
        paths = fields(shortened(kind.schema), kind.plural)
        chosen += random.Random(kind.resource).sample(paths, min(8, len(paths)))
    return chosen


@pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.resource)
def test_a_kind_is_explained_alike(kind: object, server: str, home: Path) -> None:
    resource = kind.resource  # type: ignore[attr-defined]
    for words in ([resource], [resource, "--recursive"], [resource, "-R", "--max-depth=3"]):
        assert ours(words) == theirs(server, home, words)
        assert ours(words)[0] == 0


@pytest.mark.parametrize("path", sampled())
def test_a_field_is_explained_alike(path: str, server: str, home: Path) -> None:
    assert ours([path]) == theirs(server, home, [path])
    assert ours([path])[1].count("FIELD: ") == 1


V2 = "--output=plaintext-openapiv2"


@pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.resource)
def test_a_kind_is_explained_alike_from_version_2(kind: object, server: str, home: Path) -> None:
    resource = kind.resource  # type: ignore[attr-defined]
    for words in ([resource, V2], [resource, "-R", V2], [resource, "-R", "--max-depth=3", V2]):
        assert ours(words) == theirs(server, home, words)


OF_V2 = """pods.metadata.managedFields.fieldsV1
pods.metadata.managedFields.fieldsV1.x
pods.metadata.labels
pods.metadata.labels.x.y
pods.spec.nodeName.x
pods.spec.foo.bar
pods.spec.containers.ports
pods.spec.containers.ports.x.y
pods.spec.containers.command.x
deployments.spec.template.spec.affinity.podAffinity
deployments.spec.strategy --recursive
services.spec.ports.targetPort
crd.spec.versions.schema.openAPIV3Schema.default.x
crd.spec.versions.subresources.status
crd.spec.versions.schema --recursive
pods --api-version=v2
deployments --api-version=v2"""


@pytest.mark.parametrize("line", OF_V2.splitlines())
def test_a_field_is_explained_alike_from_version_2(line: str, server: str, home: Path) -> None:
    words = [*line.split(), V2]
    assert ours(words) == theirs(server, home, words)


@pytest.mark.parametrize("word", [word for line in ODD.splitlines() for word in line.split("|")])
def test_an_odd_path_is_read_alike(word: str, server: str, home: Path) -> None:
    assert ours([word]) == theirs(server, home, [word])


@pytest.mark.parametrize("line", FLAGS.splitlines())
def test_flags_are_read_alike(line: str, server: str, home: Path) -> None:
    assert ours(line.split()) == theirs(server, home, line.split())


@pytest.mark.parametrize("minor", range(27, 34))
def test_older_kubectls_can_explain_from_the_documents(
    minor: int, server: str, tmp_path: Path
) -> None:
    program = BESIDE / f"kubectl.1.{minor}"
    if not program.exists():
        pytest.skip(f"no kubectl 1.{minor} on this machine")
    for words in (
        ["pods.spec.containers.livenessProbe"],
        ["deployments", "--recursive"],
        ["pods", "--output=plaintext-openapiv2"],
        ["services.spec.ports", "--output=plaintext-openapiv2", "--recursive"],
    ):
        code, out, err = theirs(server, tmp_path, words, program)
        assert (code, err) == (0, ""), words
        assert "\nDESCRIPTION:\n" in out
        assert "\nFIELDS:\n" in out

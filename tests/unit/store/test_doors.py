"""The light door gives the store's answers, and costs no imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.store.reader import Reader
from kctl.store.store import Store
from kctl.store.types import Key, Memo, Write

from .writing import POD, put

ROOT = Path(__file__).parents[3]

words = st.text("abAZé0-.", min_size=1, max_size=3)
resources = st.sampled_from(["pods", "services", "deployments.apps"])
namespaces = st.sampled_from(["", "a", "b"])
values = st.binary(max_size=20)
cells = st.lists(st.text(max_size=5), max_size=3).map(json.dumps)
objects = st.dictionaries(
    st.builds(Key, resources, namespaces, words), st.tuples(values, words, cells), max_size=12
)
memos = st.dictionaries(words, st.builds(Memo, words, st.none() | st.floats(0, 1e10)), max_size=4)


@settings(max_examples=40, deadline=None)
@given(objects=objects, memos=memos, facts=st.dictionaries(words, words, max_size=3))
def test_both_doors_give_the_same_answers(
    objects: dict[Key, tuple[bytes, str, str]], memos: dict[str, Memo], facts: dict[str, str]
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kctl.db"
        with Store.open(path) as store, Reader.open(path) as reader:
            for key, (value, label, row) in objects.items():
                store.write([Write(key, 0, value, "u", labels=f'"{label}"', cells=row)])
            store.remember(dict(memos))
            for name, fact in facts.items():
                store.meta_put(name, fact)
            store.lease_acquire("reconcile", "me", 10.0, 5.0, pid=3, host="h", detail="watch")
            compare(store, reader)
            compare_rows(objects, store, reader)
            for name in [*facts, "absent"]:
                assert reader.meta(name) == store.meta_get(name)


def compare(store: Store, reader: Reader) -> None:
    assert reader.revision() == store.revision()
    assert reader.next_due() == store.next_due()
    lease = store.lease_get("reconcile")
    assert lease is not None
    assert reader.lease("reconcile") == (
        lease.name,
        lease.holder,
        lease.expires,
        lease.pid,
        lease.host,
        lease.detail,
    )
    assert reader.lease("other") is store.lease_get("other") is None
    for resource in ("pods", "services", "deployments.apps", "absent"):
        for namespace in (None, "", "a", "b"):
            records = store.list(resource, namespace).records
            assert reader.list(resource, namespace) == [(r.revision, r.value) for r in records]
            for record in records:
                assert reader.get(*record.key) == (record.revision, record.value)


def compare_rows(objects: dict[Key, tuple[bytes, str, str]], store: Store, reader: Reader) -> None:
    for resource in ("pods", "services", "deployments.apps"):
        for namespace in (None, "", "a", "b"):
            records = store.list(resource, namespace).records
            expected = [
                (r.key.namespace, r.key.name, r.revision, f'"{label}"', row)
                for r in records
                for _, label, row in [objects[r.key]]
            ]
            assert reader.rows(resource, namespace) == expected
            if expected:
                first, last = expected[0][1], expected[-1][1]
                assert reader.rows(resource, namespace, first) == [
                    row for row in expected if row[1] == first
                ]
                assert reader.rows(resource, namespace, names=[last, first]) == [
                    row for row in expected if row[1] in (first, last)
                ]


def test_the_light_door_sees_what_another_process_writes(path: Path, store: Store) -> None:
    with Reader.open(path) as reader:
        put(store, POD, b"1")
        assert reader.get(*POD) == (1, b"1")
        put(store, POD, b"2")
        assert reader.get(*POD) == (2, b"2")


def test_the_light_door_works_when_nobody_else_has_the_database_open(path: Path) -> None:
    with Store.open(path) as store:
        put(store, POD, b"1")
    with Reader.open(path) as reader:
        assert reader.get(*POD) == (1, b"1")


def test_the_light_door_imports_nothing_heavy() -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import kctl.store.reader; "
        "heavy = {'typing', 'dataclasses', 'pathlib', 'sqlalchemy', 'json', 're', 'inspect'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_second_door_in_one_process_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """A descriptor that is closed takes every lock of its process along (fcntl(2)): whoever
    closes the database last would then remove the log under a process that still uses it."""
    path = tmp_path / "kctl.db"
    Store.open(path).close()
    other = f"from kctl.store.store import Store; Store.open({str(path)!r}).close()"
    key = Key("pods", "a", "b")
    with Reader.open(path) as reader, Store.open(path) as store:
        assert reader.revision() == store.revision() == 0
        subprocess.run([sys.executable, "-c", other], cwd=ROOT, check=True)
        store.write([Write(key, 0, b"x", "u")])
        asked = f"from kctl.store.store import Store; print(Store.open({str(path)!r}).revision())"
        said = subprocess.run(
            [sys.executable, "-c", asked], cwd=ROOT, check=True, capture_output=True, text=True
        )
        assert said.stdout.split() == ["1"]

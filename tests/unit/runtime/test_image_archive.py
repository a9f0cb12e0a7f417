"""Archives: what is read from them, and what is sent of them."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import tarfile
import threading
from collections.abc import Callable
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.runtime.image_archive import ArchivedImage, BadArchive, chains, fitting, read
from kctl.runtime.image_spool import Spools, opened
from tests.unit.runtime import archives

LAYERS = st.lists(st.binary(max_size=1500), max_size=5)


def loaded(sent: bytes, known: set[str]) -> tuple[list[str], dict[str, bytes], dict[str, object]]:
    """What moby's loader would make of an upload: (names, layers by chain, configuration).
    A layer's file is opened only where its chain is not known."""
    with tarfile.open(fileobj=io.BytesIO(sent)) as tar:

        def contents(name: str) -> bytes:
            found = tar.extractfile(name)
            assert found is not None
            return found.read()

        (manifest,) = json.loads(contents("manifest.json"))
        config = contents(manifest["Config"])
        parsed = json.loads(config)
        diff_ids = parsed["rootfs"]["diff_ids"]
        layers = {}
        for diff, chain, path in zip(diff_ids, chains(diff_ids), manifest["Layers"], strict=True):
            if chain not in known:
                layers[chain] = contents(path)
                assert archives.digest(layers[chain]) == diff
    return manifest["RepoTags"] or [], layers, {"id": archives.digest(config)}


@given(layers=LAYERS, data=st.data())
def test_an_engine_gets_every_layer_that_it_lacks_and_no_other(
    layers: list[bytes], data: st.DataObject
) -> None:
    with archives.file(archives.docker(layers, "web:1")) as file:
        (image,) = read(file)
        all_chains = chains(image.diff_ids)
        known = set(data.draw(st.lists(st.sampled_from(all_chains)))) if all_chains else set()
        upload = image.upload(known)
        sent = b"".join(upload)
        assert len(upload) == len(sent) == upload.sent
        names, got, config = loaded(sent, known)
        assert names == ["web:1"] and config["id"] == image.id
        assert got == {c: d for c, d in zip(all_chains, layers, strict=True) if c not in known}
        with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
            assert len(tar.getnames()) == 2 + len(set(got.values()))
        assert image.whole == len(image.upload())


def test_chains_are_those_of_the_specification() -> None:
    joined = hashlib.sha256(b"sha256:a sha256:b").hexdigest()
    deeper = hashlib.sha256(f"sha256:{joined} sha256:c".encode()).hexdigest()
    assert chains(["sha256:a", "sha256:b", "sha256:c"]) == [
        "sha256:a",
        f"sha256:{joined}",
        f"sha256:{deeper}",
    ]


def test_a_layer_that_stands_on_another_is_sent_again() -> None:
    """Its chain differs although its contents are known."""
    with archives.file(archives.docker([b"under", b"over"], "web:1")) as file:
        (image,) = read(file)
        over = archives.digest(b"over")
        _, got, _ = loaded(b"".join(image.upload({over})), {over})
        assert set(got.values()) == {b"under", b"over"}


@pytest.mark.parametrize("nested", [False, True])
def test_image_layouts(nested: bool) -> None:
    images = [
        ("docker.io/library/web:1", [b"a", b"b"], {}),
        ("docker.io/library/web:1", [b"c"], {"architecture": "arm64"}),
        ("ghcr.io/me/app:2", [b"a"], {}),
    ]
    with archives.file(archives.layout(images, nested=nested)) as file:
        found = read(file)
        assert [each.platform for each in found] == ["linux/amd64", "linux/arm64", "linux/amd64"]
        if not nested:
            assert [each.names for each in found] == [("web:1",), ("web:1",), ("ghcr.io/me/app:2",)]
        _, got, _ = loaded(b"".join(found[0].upload()), set())
        assert list(got.values()) == [b"a", b"b"]
        assert fitting(found[:2], "linux/arm64") is found[1]
        with pytest.raises(BadArchive, match="there is no image for linux/riscv64"):
            fitting(found[:2], "linux/riscv64")


def test_what_a_layout_lists_and_does_not_hold_is_left_out() -> None:
    data = archives.layout([("web:1", [b"a"], {})])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    index = json.loads(files["index.json"])
    index["manifests"].append({"digest": archives.digest(b"elsewhere"), "size": 1})
    index["manifests"].append({**index["manifests"][0], "platform": {"os": "unknown"}})
    files["index.json"] = json.dumps(index).encode()
    with archives.file(archives.tar(files)) as file:
        assert len(read(file)) == 1


def test_contents_of_another_digest_are_refused() -> None:
    data = archives.layout([("web:1", [b"a"], {})])
    assert b'"amd64"' in data
    with (
        archives.file(data.replace(b'"amd64"', b'"amd65"')) as file,
        pytest.raises(BadArchive, match="the contents have another digest"),
    ):
        read(file)


WHOLE = archives.docker([b"x" * 700, b"y" * 90], "web:1")
LAYOUT = archives.layout([("web:1", [b"x" * 700, b"y"], {})])


@given(
    data=st.sampled_from([WHOLE, LAYOUT]),
    at=st.integers(0, max(len(WHOLE), len(LAYOUT))),
    with_=st.none() | st.binary(min_size=1, max_size=8),
)
def test_a_damaged_archive_is_an_error_in_words_or_none(
    data: bytes, at: int, with_: bytes | None
) -> None:
    damaged = data[:at] if with_ is None else data[:at] + with_ + data[at + len(with_) :]
    with archives.file(damaged) as file:
        try:
            for image in read(file):
                assert b"".join(image.upload())
        except BadArchive as error:
            assert str(error)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "unrecognized image format"),
        ({"manifest.json": b"["}, "manifest.json is not valid JSON"),
        ({"manifest.json": b"[]"}, "the archive holds no image"),
        ({"manifest.json": b'[{"Config":"../c"}]'}, "c: no such file in the archive"),
        ({"manifest.json": b'[{"Config":"c"}]', "c": b"[]"}, "is not an object"),
        ({"manifest.json": b"{}"}, "the archive holds no image"),
        ({"manifest.json": b"[1]"}, "invalid manifest.json"),
        ({"index.json": b"[]"}, "invalid index.json"),
        ({"index.json": b'{"manifests":[{"digest":"../../x"}]}'}, "is not a digest"),
    ],
)
def test_what_is_no_image(files: dict[str, bytes], words: str) -> None:
    with archives.file(archives.tar(files)) as file, pytest.raises(BadArchive) as error:
        read(file)
    assert words in str(error.value)


def test_layers_must_be_as_many_as_the_configuration_says() -> None:
    files = {
        "manifest.json": b'[{"Config":"c","Layers":[]}]',
        "c": archives.config([b"a"]),
    }
    with (
        archives.file(archives.tar(files)) as file,
        pytest.raises(BadArchive, match="layers length mismatch: expected 1, got 0"),
    ):
        read(file)


def test_a_name_cannot_write_on_the_terminal() -> None:
    with (
        archives.file(archives.docker([b"a"], "web:1\x1b[2J")) as file,
        pytest.raises(BadArchive, match="invalid reference format"),
    ):
        read(file)


def test_a_layer_that_is_nowhere_is_named() -> None:
    data = archives.tar(
        {
            "manifest.json": b'[{"Config":"c","Layers":["a.tar"]}]',
            "c": archives.config([b"a"]),
        }
    )
    with archives.file(data) as file:
        (image,) = read(file)
        assert len(image.upload({archives.digest(b"a")})) > 0
        with pytest.raises(BadArchive, match=f"layer {archives.digest(b'a')} is not in"):
            image.upload()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_compressed_archives(pack: Callable[[bytes], bytes]) -> None:
    with archives.file(pack(WHOLE)) as file, opened(file) as images:
        assert [each.names for each in images] == [("web:1",)]


def test_a_pipe() -> None:
    reader, writer = os.pipe()

    def write() -> None:
        with open(writer, "wb") as out:
            out.write(gzip.compress(WHOLE))

    thread = threading.Thread(target=write)
    thread.start()
    with open(reader, "rb") as file, opened(file) as images:
        assert len(images) == 1
    thread.join()


def test_a_compressed_archive_that_was_cut_off() -> None:
    with (
        archives.file(gzip.compress(os.urandom(5000))[:2000]) as file,
        pytest.raises(BadArchive, match="unexpected EOF"),
        opened(file),
    ):
        pass


def test_who_asks_for_the_same_archive_at_once_shares_it() -> None:
    spools, filled, ready = Spools(), [], threading.Barrier(4)
    seen: list[ArchivedImage] = []

    def fill(file: IO[bytes]) -> None:
        filled.append(file)
        file.write(WHOLE)

    def use() -> None:
        ready.wait(10)
        with spools.shared("web:1", fill) as images:
            ready.wait(10)
            seen.extend(images)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(filled) == 1 and filled[0].closed
    assert len(seen) == 4


def test_an_archive_that_could_not_be_written_is_tried_again() -> None:
    spools = Spools()

    def fail(file: IO[bytes]) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"), spools.shared("web:1", fail):
        pass
    with spools.shared("web:1", lambda file: _write(file)) as images:
        assert len(images) == 1


def _write(file: IO[bytes]) -> None:
    file.write(WHOLE)

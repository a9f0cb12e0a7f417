"""SPDY/3.1 frames: round trips, any cut of the bytes, and hostile ones."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.server.streams import spdy
from kctl.server.streams.spdy import (
    Data,
    Decoder,
    Encoder,
    Frame,
    GoAway,
    MoreHeaders,
    Ping,
    Reset,
    Settings,
    SpdyError,
    SynReply,
    SynStream,
    WindowUpdate,
)
from kctl.server.streams.spdy_headers import DICTIONARY, LIMIT, Packer

streams = st.integers(1, 2**31 - 1)
words = st.integers(0, 2**32 - 1)
names = st.text("abcdefghijklmnopqrstuvwxyz-0123456789:", min_size=1, max_size=20)
values = st.lists(
    st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=30), min_size=1, max_size=3
)
headers = st.dictionaries(names, values, max_size=6)
frames = st.one_of(
    st.builds(
        SynStream, streams, headers, st.booleans(), st.booleans(), st.integers(0, 7), streams
    ),
    st.builds(SynReply, streams, headers, st.booleans()),
    st.builds(MoreHeaders, streams, headers, st.booleans()),
    st.builds(Reset, streams, words),
    st.builds(Ping, words),
    st.builds(GoAway, streams, words),
    st.builds(WindowUpdate, streams, words),
    st.builds(
        Settings,
        st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**24 - 1), words), max_size=4).map(
            tuple
        ),
    ),
    st.builds(Data, streams, st.binary(max_size=300), st.booleans()),
)


def joined(found: list[Frame]) -> list[Frame]:
    """The pieces of a data frame as one again."""
    made: list[Frame] = []
    for frame in found:
        last = made[-1] if made else None
        if (
            isinstance(frame, Data)
            and isinstance(last, Data)
            and last.stream == frame.stream
            and not last.fin
        ):
            made[-1] = Data(frame.stream, last.payload + frame.payload, frame.fin)
        else:
            made.append(frame)
    return made


@given(st.lists(frames, max_size=12), st.lists(st.integers(1, 200), max_size=30))
def test_what_is_encoded_is_decoded_however_it_is_cut(sent: list[Frame], cuts: list[int]) -> None:
    encoder, decoder = Encoder(), Decoder()
    data = b"".join(encoder.encode(frame) for frame in sent)
    found: list[Frame] = []
    at = 0
    for size in [*cuts, len(data)]:
        found += decoder.feed(data[at : at + size])
        at += size
    assert joined(found) == joined(sent)


@given(st.lists(st.binary(max_size=400), max_size=8))
def test_whatever_comes_is_frames_or_an_error(chunks: list[bytes]) -> None:
    decoder = Decoder()
    try:
        for chunk in chunks:
            list(decoder.feed(chunk))
    except SpdyError:
        return


@given(frames, st.data())
def test_a_damaged_frame_is_another_frame_or_an_error(frame: Frame, data: st.DataObject) -> None:
    encoded = bytearray(Encoder().encode(frame))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        list(Decoder().feed(bytes(encoded)))
    except SpdyError:
        return


def test_the_dictionary_is_the_protocols() -> None:
    """Every implementation's compressed streams begin with its Adler-32."""
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2
    assert Packer().pack({})[:6].hex() == "78bbe3c6a7c2"


def test_a_bomb_of_headers_is_refused() -> None:
    bomb = Encoder().encode(SynStream(1, {"a": ["x" * (LIMIT + 1)]}))
    assert len(bomb) < 1000
    with pytest.raises(SpdyError, match="more than"):
        list(Decoder().feed(bomb))


def test_a_huge_control_frame_is_refused_before_it_is_held() -> None:
    head = bytes.fromhex("80030001") + b"\0" + (spdy.CONTROL_LIMIT + 1).to_bytes(3, "big")
    with pytest.raises(SpdyError, match="more than"):
        list(Decoder().feed(head))


def test_a_data_frame_is_handed_on_before_it_is_whole() -> None:
    decoder = Decoder()
    head = spdy.data_head(1, 10_000_000, True)
    assert list(decoder.feed(head + b"first")) == [Data(1, b"first")]
    assert list(decoder.feed(b"second")) == [Data(1, b"second")]


def test_frames_of_another_version_and_of_no_stream_are_refused() -> None:
    for hostile in ("8002000600000004" + "00000001", "0000000001000000"):
        with pytest.raises(SpdyError):
            list(Decoder().feed(bytes.fromhex(hostile)))


def test_a_frame_of_an_unknown_type_means_nothing() -> None:
    unknown = bytes.fromhex("80030063" + "00000003") + b"abc"
    assert list(Decoder().feed(unknown + Encoder().encode(Ping(7)))) == [Ping(7)]


@pytest.mark.parametrize(
    "block",
    [
        b"\0\0\0\1\0\0\0\0\0\0\0\0",  # an empty name
        b"\0\0\0\1\0\0\0\1A\0\0\0\0",  # upper case
        b"\0\0\0\2\0\0\0\1a\0\0\0\0\0\0\0\1a\0\0\0\0",  # twice
        b"\0\0\0\1\0\0\0\1a\0\0\0\0more",
        b"\xff\xff\xff\xff",
        b"\0\0\0\1\xff\xff\xff\xffa",
        b"",
    ],
)
def test_a_block_that_makes_no_sense_is_refused(block: bytes) -> None:
    packer = zlib.compressobj(zdict=DICTIONARY)
    packed = packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH)
    body = (1).to_bytes(4, "big") + packed
    frame = bytes.fromhex("80030002") + b"\0" + len(body).to_bytes(3, "big") + body
    with pytest.raises(SpdyError):
        list(Decoder().feed(frame))

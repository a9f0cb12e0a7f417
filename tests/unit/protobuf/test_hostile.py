"""Bytes from anybody: a 400 that says what is wrong, in bounded time and memory."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kctl.api.errors import ApiError
from kctl.api.protobuf import MAGIC, decode, encode
from kctl.api.protobuf.decode import MAX_VALUES
from kctl.api.protobuf.wire import LENGTH, tagged, varint

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "labels": {"x": "y"}},
    "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]},
}
BODY = encode(POD)


def envelope(raw: bytes, api_version: str = "v1", kind: str = "Pod") -> bytes:
    meta = tagged(1, LENGTH, api_version.encode()) + tagged(2, LENGTH, kind.encode())
    return MAGIC + tagged(1, LENGTH, meta) + tagged(2, LENGTH, raw)


def refused(body: bytes) -> str:
    with pytest.raises(ApiError) as error:
        decode(body)
    assert (error.value.code, error.value.reason) == (400, "BadRequest")
    return error.value.message


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
@example(b"")
@example(MAGIC)
def test_no_bytes_are_more_than_a_bad_request(raw: bytes) -> None:
    for body in (raw, MAGIC + raw, envelope(raw)):
        try:
            assert decode(body)["kind"]
        except ApiError as error:
            assert error.code == 400


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_damaged_body_is_an_object_or_a_bad_request(data: st.DataObject) -> None:
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    for each in (bytes(body), bytes(body[:cut])):
        try:
            assert isinstance(decode(each), dict)
        except ApiError as error:
            assert error.code == 400


@pytest.mark.parametrize("cut", range(17, len(BODY) - 4))
def test_every_truncation_is_refused(cut: int) -> None:
    assert refused(BODY[:cut])


SPEC = 2


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x0a\x05ab", "unexpected EOF"),
        (b"\x0a" + b"\xff" * 11, "proto: integer overflow"),
        (b"\x0a" + varint(-1), "proto: negative length found during unmarshaling"),
        (b"\x0a" + varint(2**62), "unexpected EOF"),
        (b"\x08\x01", "proto: wrong wireType = 0 for field Metadata"),
        (b"\x00\x01", "proto: Pod: illegal tag 0 (wire type 0)"),
        (b"\x0c", "proto: Pod: wiretype end group for non-group"),
        (b"\x0e", "proto: illegal wireType 6"),
        (b"\x0b" * 100, "proto: groups are nested too deeply"),
        (b"\x0b\x08\x01", "unexpected EOF"),
        (tagged(1, LENGTH, tagged(1, LENGTH, b"\xff")), "proto: a string holds invalid UTF-8"),
        (tagged(1, LENGTH, b"\x38\x80"), "unexpected EOF"),
    ],
)
def test_what_is_wrong_is_said(raw: bytes, why: str) -> None:
    assert refused(envelope(raw)) == f'Pod in version "v1" cannot be handled as a Pod: {why}'


def test_a_body_without_its_type_is_told_by_its_first_bytes() -> None:
    assert refused(b"{}") == (
        "the object provided is unrecognized: provided data does not appear to be a protobuf "
        "message, expected prefix [107 56 115 0] (7b7d)"
    )
    assert refused(MAGIC + tagged(2, LENGTH, b"a" * 40)).startswith(
        "the object provided is unrecognized: Object 'Kind' is missing in 'unknown' (6b387300"
    )


def test_the_kind_that_was_expected_is_named() -> None:
    with pytest.raises(ApiError) as error:
        decode(b"", "Deployment")
    assert error.value.message == (
        "the object provided is unrecognized (must be of type Deployment): empty data (<empty>)"
    )


def test_groups_and_unknown_fields_are_skipped() -> None:
    group = b"\xa3\x06" + b"\x08\x01" + b"\x12\x01x" + b"\x1d\x00\x00\x00\x00" + b"\xa4\x06"
    fixed = b"\xa9\x06" + b"\0" * 8 + b"\xad\x06" + b"\0" * 4
    found = decode(envelope(group + fixed + tagged(1, LENGTH, tagged(1, LENGTH, b"a"))))
    assert found == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}


def test_a_message_that_stands_twice_is_merged() -> None:
    twice = tagged(1, LENGTH, tagged(1, LENGTH, b"a")) + tagged(1, LENGTH, tagged(3, LENGTH, b"ns"))
    assert decode(envelope(twice))["metadata"] == {"name": "a", "namespace": "ns"}


def test_packed_and_plain_numbers_are_the_same() -> None:
    groups = [varint(5), varint(-1), varint(2**40)]
    plain = b"".join(tagged(4, 0, each) for each in groups)
    packed = tagged(4, LENGTH, b"".join(groups))
    for raw in (plain, packed, plain[:2] + tagged(4, LENGTH, b"".join(groups[1:]))):
        spec = tagged(2, LENGTH, tagged(14, LENGTH, raw))
        found = decode(envelope(spec))["spec"]["securityContext"]["supplementalGroups"]
        assert found == [5, -1, 2**40]


def test_many_tiny_elements_are_refused_before_they_fill_the_memory() -> None:
    spec = tagged(2, LENGTH, tagged(2, LENGTH, b"") * (MAX_VALUES + 1))
    assert "holds more than" in refused(envelope(spec))
    packed = tagged(4, LENGTH, b"\x01" * (MAX_VALUES + 10))
    assert "holds more than" in refused(envelope(tagged(2, LENGTH, tagged(14, LENGTH, packed))))


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (b"nope", "quantities must match the regular expression"),
        (b"", "quantities must match the regular expression"),
    ],
)
def test_a_quantity_is_checked(field: bytes, why: str) -> None:
    entry = tagged(1, LENGTH, b"cpu") + tagged(2, LENGTH, tagged(1, LENGTH, field))
    raw = tagged(2, LENGTH, tagged(1, LENGTH, entry))
    assert why in refused(envelope(raw, "v1", "ResourceQuota"))


def test_a_time_outside_of_years_is_refused() -> None:
    for seconds in (2**62, -(2**62), 10**12):
        meta = tagged(8, LENGTH, tagged(1, 0, varint(seconds)))
        assert "year outside of range" in refused(envelope(tagged(1, LENGTH, meta)))


def test_raw_json_that_is_none_is_refused() -> None:
    for raw in (b"{", b"[" * 100_000, b'"\xff"'):
        entry = tagged(17, LENGTH, tagged(7, LENGTH, tagged(1, LENGTH, raw)))
        assert "raw JSON" in refused(envelope(tagged(1, LENGTH, entry)))


def test_schemas_nested_too_deeply_are_refused() -> None:
    raw = b""
    for _ in range(2000):
        raw = tagged(28, LENGTH, raw)  # a JSONSchemaProps whose "not" is another one
    version = tagged(7, LENGTH, tagged(4, LENGTH, tagged(1, LENGTH, raw)))
    body = envelope(
        tagged(2, LENGTH, version), "apiextensions.k8s.io/v1", "CustomResourceDefinition"
    )
    assert "proto: messages are nested too deeply" in refused(body)


def test_a_number_that_json_does_not_have_is_refused() -> None:
    for raw in (b"\0\0\0\0\0\0\xf0\x7f", b"\0\0\0\0\0\0\xf8\x7f"):
        schema = tagged(1, LENGTH, b"\x49" + raw)
        version = tagged(7, LENGTH, tagged(4, LENGTH, schema))
        body = envelope(
            tagged(2, LENGTH, version), "apiextensions.k8s.io/v1", "CustomResourceDefinition"
        )
        assert "json: unsupported value" in refused(body)

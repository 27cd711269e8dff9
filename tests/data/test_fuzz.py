"""Whatever the bytes: a whyrec error with words, or a clean log in which every row is accounted for."""

import gzip
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shops import accounted, bring

from whyrec.core.errors import WhyrecError

QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HEADER = b"user_id,item_id,event_type,timestamp,quantity\n"

piece = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([b",", b"\n", b"\r", b'"', b'""', b"\x00", b"\xff", b"u1", b"i1", b"view", b"1600000000", b"NaN",
                     "数据".encode("gbk"), "é".encode(), b"\xf0\x9f\x98\x80", b"9" * 40, b"1e400", b"-0"]),
)  # fmt: skip
messy = st.lists(piece, max_size=40).map(b"".join)
scalar = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(), st.text(max_size=6),
    st.sampled_from(["view", "1600000000"]),
)  # fmt: skip
value = st.recursive(
    scalar, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=4), v, max_size=3), max_leaves=5
)
keys = st.one_of(
    st.sampled_from(["user_id", "item_id", "event_type", "timestamp", "USER_ID", "row", ""]), st.text(max_size=5)
)
entry = st.dictionaries(keys, value, max_size=6)


def survives(folder, data):
    """Import and clean; hold the account. Return whether there was anything to clean."""
    path = folder / "log"
    path.write_bytes(data)
    try:
        _, check, tables = bring(folder, path)
    except WhyrecError as error:
        assert "should not happen" not in str(error) and str(error)
        return False
    kept, _, _ = accounted(folder, check)
    assert len(tables.events) == len(kept)
    return True


@QUICK
@given(st.one_of(st.binary(max_size=200), messy), st.booleans())
def test_any_bytes(tmp_path_factory, data, packed):
    survives(tmp_path_factory.mktemp("bytes"), gzip.compress(data) if packed else data)


@QUICK
@given(messy)
def test_any_bytes_below_a_header_and_a_row(tmp_path_factory, data):
    row = b"u0,i0,view,1600000000,1\n"
    assert survives(tmp_path_factory.mktemp("csv"), HEADER + row + data), "a sound row must be enough to go on"


@QUICK
@given(st.lists(entry, max_size=8), st.binary(max_size=20))
def test_any_json_lines(tmp_path_factory, entries, tail):
    lines = [json.dumps({"user_id": "u", "item_id": "i", "timestamp": 1_600_000_000}), *map(json.dumps, entries)]
    survives(tmp_path_factory.mktemp("json"), "\n".join(lines).encode() + b"\n" + tail)

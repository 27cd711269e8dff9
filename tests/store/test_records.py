"""Queries as JSON: whatever goes in comes out."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from whyrec.core.types import HISTORY_KINDS, KIND_CODE, REMOVED, History, Preferences, Query, objects
from whyrec.store.records import query_from_json, query_to_json

text = st.text(max_size=8)
ids = st.one_of(text, st.sampled_from(["", "\ud800", "a\0b", "茶", "1e400", "null"]))
times = st.floats(allow_nan=False, allow_infinity=False)
slot = st.tuples(
    st.one_of(st.none(), ids),
    st.sampled_from([REMOVED, *sorted(KIND_CODE[kind] for kind in HISTORY_KINDS)]),
    times,
    st.one_of(st.just(float("nan")), st.floats(width=32, allow_nan=False, allow_infinity=False)),
    ids,
    st.one_of(st.none(), text),
)


@st.composite
def histories(draw):
    rows = draw(st.lists(slot, max_size=6))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    return History(
        item=objects(columns[0]),
        kind=np.array(columns[1], np.int8),
        at=np.array(columns[2], np.float64),
        value=np.array(columns[3], np.float32),
        event_id=objects(columns[4]),
        text=objects(columns[5]) if draw(st.booleans()) else None,
    )


names = st.frozensets(ids, max_size=4)
queries = st.builds(
    Query,
    at=times,
    user=st.one_of(st.none(), ids),
    history=histories(),
    seen=names,
    scenario=text,
    n=st.integers(1, 1000),
    locale=text,
    platform=st.one_of(st.none(), text),
    context=st.lists(ids, max_size=3).map(tuple),
    relation=st.one_of(st.none(), text),
    text=st.one_of(st.none(), text),
    exclude=names,
    preferences=st.builds(
        Preferences,
        personalised=st.booleans(),
        hidden_items=names,
        hidden_groups=st.frozensets(st.tuples(text, text), max_size=3),
        sharing=st.booleans(),
    ),
    variant=st.one_of(st.none(), text),
    seed=st.integers(),
)


@given(queries)
@settings(max_examples=150, deadline=None)
def test_a_query_survives_being_stored(query):
    written = query_to_json(query)
    assert written.isascii() and isinstance(json.loads(written), dict)
    again = query_from_json(written)
    for name in (
        "at",
        "user",
        "seen",
        "scenario",
        "n",
        "locale",
        "platform",
        "context",
        "relation",
        "text",
        "exclude",
        "variant",
        "seed",
    ):
        assert getattr(again, name) == getattr(query, name)
        assert type(getattr(again, name)) is type(getattr(query, name))
    assert vars(again.preferences) == vars(query.preferences)
    for name in ("item", "kind", "at", "event_id"):
        one, other = getattr(again.history, name), getattr(query.history, name)
        assert one.dtype == other.dtype and one.tolist() == other.tolist()
    assert again.history.value.dtype == np.float32
    assert np.array_equal(again.history.value, query.history.value, equal_nan=True)
    texts = (again.history.text, query.history.text)
    assert (texts[0] is None) == (texts[1] is None)
    assert texts[1] is None or texts[0].tolist() == texts[1].tolist()
    assert query_to_json(again) == written

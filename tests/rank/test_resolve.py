"""Requests become queries: order, tombstones, hidden items, undo, and what does not count."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from small_shop import ITEMS, catalog, log

from whyrec.core.config import EventSettings, Settings
from whyrec.core.errors import FutureError
from whyrec.core.types import KIND_CODE, REMOVED, Preferences
from whyrec.data.split import loo
from whyrec.rank.resolve import SEARCH_NOW, resolve, with_live_events
from whyrec.store.records import LiveEvent

BASE = log(
    ("ann", "tea", "purchase", 1.0),
    ("bob", "jam", "view", 2.0),
    ("ann", "jam", "view", 3.0),
    ("ann", "cup", "impression", 4.0),
    ("ann", "bread", "purchase", 5.0),
)


ANY = Settings(events=EventSettings(seen="any"))


def row(kind, item=None, at=10.0, **fields):
    return LiveEvent(fields.pop("event_id", f"live-{kind}-{item}-{at}"), "ann", item, kind, at, **fields)


def because(at=10.0, **said):
    return row("not_because", None, at, reference=json.dumps(said))


def ask(*live, user="ann", at=100.0, settings=None, **fields):
    return resolve(BASE, user=user, at=at, live=live, settings=settings or Settings(), catalog=catalog(), **fields)


def slots(query):
    return list(query.history.item)


def test_base_and_live_events_are_in_order_and_impressions_take_no_slot():
    query = ask(row("view", "pot", 3.0), row("view", "film", 2.5), row("impression", "news"))
    assert slots(query) == ["tea", "film", "jam", "pot", "bread"]
    assert query.history.event_id.tolist()[0] == "base-0"
    assert query.seen == {"tea", "bread"}  # a mere view does not count in a shop with purchases
    assert (query.at, query.user) == (100.0, "ann")


def test_an_unknown_user_has_an_empty_history():
    query = ask(user="nobody")
    assert len(query.history) == 0 and query.seen == frozenset()
    assert len(ask(user=None).history) == 0


def test_later_events_do_not_count():
    assert slots(ask(row("view", "pot", 10.0), at=4.0)) == ["tea", "jam"]


def test_not_because_of_an_event_leaves_a_tombstone_that_counts_as_seen():
    query = ask(because(event_ids=["base-0"]), row("purchase", "tea", 11.0))
    assert slots(query) == [None, "jam", "bread", "tea"]
    assert query.history.kind.tolist()[0] == REMOVED
    assert query.history.at.tolist()[0] == 1.0
    assert "tea" in query.seen
    assert slots(ask(because(event_ids=["base-0"]))) == [None, "jam", "bread"]


def test_not_because_of_a_group_masks_later_events_too():
    query = ask(because(group=["shelf", "food"]), row("purchase", "honey", 11.0), row("view", "cup", 12.0))
    assert slots(query) == ["tea", None, None, None, "cup"]
    assert query.seen == {"tea", "bread", "honey"}


def test_cancel_takes_back_the_newest_purchase_only():
    query = ask(row("purchase", "tea", 20.0), row("cancel", "tea", 21.0))
    assert slots(query) == ["tea", "jam", "bread", None]
    assert "tea" in query.seen
    gone = ask(row("cancel", "bread", 21.0))
    assert slots(gone) == ["tea", "jam", None]
    assert "bread" not in gone.seen
    assert slots(ask(row("cancel", "film", 21.0))) == ["tea", "jam", "bread"]


@pytest.mark.parametrize("settings", [Settings(), ANY, Settings(events=EventSettings(targets=["view"]))])
def test_the_protocols_and_serving_agree_on_what_counts_as_seen(settings):
    base = replace(BASE, kind=np.where(BASE.kind == KIND_CODE["impression"], KIND_CODE["view"], BASE.kind))
    cases = loo(base, settings).test.queries
    assert len(cases) == 1
    (case,) = cases
    served = resolve(base, user="ann", at=case.at, settings=settings, catalog=catalog())
    assert slots(served) == slots(case)
    assert served.seen == case.seen
    assert ("jam" in served.seen) == (settings != Settings())


def test_hide_and_dislike_and_a_like_after_all():
    query = ask(row("hide", "pot"), row("dislike", "film", 11.0))
    assert query.preferences.hidden_items == {"pot", "film"}
    assert slots(query)[-1] == "film" and query.history.kind[-1] == KIND_CODE["dislike"]
    after_all = ask(
        row("hide", "pot"), row("dislike", "film", 11.0), row("like", "film", 12.0), row("like", "pot", 13.0)
    )
    assert after_all.preferences.hidden_items == {"pot"}


def test_a_low_rating_is_a_dislike():
    low = replace(Settings(), events=EventSettings(rating_threshold=2.0))
    assert ask(row("rating", "pot", value=2.0), settings=low).preferences.hidden_items == {"pot"}
    assert ask(row("rating", "pot", value=3.0), settings=low).preferences.hidden_items == frozenset()


def test_switched_off_personalisation_leaves_nothing_of_the_person():
    off = Preferences(personalised=False)
    mine, theirs = ask(preferences=off), ask(user="bob", preferences=off)
    assert (mine.user, mine.seen, len(mine.history)) == (None, frozenset(), 0)
    assert (theirs.user, theirs.seen, len(theirs.history)) == (None, frozenset(), 0)


def test_an_anonymous_history_is_used_as_it_is():
    query = ask(user=None, history=[("tea", "view", 7.0), None, ("jam", "purchase", 9.0)])
    assert slots(query) == ["tea", None, "jam"]
    assert query.seen == {"jam"}
    assert ask(user=None, history=[("tea", "view", 7.0)], settings=ANY).seen == {"tea"}
    assert len(ask(user=None, history=[]).history) == 0
    for at in (1000.0, float("nan")):
        with pytest.raises(FutureError, match="expected times up to the request's own"):
            ask(user=None, history=[("tea", "view", at)])


def test_the_search_of_the_request_is_the_newest_event():
    query = ask(text="red tea pot")
    assert query.history.kind[-1] == KIND_CODE["search"]
    assert query.history.text[-1] == "red tea pot" and query.history.event_id[-1] == SEARCH_NOW
    assert query.history.at[-1] == query.at and query.text == "red tea pot"
    assert "red tea pot" not in query.seen


kinds = st.sampled_from(["view", "purchase", "like", "dislike", "impression", "hide", "cancel"])
rows = st.lists(
    st.builds(row, kinds, st.sampled_from(sorted(ITEMS.ids)), st.floats(0, 50, allow_subnormal=False)), max_size=12
)


@given(rows, st.sampled_from(["base-0", "base-2", "base-4"]))
@limits(max_examples=80, deadline=None)
def test_switching_a_reason_off_equals_masking_its_slot(live, event_id):
    before = ask(*live)
    slot = before.history.event_id.tolist().index(event_id)
    after, promised = ask(*live, because(60.0, event_ids=[event_id])), before.without([slot])
    for name in ("item", "kind", "at", "event_id"):
        assert getattr(after.history, name).tolist() == getattr(promised.history, name).tolist()
    assert np.array_equal(after.history.value, promised.history.value, equal_nan=True)
    assert (after.seen, after.preferences.hidden_items) == (promised.seen, promised.preferences.hidden_items)


def test_training_reads_live_events_in_their_place():
    tables_module = pytest.importorskip("whyrec.data.tables")
    fields = dict.fromkeys(tables_module.Tables.__dataclass_fields__)
    tables = tables_module.Tables(**{**fields, "events": BASE, "catalog": catalog()})
    live = [
        row("view", "cake", 2.5),
        row("cancel", "bread", 6.0),
        row("hide", "tea", 7.0),
        row("search", None, 8.0, text="x"),
    ]
    merged = with_live_events(tables, live)
    events = merged.events
    assert [merged.catalog.items.ids[code] if code >= 0 else None for code in events.item] == [
        "tea", "jam", "cake", "jam", "cup", None,
    ]  # fmt: skip
    assert merged.catalog.items is events.items
    assert [events.users.ids[code] for code in events.user] == ["ann", "bob", "ann", "ann", "ann", "ann"]
    assert with_live_events(tables, [row("hide", "tea")]) is tables

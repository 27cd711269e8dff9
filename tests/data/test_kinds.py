"""Target kinds, and which kinds make an item count as seen."""

import numpy as np
import pytest

from whyrec.core.config import EventSettings, Settings
from whyrec.core.types import HISTORY_KINDS, KIND_CODE, KINDS, History, objects
from whyrec.data.kinds import seen_items, seen_kinds, target_kinds

SETTINGS = Settings()


def seen(there, **events):
    counts = seen_kinds(there, Settings(events=EventSettings(**events)))
    return {kind for kind, does in zip(KINDS, counts, strict=True) if does}


def test_targets_are_the_strong_kinds_that_are_there_and_views_only_where_there_is_no_other():
    assert target_kinds({"view", "like", "cart"}, SETTINGS) == ("cart", "like")
    assert target_kinds({"view", "search"}, SETTINGS) == ("view", "click")
    assert target_kinds(set(), SETTINGS) == ("view", "click")
    assert target_kinds({"view", "like"}, Settings(events=EventSettings(targets=["view"]))) == ("view",)


@pytest.mark.parametrize("there", [{"view", "like", "comment"}, {"view", "search", "like", "comment"}])
def test_a_view_does_not_count_where_the_shop_has_stronger_kinds(there):
    assert seen(there) == {"like", "comment", "dislike"}


def test_a_view_counts_where_there_is_nothing_stronger_or_where_views_are_predicted():
    assert seen({"view", "search"}) == HISTORY_KINDS
    assert seen({"view", "purchase"}, targets=["view"]) == HISTORY_KINDS
    assert seen({"view", "purchase", "cart"}, targets=["purchase"]) == {"purchase", "dislike"}


def test_any_counts_every_kind_of_a_history():
    assert seen({"view", "purchase"}, seen="any") == HISTORY_KINDS


def test_seen_items_are_those_of_counting_events_that_have_an_item():
    past = History.of([("tea", "view", 1.0), ("cup", "like", 2.0), ("tea", "like", 3.0), ("pot", "like", 4.0)]).mask(
        [3]
    )
    counts = np.zeros(len(KINDS), np.bool_)
    counts[KIND_CODE["like"]] = True
    assert seen_items(past.item, past.kind, counts) == {"cup", "tea"}
    counts[:] = True
    assert seen_items(past.item, past.kind, counts) == {"cup", "tea"}  # a tombstone names no item
    assert seen_items(objects([None]), np.array([KIND_CODE["search"]], np.int8), counts) == frozenset()

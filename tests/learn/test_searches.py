"""Searches: what words say of items, counted by hand, and the same on both ways to it."""

from dataclasses import replace

import numpy as np
import pytest

from whyrec.core.config import Settings
from whyrec.core.types import KIND_CODE, KINDS, Catalog, History, Query, Vocabulary, objects
from whyrec.data.batch import arrange
from whyrec.features.content import encode
from whyrec.learn.searches import Searches

ITEMS = Vocabulary.of(["p1", "p2", "p3", "bag", "hat"])
TITLES = objects(["Acme phone black", "Acme phone white", "Zeta phone white", "Acme bag", "手机壳"])
SEARCH = KIND_CODE["search"]


def asked(*slots):
    """A query of slots: an item, or the words of a search after "?"."""
    past = History.of([(slot, "view", float(n)) for n, slot in enumerate(slots)])
    text = objects([slot[1:] if slot.startswith("?") else None for slot in slots])
    kind = np.where([slot.startswith("?") for slot in slots], SEARCH, past.kind).astype(np.int8)
    item = objects([None if slot.startswith("?") else slot for slot in slots])
    return Query(at=99.0, history=replace(past, text=text, kind=kind, item=item))


def batch(*queries):
    return arrange(queries, ITEMS, dict.fromkeys(KINDS, 1.0) | Settings().events.weights)


def made(*log, shrink=0.0):
    return Searches.of(batch(*log), encode(Catalog(ITEMS, titles={"": TITLES})), shrink)


def test_words_of_a_search_find_the_items_that_have_them():
    found = made().sums(batch(asked("?white zeta phones")), slice(None))[0]
    assert found.argmax() == ITEMS.index["p2"] or found[ITEMS.index["p3"]] == found.max()
    assert found[ITEMS.index["p2"]] > found[ITEMS.index["p1"]] and found[ITEMS.index["bag"]] == 0


def test_what_came_after_a_word_is_counted():
    log = [asked("?gift", "bag"), asked("?gift", "bag"), asked("?toy", "p1", "hat"), asked("?toy", "p1"), asked("?toy")]
    searches = made(*log)
    lift = np.expm1(searches.after.toarray())[[searches.vocabulary.index(word) for word in ("gift", "toy")]]
    # Gaps count less: 1 for the next slot, 1/2 for the one after it.
    total, bag, p1 = 4.5, 2.0, 2.0
    assert lift[0, ITEMS.index["bag"]] == pytest.approx(2.0 * total / (2.0 * bag), rel=1e-6)
    assert lift[1, ITEMS.index["p1"]] == pytest.approx(2.0 * total / (2.5 * p1), rel=1e-6)
    assert lift[0, ITEMS.index["p1"]] == 0


def test_both_ways_give_the_same_and_a_masked_search_says_nothing():
    log = [asked("?gift phone", "bag", "?acme", "p1"), asked("?gift", "p2", "?acme", "p1", "hat")]
    searches, query = made(*log), asked("?acme phone", "bag", "?gift unheard", "p1", "?nothing", "?acme")
    one = batch(query)
    slots = searches.slots(one)
    assert slots.tolist() == [0, 2, 5]
    codes = np.arange(len(ITEMS))
    parts = searches.parts(one, slots, codes)
    np.testing.assert_allclose(parts.sum(axis=0), searches.sums(one, codes)[0], rtol=1e-12)
    for row, slot in enumerate(slots):
        without = searches.sums(batch(query.without([slot])), codes)
        np.testing.assert_allclose(searches.sums(one, codes)[0] - without[0], parts[row], atol=1e-12)
    assert isinstance(searches.sums(batch(query.without(range(6))), codes), float)


def test_old_searches_are_forgotten_and_none_is_needed():
    searches = made(asked("?gift", "bag"), asked("?gift", "bag"))
    assert searches.sums(batch(asked("?gift", *["p1"] * 60)), slice(None)) == 0.0
    assert made().sums(batch(asked("p1")), slice(None)) == 0.0
    assert Searches.of(batch(), encode(Catalog(ITEMS)), 5.0).sums(batch(asked("?phone")), slice(None)) == 0.0


def test_a_word_of_a_script_without_spaces_is_found():
    found = made().sums(batch(asked("?手机")), slice(None))
    # Each pair of signs is in one title only, which is too little to be learned from.
    assert np.isscalar(found) or not found.any()


def test_it_is_the_same_again_from_its_arrays():
    searches = made(asked("?gift phone", "bag"), asked("?gift", "p2"))
    again, one = Searches.from_arrays(searches.arrays()), batch(asked("?phone gift", "p1"))
    np.testing.assert_array_equal(again.sums(one, slice(None)), searches.sums(one, slice(None)))

"""Nearness: a sum over live slots and over senses, of what is left when either is taken away."""

import numpy as np
import pytest

from whyrec.core.config import EventSettings
from whyrec.core.types import Catalog, History, Query, Vocabulary, objects
from whyrec.data.batch import arrange
from whyrec.features import content
from whyrec.learn.nearness import Nearness
from whyrec.learn.newcomers import Rows

N = 12
ITEMS = Vocabulary.of([f"i{code}" for code in range(N)])
BRAND = objects([(f"b{code % 3}",) for code in range(N)])
TITLES = objects([f"{'red' if code < 6 else 'blue'} {'lamp' if code % 2 else 'chair'}" for code in range(N)])
CATALOG = Catalog(ITEMS, titles={"": TITLES}, categories={"brand": BRAND})
NEW = np.array([9, 11])


def batch(*items):
    rows = [None if item is None else (item, "purchase", float(at)) for at, item in enumerate(items)]
    events = EventSettings()
    return arrange([Query(at=9.0, history=History.of(rows))], ITEMS, events.weights, events.rating_threshold)


def near(found, *items):
    return found.near(found.asked(batch(*items)))[0]


def test_an_event_counts_by_its_cosine_and_fades_with_its_age():
    found = Nearness.of(CATALOG, NEW)
    cosine = found.items @ found.items[NEW].T
    assert np.linalg.norm(found.items, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert near(found, "i3", "i0") == pytest.approx(cosine[0] + cosine[3] * 2**-0.5)
    assert near(found, "i3", None, "i0", None) == pytest.approx(cosine[0] * 2**-0.5 + cosine[3] / 2), (
        "a slot keeps its age"
    )
    assert near(found) == pytest.approx([0.0, 0.0]) and near(found, None) == pytest.approx([0.0, 0.0])


def test_masking_an_event_takes_its_part_and_no_other():
    found = Nearness.of(CATALOG, NEW)
    whole, without = near(found, "i3", "i0", "i7"), near(found, "i3", None, "i7")
    assert whole - without == pytest.approx(near(found, "i0", None))


def test_the_part_of_a_sense_is_what_goes_with_its_columns():
    found, asked = Nearness.of(CATALOG, NEW), batch("i3", "i0")
    parts = found.shares(found.asked(asked))
    assert list(parts) == ["attributes", "words"]
    assert sum(parts.values()) == pytest.approx(found.near(found.asked(asked)), abs=1e-6)
    # The same row without the column of its brand, of the length that the whole row has.
    encoded = content.encode(CATALOG)
    rows = Rows.of(encoded.matrix)
    brand = np.array([family == "brand" for family, _ in encoded.columns])
    row = rows.matrix[[9]].toarray()[0]
    length = np.linalg.norm(row @ rows.columns)
    without = np.where(brand, 0.0, row) @ rows.columns / length
    lost = near(found, "i3", "i0")[0] - found.asked(asked)[0] @ without
    assert lost == pytest.approx(parts["attributes"][0, 0], abs=1e-5)


def test_it_comes_back_from_its_arrays():
    found = Nearness.of(CATALOG, NEW)
    again = Nearness.from_arrays(found.arrays(), N)
    assert near(again, "i3") == pytest.approx(near(found, "i3"), abs=0)
    assert list(again.parts) == list(found.parts)
    none = Nearness.from_arrays({}, N)
    assert not none.arrays() and near(none, "i3").shape == (0,)


def test_a_catalogue_that_says_nothing_is_near_to_nothing():
    found = Nearness.of(Catalog(ITEMS), NEW)
    assert near(found, "i3").tolist() == [0.0, 0.0] and found.parts == {}

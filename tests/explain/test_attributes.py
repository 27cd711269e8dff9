"""Attributes of an item: what the score loses with the catalogue's mean in their place, and which event gives it."""

import numpy as np
import pytest

from additive import ITEMS, N_ITEMS, purchases
from whyrec.explain import attributes

BRANDS = np.array([["Acme", "Bolt", "Cord"][code % 3] for code in range(N_ITEMS)])
LIKING = np.random.default_rng(0).normal(size=(N_ITEMS, 3))  # of each item's events for each brand
SIZES = np.random.default_rng(1).normal(size=N_ITEMS)


def score(query, item):
    """The tests' own: events like brands and words of an item, and an item after another."""
    code, brand = ITEMS.index[item], "ABC".index(BRANDS[ITEMS.index[item]][0])
    events = [ITEMS.index[name] for name in query.history.item]
    return sum(LIKING[e, brand] + SIZES[code] * SIZES[e] + (e == code) for e in events)


def split(query, item):
    code, brand = ITEMS.index[item], "ABC".index(BRANDS[ITEMS.index[item]][0])
    events = [ITEMS.index[name] for name in query.history.item]
    units = tuple((slot,) for slot in range(len(events)))
    return units, {
        ("same", ""): np.array([float(e == code) for e in events]),
        ("brand", BRANDS[code]): np.array([LIKING[e, brand] for e in events]),
        ("words", "size"): np.array([SIZES[code] * SIZES[e] for e in events]),
    }


def test_an_attribute_loses_what_the_mean_of_the_catalogue_leaves():
    query, item = purchases([1, 4, 2, 3]), "i3"
    found = {one.name: one for one in attributes.of_split(split, query, item, ITEMS)}
    assert set(found) == {"brand", "words"}
    for name, one in found.items():
        gives = {i: sum(w.sum() for (n, v), w in split(query, i)[1].items() if n == name) for i in ITEMS.ids}
        assert one.loses == pytest.approx(gives[item] - np.mean(list(gives.values())))
    rest = split(query, item)[1]["same", ""].sum()
    assert sum(one.weight for one in found.values()) + rest == pytest.approx(score(query, item))
    brand = found["brand"]
    assert brand.values == {"Acme": pytest.approx(brand.weight)}
    assert sum(brand.events["Acme"].values()) == pytest.approx(brand.weight)
    assert brand.events["Acme"][(1,)] == pytest.approx(LIKING[4, 0])


def test_senses_that_are_no_attributes_are_left_out_and_the_largest_loss_comes_first():
    def senses(query, items):
        codes = ITEMS.codes(items)
        return {"popularity": codes * 1.0, "id": codes * 2.0, "title": codes**2 * 1.0, "image": -codes * 1.0}

    title, image = attributes.of_senses(senses, purchases([1]), "i11", ITEMS)
    assert (title.name, image.name) == ("title", "image")
    assert title.loses == pytest.approx(121 - np.mean(np.arange(N_ITEMS) ** 2))
    assert image.loses == pytest.approx(-11 + np.mean(np.arange(N_ITEMS)))

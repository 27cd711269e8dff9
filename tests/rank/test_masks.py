"""Masks of a catalogue: equal to looking at each item by itself, kept with the catalogue, and told in words."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import ITEMS, catalog

from whyrec.core.errors import FilterError, UnknownFieldError
from whyrec.core.expression import AllOf, AnyOf, Compare, Not, one_of, parse, plain_number, written
from whyrec.core.types import UNKNOWN, Catalog, Vocabulary, objects
from whyrec.rank import masks

WORDS = ["Acme", "Lumo", "3", UNKNOWN]
NUMBERS = [0.0, 1.5, 3.0, -2.0]


def naive(catalog, expression, code):
    """Whether an expression holds for one item, looked at by itself."""
    match expression:
        case Not(part):
            return not naive(catalog, part, code)
        case AllOf(parts):
            return all(naive(catalog, part, code) for part in parts)
        case AnyOf(parts):
            return any(naive(catalog, part, code) for part in parts)
        case Compare(field, sign, values):
            value = naive_value(catalog, field, code)
            if sign == "unknown":
                return value is None or (isinstance(value, tuple) and UNKNOWN in value)
            if isinstance(value, tuple):
                return any((v if isinstance(v, str) else plain_number(v)) in value for v in values)
            if value is None:
                return False
            return any({"=": value == v, "in": value == v, "<": value < v, "<=": value <= v, ">": value > v,
                        ">=": value >= v}[sign] for v in values)  # fmt: skip


def naive_value(catalog, field, code):
    """Words of an item as a tuple, its number, or None where that is unknown."""
    if field in catalog.categories:
        return catalog.categories[field][code]
    if field in catalog.numbers:
        number = catalog.numbers[field][code]
        filled = field == "price" and catalog.numbers["price_imputed"][code]
        return None if np.isnan(number) or filled else float(number)
    match field:
        case "item":
            return (catalog.items.ids[code],)
        case "kind":
            return (catalog.kinds[code],)
        case "language":
            return tuple({w for name, t in catalog.titles.items() if t[code] and name for w in (name, name[:2])})
        case "available":
            return ("yes" if catalog.available[code] else "no",)
    column = {"stock": catalog.stock, "since": catalog.since}[field]
    return None if np.isnan(column[code]) else float(column[code])


@st.composite
def catalogues(draw):
    size = draw(st.integers(1, 6))
    numbers = st.lists(st.sampled_from([*NUMBERS, np.nan]), min_size=size, max_size=size).map(np.array)
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True).map(tuple)
    titles = st.lists(st.sampled_from([None, "", "Tea"]), min_size=size, max_size=size).map(objects)
    return Catalog(
        Vocabulary.of([f"i{n}" for n in range(size)]),
        titles={"": draw(titles), "zh-CN": draw(titles), "en": draw(titles)},
        categories={"brand": objects(draw(st.lists(words, min_size=size, max_size=size)))},
        numbers={"price": draw(numbers), "price_imputed": draw(numbers) > 1, "size of it": draw(numbers)},
        kinds=objects(draw(st.lists(st.sampled_from(["product", "video"]), min_size=size, max_size=size))),
        available=draw(numbers) > 0,
        since=draw(numbers),
        stock=draw(numbers),
    )


word_tests = st.builds(
    one_of,
    st.sampled_from(["brand", "item", "kind", "language", "available"]),
    st.lists(st.sampled_from([*WORDS, "i1", "video", "zh", "zh-CN", "en", "yes", "no", 3.0]), min_size=1, max_size=3),
)
number_tests = st.builds(
    Compare,
    st.sampled_from(["price", "size of it", "stock", "since"]),
    st.sampled_from(["=", "<", "<=", ">", ">="]),
    st.sampled_from(NUMBERS).map(lambda number: (number,)),
)
unknowns = st.builds(Compare, st.sampled_from(["brand", "price", "stock", "since"]), st.just("unknown"))


def _larger(parts):
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, parts), st.builds(AllOf, several), st.builds(AnyOf, several))


@given(catalogues(), st.recursive(st.one_of(word_tests, number_tests, unknowns), _larger, max_leaves=6))
@settings(max_examples=300, deadline=None)
def test_a_mask_is_what_each_item_says_by_itself(shelf, expression):
    masks.check(shelf, expression)
    found = masks.mask(shelf, written(expression))
    assert found.tolist() == [naive(shelf, expression, code) for code in range(len(shelf))]


def test_masks_are_kept_with_their_catalogue_and_go_with_it():
    shelf = catalog()
    assert masks.mask(shelf, 'shelf = "food"') is masks.mask(shelf, 'shelf = "food"')
    other = replace(shelf, categories={"shelf": objects([("food",)] * 8)})
    assert masks.mask(other, 'shelf = "food"').all() and not masks.mask(shelf, 'shelf = "food"').all()
    gone = weakref.ref(other)
    del other
    gc.collect()
    assert gone() is None
    for n in range(2 * masks.MOST_KEPT):
        masks.mask(shelf, f'shelf = "{n}"')
    assert len(masks._kept[shelf]) <= masks.MOST_KEPT


def test_filters_of_a_request_are_one_each():
    shelf = catalog(numbers={"price": np.arange(8.0)}, since=np.array([1.7e9] * 4 + [np.nan] * 4))
    only = {"shelf": ["food", "drinks"], "price": (1, None), "kind": "product"}
    found = masks.filters(shelf, 'price < 6 and since >= "2020-01-01"', only)
    assert found == (
        "price < 6", 'since >= "2020-01-01"', 'shelf in ("food", "drinks")', "price >= 1", 'kind = "product"'
    )  # fmt: skip
    both = np.logical_and.reduce([masks.mask(shelf, text) for text in found])
    assert ITEMS.ids[both].tolist() == ["jam"]


@pytest.mark.parametrize(
    ("where", "only", "told", "kind"),
    [
        ("shelv = 'x'", None, "attribute 'shelv' (did you mean 'shelf'?). It has: shelf, price,", UnknownFieldError),
        (None, {"prices": (1, 2)}, "(did you mean 'price'?)", UnknownFieldError),
        ("shelf < 3", None, "shelf has words, which are not smaller or larger, in: shelf < 3", FilterError),
        ("price = 'dear'", None, "expected a number for price, got 'dear'", FilterError),
        ("since > 'monday'", None, 'expected a day such as "2026-01-01" for since', FilterError),
        (None, {"shelf": []}, "expected at least one value for shelf", FilterError),
        (None, {"shelf": [None]}, "expected texts or numbers for shelf, got None", FilterError),
        (None, {"price": (1, 2, 3)}, "expected a range (low, high) of numbers for price", FilterError),
    ],
)  # fmt: skip
def test_what_a_filter_cannot_ask_is_said(where, only, told, kind):
    with pytest.raises(kind) as error:
        masks.filters(catalog(numbers={"price": np.zeros(8)}), where, only)
    assert told in str(error.value)


def test_a_field_that_has_gone_is_unknown_for_all():
    shelf = catalog()
    assert not masks.mask(shelf, 'colour = "red"').any() and masks.mask(shelf, "colour is unknown").all()


def test_a_value_that_no_item_has_is_hinted_at():
    assert masks.absent(catalog(), 'shelf in ("foot", "food") and kind != "videos"') == [
        "no item has shelf = 'foot' (did you mean 'food'?)",
        "no item has kind = 'videos' (did you mean 'video'?)",
    ]
    assert parse('shelf = "food"') and masks.absent(catalog(), 'shelf = "food"') == []

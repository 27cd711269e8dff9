"""Content of items as sparse rows: families side by side, each as heavy as the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from whyrec.core.types import Catalog, Vocabulary, objects
from whyrec.features.content import encode


def catalog(**rest):
    n = len(next(iter(rest.values())))
    named = {}
    if "genre" in rest:
        named["categories"] = {"genre": objects(rest["genre"])}
    if "price" in rest:
        named["numbers"] = {
            "price": np.array(rest["price"], float), "price_imputed": np.zeros(n), "__index__": np.arange(n) * 1.0,
        }  # fmt: skip
    if "title" in rest:
        named["titles"] = {"": objects(rest["title"])}
    return Catalog(Vocabulary.of([f"i{k}" for k in range(n)]), **named)


def rows(content):
    return [
        {content.columns[c]: round(float(v), 6) for c, v in zip(row.indices, row.data, strict=True)}
        for row in (content.matrix[[k]] for k in range(content.matrix.shape[0]))
    ]


def test_each_family_of_an_item_weighs_one_however_many_values_it_has():
    made = encode(catalog(genre=[("a", "b"), ("a",), ("b", "rare"), ("unknown",)]))
    assert rows(made) == [
        {("genre", "a"): 0.707107, ("genre", "b"): 0.707107},
        {("genre", "a"): 1.0},
        {("genre", "b"): 1.0},  # what only one item has says nothing of others
        {},
    ]


def test_words_are_folded_and_those_of_everybody_are_left_out():
    made = encode(catalog(title=["The RED lamp", "the red chair", "The lamp", "the sofa", None]))
    assert rows(made)[0] == {("words", "red"): 0.707107, ("words", "lamp"): 0.707107}
    assert rows(made)[3:] == [{}, {}]


def test_chinese_titles_give_pairs_of_characters():
    made = encode(catalog(title=["红色手机壳", "蓝色手机壳", "运动鞋", "跑步鞋"]))
    assert ("words", "手机") in rows(made)[0]
    assert ("words", "手机") in rows(made)[1]
    assert ("words", "手机") not in rows(made)[2]


def test_numbers_become_bands_and_masks_and_row_numbers_are_none():
    made = encode(catalog(price=[1, 1, 2, 2, 100, np.nan, np.inf]))
    assert {family for family, _ in made.columns} == {"price"}
    bands = [set(row) for row in rows(made)]
    assert bands[0] == bands[1]
    assert bands[0].isdisjoint(bands[2])
    assert bands[5] == bands[6] == set()


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcd"), max_size=4).map(tuple),
            st.none() | st.text(max_size=12),
            st.floats(allow_nan=True, allow_infinity=True),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_catalogue_is_encoded_and_a_row_is_as_long_as_it_has_families(items):
    genre, title, price = zip(*items, strict=True)
    made = encode(catalog(genre=genre, title=title, price=price))
    assert made.matrix.shape == (len(items), len(made.columns))
    assert len(set(made.columns)) == len(made.columns)
    squares = np.asarray(made.matrix.power(2).sum(axis=1)).ravel()
    families = [len({family for family, _ in row}) for row in rows(made)]
    np.testing.assert_allclose(squares, families, atol=1e-9)

"""A page of explanations: the same as one by one, for less."""

import numpy as np
import pytest

from additive import ITEMS, N_ITEMS, curved, purchases, sums
from whyrec.core.errors import UsageError
from whyrec.explain.explain import explain, explain_page
from whyrec.explain.groups import find

EVERYTHING = np.ones(N_ITEMS, bool)
PAGE = ["i3", "i0", "i7"]


@pytest.mark.parametrize("additive", [True, False])
def test_a_page_equals_its_items_one_by_one(additive):
    model = sums(np.random.default_rng(8))
    query = purchases([1, 2, 2, 5, 9])
    score = model.score if additive else curved(model)
    common = {
        "items": ITEMS, "allowed": EVERYTHING, "n": 4, "groups": find(query),
        "contributions": model.contributions if additive else None,
    }  # fmt: skip
    page = explain_page(score, query, PAGE, **common)
    assert [e.item_id for e in page] == PAGE
    for e in page:
        alone = explain(score, query, e.item_id, **common)
        assert (e.score, e.empty_score, e.reasons, e.groups) == (
            alone.score, alone.empty_score, alone.reasons, alone.groups
        )  # fmt: skip
        assert e.gap == pytest.approx(alone.gap, abs=1e-12)
        assert (e.necessary, e.sufficient) == (alone.necessary, alone.sufficient)


def test_one_set_of_masked_queries_serves_the_whole_page():
    model = curved(sums(np.random.default_rng(8)))
    rows = []

    def score(queries, items=None):
        rows.append(len(queries))
        return model(queries, items)

    explain_page(score, purchases([1, 2, 3]), PAGE, items=ITEMS, allowed=EVERYTHING, n=4, sets=False)
    assert sum(rows) == 3 + 2


def test_an_empty_page_has_no_explanations():
    assert explain_page(sums(np.random.default_rng(0)).score, purchases([1]), [], items=ITEMS, allowed=EVERYTHING,
                        n=3) == ()  # fmt: skip


def test_an_item_that_the_model_does_not_know_is_told():
    model = sums(np.random.default_rng(0))
    with pytest.raises(UsageError) as told:
        explain(model.score, purchases([1]), "i99", items=ITEMS, allowed=EVERYTHING, n=3)
    assert str(told.value) == (
        "Expected an item that the model can score, got 'i99', which is not among its 12 items. "
        "Items get a score once they have events that the model was trained on."
    )

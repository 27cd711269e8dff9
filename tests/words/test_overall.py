"""The global explanation: means over shoppers that a hand can check, and words that are those numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from additive import DAY_S, ITEMS, N_ITEMS, NOW, queries, sums
from whyrec.core.types import Explanation, History, Query, Reason
from whyrec.explain.explain import explain_page
from whyrec.words.messages import languages, message, percent
from whyrec.words.overall import Age, Amount, Overall, by_price, overall
from whyrec.words.show import PHRASES
from whyrec.words.tell import OFF, tell

FACTS = {"snapshot": "s-1", "fitted_at": NOW, "n_items": 1234, "repeats": False}


def page(*weights, members=None, empty=1.0, kinds=("purchase", "view"), ages=(0.5, 40)):
    """A query of some events with places of these weights."""
    rows = [(f"i{k}", kinds[k % 2], NOW - DAY_S * ages[k % 2]) for k in range(len(weights[0]))]
    query = Query(at=NOW, history=History.of(rows))
    places = [
        Explanation(
            "x", "exact", empty + sum(one), empty, 0.0,
            tuple(Reason("event", f"i{k}", w, (k,), (f"slot-{k}",), query.history.at[k]) for k, w in enumerate(one)),
            members=members or {"events": sum(one), "popularity": empty},
        )
        for one in weights
    ]  # fmt: skip
    return query, places


def test_means_are_over_shoppers_of_absolute_values():
    found = overall([page([3.0, -1.0], [1.0, -1.0]), page([6.0, 2.0], empty=-3.0)])
    assert (found.n_shoppers, found.n_places, found.method) == (2, 3, "exact")
    parts = {amount.kind: amount for amount in found.parts}
    assert parts["events"].mean == pytest.approx(((2 + 0) / 2 + 8) / 2) and parts["popular"].mean == 2.0
    assert [amount.percent for amount in found.parts] == [69, 31]
    kinds = {amount.kind: amount.mean for amount in found.kinds}
    assert kinds == {"purchase": pytest.approx(4.0), "view": pytest.approx(1.5)}
    assert parts["events"].low < parts["events"].mean < parts["events"].high
    assert parts["events"].high - 4.5 == pytest.approx(1.96 * np.std([1, 8], ddof=1) / np.sqrt(2))


def test_members_that_are_the_same_for_a_reader_are_added_up():
    found = overall([page([1.0, 1.0], members={"markov": 1.0, "sasrec": 2.0, "popular": 1.0, "mine": 0.0})])
    assert {amount.kind: amount.percent for amount in found.parts} == {"order": 75, "popular": 25}


def test_ages_are_contributions_of_single_events_and_their_half_life():
    pages = [page([4.0, 1.0], [4.0, 3.0], kinds=("view", "view"), ages=(0.5, 40)) for _ in range(6)]
    found = overall(pages)
    assert found.ages == {"view": (Age(0, 1, 4.0, 6), Age(30, 60, 2.0, 6))}
    assert found.half_life is None
    less = overall([page([4.0, 1.0], kinds=("view", "view")) for _ in range(6)])
    assert less.half_life == (30, 1)
    assert overall(pages[:4]).ages == {"view": ()}  # too few events to say anything
    assert overall(pages, timed=False).ages == {}


def test_scores_against_prices_are_less_the_shopper_s_mean():
    bands = by_price(np.array([[1.0, 2.0, 9.0], [11.0, 12.0, 19.0]]), np.array([5.0, 5.0, 80.0]))
    assert [(band.low, band.high, band.n) for band in bands] == [(5.0, 5.0, 2), (80.0, 80.0, 1)]
    assert [band.mean for band in bands] == [-2.5, 5.0] and bands[0].quarter == -2.5
    assert by_price(np.array([[1.0, np.nan]]), np.array([1.0, 2.0])) == ()


@given(st.lists(queries(), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_parts_are_those_of_the_explanations(asked, seed):
    model = sums(np.random.default_rng(seed), "event")
    pages = [
        (query, explain_page(model.score, query, ["i4", "i0"], items=ITEMS, allowed=np.ones(N_ITEMS, bool), n=3,
                             contributions=model.contributions, sets=False)) for query in asked
    ]  # fmt: skip
    found = overall(pages)
    popular = np.mean([np.mean([abs(e.empty_score) for e in places]) for _, places in pages])
    assert sum(a.mean for a in found.parts if a.kind == "popular") == pytest.approx(popular)
    assert not found.parts or sum(amount.percent for amount in found.parts) == 100


@pytest.mark.parametrize("language", languages())
def test_what_is_told_are_the_numbers_in_every_language(language):
    found = replace(
        overall([page([4.0, 1.0], members={"markov": 5.0, "mine": 1.0, "popular": 1.0}) for _ in range(6)]),
        unused=("platform", "profile", "shopper"),
    )
    told = tell(found, language, **FACTS, attributes=["age", "income"])
    assert [line.percent for line in told.parts.lines] == [a.percent for a in found.parts]
    assert [line.share for line in told.parts.lines] == [percent(a.percent, language) for a in found.parts]
    assert "mine" in " ".join(line.title for line in told.parts.lines)
    assert len(told.kinds.lines) == 2 and "age" in told.never.items[1] and len(told.never.items) == 3
    assert len(tell(found, language, **FACTS).never.items) == 2  # nothing is known of shoppers
    assert OFF in told.off.items[0] and "s-1" in told.facts[0] and "6" in told.facts[2]
    assert told.never.hint == message(language, "public-never-proof")
    assert message(language, "step-score-exact") in dict(told.steps).values()
    nothing = tell(Overall(0, 0, "exact", (), (), {}), language, **FACTS)
    assert nothing.parts.items == (message(language, "public-none"),) and nothing.never.items == ()
    assert nothing.never.hint == message(language, "public-never-none")


def test_a_part_below_half_a_per_cent_is_not_listed():
    found = Overall(1, 1, "exact", (Amount("order", 1, 1, 1, 100), Amount("taste", 0.001, 0, 1, 0)), (), {})
    assert [line.kind for line in tell(found, "en", **FACTS).parts.lines] == ["order"]


@pytest.mark.parametrize("language", languages())
def test_every_part_has_its_words_in_every_language(language):
    for part in set(PHRASES.values()):
        for key in (f"part-{part}", f"main-{part}", f"main-{part}-text"):
            assert message(language, key)

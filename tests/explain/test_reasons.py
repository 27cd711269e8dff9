"""Reasons: exact parts, leave-one-out, and that both are the same where the model is additive."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from additive import DAY_S, ITEMS, NOW, curved, live_slots, purchases, queries, sums
from whyrec.core.types import KIND_CODE, Contributions, Query
from whyrec.explain import exact, occlusion
from whyrec.explain.explain import explain

EVERYTHING = np.ones(len(ITEMS), bool)


def close(a, b, scale):
    return abs(a - b) <= 1e-6 * max(1.0, abs(scale))


@given(queries(), st.integers(0, 2**32 - 1), st.sampled_from(["event", "item"]))
@settings(max_examples=60, deadline=None)
def test_exact_reasons_are_the_known_parts_and_equal_leave_one_out(query, seed, unit):
    model = sums(np.random.default_rng(seed), unit)
    item = ITEMS.ids[seed % len(ITEMS)]
    parts = model.contributions(query, [item])
    known = {slots: part[ITEMS.index[item]] for slots, part in model.parts(query.history)}

    found = exact.reasons(parts, query)
    assert {r.slots: r.weight for r in found} == {slots: w for slots, w in known.items() if w != 0}

    measured = {r.slots: r.weight for r in occlusion.reasons(model.score, query, item, parts.units)}
    size = max(1.0, abs(float(model.score([query], [item])[0, 0])), *(abs(w) for w in known.values()))
    for slots, weight in known.items():
        assert close(measured.get(slots, 0.0), weight, size * 4)


@given(queries(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_page_of_causes_is_named_as_one_by_one(query, searches):
    if not searches:
        query = query.without(np.flatnonzero(query.history.kind == KIND_CODE["search"]))
    units = occlusion.events(query.history)
    named = exact.causes(query, units)
    assert named == [exact.reason(query, unit, 0.0) for unit in units]
    assert [one.weighing(2.0, 0.5) for one in named] == [replace(one, weight=2.0, error=0.5) for one in named]


@given(queries(), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=60, deadline=None)
def test_score_is_empty_score_plus_reasons_plus_gap(query, seed, additive):
    model = sums(np.random.default_rng(seed))
    score = model.score if additive else curved(model)
    contributions = model.contributions if additive else None
    item = str(ITEMS.ids[seed % len(ITEMS)])
    e = explain(score, query, item, items=ITEMS, allowed=EVERYTHING, n=3, contributions=contributions, sets=False)
    total = e.empty_score + sum(r.weight for r in e.reasons) + e.gap
    assert total == pytest.approx(e.score, abs=1e-12)
    assert e.score == float(score([query], [item])[0, 0])
    assert e.members == {"events": pytest.approx(sum(r.weight for r in e.reasons)), "popularity": e.empty_score}
    if additive:
        assert e.method == "exact" and close(e.gap, 0.0, max(abs(e.score), *(abs(r.weight) for r in e.reasons), 1.0))
    else:
        assert e.method == "leave-one-out"
        # The gap of the curved score, computed by hand: what single removals leave unexplained.
        rows = [query.without([slot]) for slot, _, _ in live_slots(query.history)]
        lost = sum(e.score - float(score([row], [item])[0, 0]) for row in rows)
        assert e.gap == pytest.approx(e.score - e.empty_score - lost, abs=1e-9)


def test_a_curved_score_has_a_gap_that_is_not_hidden():
    model = sums(np.random.default_rng(5))
    query = purchases([0, 0, 0, 1, 1])
    gaps = [
        explain(curved(model), query, str(item), items=ITEMS, allowed=EVERYTHING, n=3, sets=False).gap
        for item in ITEMS.ids
    ]
    assert max(map(abs, gaps)) > 0.1


@given(queries(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_reasons_are_a_partition_named_and_sorted(query, seed):
    model = sums(np.random.default_rng(seed))
    found = exact.reasons(model.contributions(query, ["i0"]), query)
    slots = [slot for r in found for slot in r.slots]
    assert len(slots) == len(set(slots)) and set(slots) <= set(query.history.live().tolist())
    assert [r.weight for r in found] == sorted((r.weight for r in found), reverse=True)
    for r in found:
        assert r.weight != 0 and r.kind == "event"
        assert r.reference == query.history.item[r.slots[0]]
        assert r.event_ids == tuple(query.history.event_id[slot] for slot in r.slots)
        assert r.at == max(query.history.at[slot] for slot in r.slots)


def test_all_events_of_an_item_are_one_reason_of_a_set_model():
    model = sums(np.random.default_rng(1), "item")
    query = purchases([3, 4, 3, 3])
    found = {r.reference: r for r in exact.reasons(model.contributions(query, ["i0"]), query)}
    assert (found["i3"].kind, found["i3"].slots, found["i3"].at) == ("item", (0, 2, 3), NOW)
    assert (found["i4"].kind, found["i4"].slots) == ("event", (1,))
    by_item = occlusion.by_item(query.history, occlusion.events(query.history))
    assert by_item == ((0, 2, 3), (1,))


def test_a_search_is_named_by_its_words():
    history = purchases([1, 2]).history
    text, kind, item = history.item.copy(), history.kind.copy(), history.item.copy()
    text[:], text[1], kind[1], item[1] = None, "red shoes", 11, None
    query = Query(at=NOW, history=replace(history, text=text, kind=kind, item=item))
    parts = Contributions(((0,), (1,)), np.array([[1.0], [2.0]]), np.zeros(1))
    assert [(r.kind, r.reference) for r in exact.reasons(parts, query)] == [("search", "red shoes"), ("event", "i1")]


def test_the_oldest_events_are_joined_where_the_budget_is_smaller_than_the_history():
    model = sums(np.random.default_rng(2))
    query = purchases([1, 2, 3, 4, 5, 6])
    rows = 0

    def score(queries, items=None):
        nonlocal rows
        rows += len(queries)
        return model.score(queries, items)

    found = occlusion.reasons(score, query, "i0", budget=3)
    assert rows == 3 + 2
    assert {r.slots for r in found} == {(0, 1, 2, 3), (4,), (5,)}
    first, *_ = (r for r in found if len(r.slots) > 1)
    assert (first.kind, first.reference) == ("group", "days=2017-07-09..2017-07-12")
    assert first.weight == pytest.approx(sum(model.links[[1, 2, 3, 4], 0]), abs=1e-5)


def test_masked_queries_go_to_the_scorer_in_batches(monkeypatch):
    monkeypatch.setattr(occlusion, "BATCH_ROWS", 4)
    model = sums(np.random.default_rng(2))
    sizes = []

    def score(queries, items=None):
        sizes.append(len(queries))
        return model.score(queries, items)

    occlusion.measure(score, purchases([1] * 9), ["i0", "i1"])
    assert sizes == [4, 4, 3]


def test_items_on_the_page_are_the_reasons_of_a_related_list():
    links = sums(np.random.default_rng(3))

    def score(queries, items=None):
        """Scores by the page where there is one, as the models do, else by the history."""
        rows = [replace(q, history=purchases(ITEMS.codes(q.context)).history) if q.context else q for q in queries]
        return links.score(rows, items)

    query = purchases([1, 2, 3], scenario="related", context=("i5", "i7"))
    e = explain(score, query, "i0", items=ITEMS, allowed=EVERYTHING, n=3, contributions=links.contributions)
    weights = {r.reference: (r.kind, r.weight) for r in e.reasons}
    assert set(weights) == {"i5", "i7"} and all(kind == "context" for kind, _ in weights.values())
    assert weights["i5"][1] == pytest.approx(links.links[5, 0], abs=1e-5)
    assert e.empty_score == pytest.approx(links.popular[0], abs=1e-6) and abs(e.gap) < 1e-5
    assert e.necessary is None and e.sufficient is None


def test_days_are_whole_utc_days():
    assert exact.days(NOW, NOW + 3 * DAY_S) == "days=2017-07-14..2017-07-17"

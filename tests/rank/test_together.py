"""Counts of what was chosen together and next, against counting by hand."""

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import ITEMS, Additive, catalog, log

from whyrec.core.config import Settings
from whyrec.core.types import Query, objects
from whyrec.rank.related import WEIGHTS, Related
from whyrec.rank.together import NEXT, Together

DAY_S = 86400.0
events = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(sorted(ITEMS.ids)[:4]), st.integers(0, 4)),
    min_size=1, max_size=25,
)  # fmt: skip


def counted(sets):
    """How often each two items share a set, each set of two or more once."""
    sets = [items for items in sets if len(items) > 1]
    pairs = Counter((x, y) for items in sets for x, y in product(items, items) if x != y)
    n = Counter(item for items in sets for item in items)
    return pairs, {(x, y): n[x] * n[y] / max(1, len(sets)) for x, y in product(n, n)}


@given(events)
@settings(max_examples=80, deadline=None)
def test_baskets_and_people_are_counted_as_by_hand(rows):
    found = log(*((user, item, "purchase", day * DAY_S + place) for place, (user, item, day) in enumerate(rows)))
    together = Together(found, Settings())
    baskets, people = {}, {}
    for user, item, day in rows:
        baskets.setdefault((user, day), set()).add(item)
        people.setdefault(user, set()).add(item)
    for how, sets in (("baskets", baskets), ("people", people)):
        pairs, chance = counted(list(sets.values()))
        for x in sorted(ITEMS.ids)[:4]:
            made = together.pairs(how, ITEMS.index[x])
            for y in sorted(ITEMS.ids)[:4]:
                assert made.count[ITEMS.index[y]] == pairs[x, y]
                if pairs[x, y]:
                    assert made.lift[ITEMS.index[y]] == pytest.approx(pairs[x, y] / chance[x, y])


@given(events)
@settings(max_examples=80, deadline=None)
def test_what_came_next_is_counted_as_by_hand(rows):
    found = log(*((user, item, "purchase", float(place)) for place, (user, item, _) in enumerate(rows)))
    own = {user: [item for u, item, _ in rows if u == user] for user in "abc"}
    follow, after = Counter(), Counter()
    for items in own.values():
        for place, item in enumerate(items):
            for y in items[place + 1 : place + 1 + NEXT]:
                after[item] += 1
                follow[item, y] += item != y
    n = Counter(item for _, item, _ in rows)
    for x, y in follow:
        made = Together(found, Settings()).pairs("after", ITEMS.index[x])
        assert made.count[ITEMS.index[y]] == follow[x, y]
        if follow[x, y]:
            assert made.lift[ITEMS.index[y]] == pytest.approx(follow[x, y] * len(rows) / (after[x] * n[y]))


def test_a_basket_is_the_logs_own_else_a_session_else_a_day():
    rows = [("a", item, "purchase", float(place)) for place, item in enumerate(["tea", "cup", "pot"])]
    one_day = log(*rows)
    tea = ITEMS.index["tea"]
    assert Together(one_day, Settings()).pairs("baskets", tea).count.sum() == 2
    apart = replace(one_day, basket=objects(["1", "1", None]))
    assert Together(apart, Settings()).pairs("baskets", tea).count.tolist()[ITEMS.index["cup"]] == 1
    assert Together(apart, Settings()).pairs("baskets", tea).count.sum() == 1
    sessions = replace(one_day, session=objects(["1", "2", "1"]))
    assert Together(sessions, Settings()).pairs("baskets", tea).count.tolist()[ITEMS.index["pot"]] == 1
    assert Together(replace(one_day, timed=False), Settings()).pairs("baskets", tea).count.sum() == 0


@pytest.mark.parametrize("relation", [None, "complement", "substitute", "together", "next"])
def test_each_relation_adds_what_it_says_and_nothing_of_who_asks(relation):
    baskets = [("tea", "cup"), ("tea", "cup"), ("tea", "jam"), ("pot", "jam"), ("bread", "honey")]
    rows = ((f"u{n}", item, "purchase", n * DAY_S + m) for n, one in enumerate(baskets) for m, item in enumerate(one))
    found = log(*rows)
    model = Related(Additive(), Together(found, Settings()), catalog(), relation)
    page, nothing = Query(at=0.0, scenario="related", context=("tea",)), Query(at=0.0, scenario="related")
    scores = dict(zip(ITEMS.ids, model.score([page])[0], strict=True))
    assert max(scores, key=scores.get) == "cup", "bought with tea twice, after it, and what the model says"
    base = 0.2 * 0.9 + 0.01 * 0.07
    # Two of two: expected 3 * 2 / 5 in baskets and among people alike; after tea: 3 followers, 2 of 10 events.
    together, after = np.log1p(2 / (6 / 5 + 1)), np.log1p(2 / (3 * 2 / 10 + 1))
    weights = WEIGHTS[relation]
    told = (weights.get("baskets", 0) + weights.get("people", 0)) * together + weights.get("after", 0) * after
    much = np.log1p(np.bincount(found.item, minlength=8))
    popular = weights.get("popular", 0) * (much - much[much > 0].mean())
    assert scores["cup"] == pytest.approx(base + told + popular[1], abs=1e-5)
    assert model.score([nothing])[0] == pytest.approx(0.01 * Additive().prior + popular)


def test_what_has_no_basket_is_taken_by_session_and_without_one_by_day():
    rows = [
        ("a", item, "purchase", float(place)) for place, item in enumerate(["tea", "cup", "pot", "jam", "news", "film"])
    ]
    marked = replace(
        log(*rows),
        basket=objects(["b", "b", None, None, None, None]),
        session=objects(["s", None, "b", "b", None, None]),
    )
    together = Together(marked, Settings())
    pairs = {
        frozenset((x, y))
        for x in ("tea", "cup", "pot", "jam", "news", "film")
        for y in ITEMS.ids[together.pairs("baskets", ITEMS.index[x]).count > 0]
    }
    assert pairs == {frozenset(pair) for pair in (("tea", "cup"), ("pot", "jam"), ("news", "film"))}

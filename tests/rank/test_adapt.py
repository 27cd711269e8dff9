"""The bandit finds the better mix, follows a change, lets contexts differ; a mixed model is as exact as its model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyrec.core.types import Catalog, Contributions, History, Mix, Query, Vocabulary, objects
from whyrec.models.blend import Blend
from whyrec.rank import adapt
from whyrec.rank.adapt import Answers, Bandit, Newest

ONE = (1.0,)


class Shoppers:
    """Keeps what each shopper answered, and learns from it as the service does."""

    def __init__(self, n_arms, width=1):
        self.n_arms, self.width, self.rows = n_arms, width, []

    def bandit(self, rows, forget=adapt.FORGET):
        if not rows:
            return Bandit.new(self.n_arms, self.width)
        arm, context, reward = (np.array(column) for column in zip(*rows, strict=True))
        none = np.zeros((len(rows), 2))
        return Bandit.of(Answers(arm, context, reward, none, none), self.n_arms, forget)

    def choose(self, user, context=ONE):
        own = self.bandit([row for name, row in self.rows if name == user][-20:])
        return adapt.choose(own, self.bandit([row for _, row in self.rows], adapt.FORGET_ALL), np.array(context))

    def play(self, user, worth, rounds, rng):
        """Share of rounds that took the best arm, in the last half."""
        taken = []
        for _ in range(rounds):
            arm = self.choose(user)
            self.rows.append((user, (arm, ONE, float(rng.random() < worth[arm]))))
            taken.append(arm)
        return np.mean(np.array(taken[rounds // 2 :]) == np.argmax(worth))


def test_it_finds_the_better_arm_and_follows_a_change():
    found = []
    for seed in range(5):  # each the only shopper of a shop
        rng, loop = np.random.default_rng(seed), Shoppers(3)
        found.append([loop.play("ann", worth, 60, rng) for worth in ([0.1, 0.2, 0.8], [0.8, 0.2, 0.1])])
    assert (np.mean(found, axis=0) > 0.8).all(), found


def test_shoppers_differ_and_a_newcomer_begins_where_others_are():
    rng, loop = np.random.default_rng(1), Shoppers(2)
    for user in range(30):
        loop.play(f"u{user}", [0.1, 0.7], 10, rng)
    assert loop.choose("new") == 1
    assert loop.play("other", [0.9, 0.05], 60, rng) > 0.8


def test_the_context_decides():
    rng, loop = np.random.default_rng(2), Shoppers(2, 2)
    contexts = ((1.0, 0.0), (0.0, 1.0))
    for _ in range(40):
        for n, context in enumerate(contexts):
            arm = loop.choose("ann", context)
            loop.rows.append(("ann", (arm, context, float(rng.random() < (0.9 if arm == n else 0.1)))))
    assert [loop.choose("ann", context) for context in contexts] == [0, 1]


def test_an_arm_is_ridge_regression_with_older_answers_counting_less():
    rng = np.random.default_rng(3)
    x, y, arm = rng.normal(size=(20, 3)), rng.normal(size=20), rng.integers(2, size=20)
    none = np.zeros((20, 2))
    bandit = Bandit.of(Answers(arm, x, y, none, none), 2, 0.8)
    point = np.array([1.0, 2.0, -1.0])
    for one in (0, 1):
        a, b = np.eye(3), np.zeros(3)
        for row, reward, played in zip(x, y, arm, strict=True):  # step by step, as the paper has it
            a, b = 0.8 * a + 0.2 * np.eye(3), 0.8 * b
            if played == one:
                a, b = a + np.outer(row, row), b + reward * row
        value, off = bandit.bound(point, 0.5)
        assert value[one] == pytest.approx(point @ np.linalg.solve(a, b))
        assert off[one] == pytest.approx(0.5 * np.sqrt(point @ np.linalg.solve(a, point)))
    assert Bandit.new(2, 3).n.tolist() == [0.0, 0.0] and (bandit.n > 0).all()


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=30))
def test_exploration_stays_within_its_bounds(seen):
    column = np.array([(min(taken, shown), shown) for taken, shown in seen], float)
    none, n = np.zeros((len(seen), 2)), len(seen)
    rows = (np.zeros(n, int), np.ones((n, 1)), np.zeros(n))
    liked = Bandit.of(Answers(*rows, column, none), 1)
    other = Bandit.of(Answers(*rows, none, column), 1)
    nothing = Bandit.new(1, 1)
    for bandit in (liked, other, nothing):
        assert adapt.LEAST <= adapt.exploration(bandit, nothing) <= adapt.MOST
    if column[:, 0].sum() > column[:, 1].sum() / 2:
        assert adapt.exploration(liked, nothing) >= adapt.exploration(nothing, nothing)


class Table:
    """score[y] = sum over slots of table[x, y], and the popularity of y."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.items = Vocabulary(objects([f"i{n}" for n in range(8)]))
        self.table, self.prior = rng.normal(size=(8, 8)), rng.normal(size=8)

    def contributions(self, query, items):
        code = self.items.codes(items)
        slots = [int(slot) for slot in query.history.live()]
        rows = [self.table[self.items.index[query.history.item[slot]]][code] for slot in slots]
        return Contributions(
            tuple((s,) for s in slots), np.array(rows).reshape(len(slots), len(code)), self.prior[code]
        )

    def score(self, queries, items=None):
        names = self.items.ids if items is None else items
        parts = [self.contributions(query, names) for query in queries]
        return np.array([p.empty + p.weight.sum(axis=0) for p in parts]).astype(np.float32)


@pytest.fixture
def blend():
    members = {"one": Table(1), "two": Table(2), "off": Table(3)}
    return Blend(members["one"].items, members, np.array([0.25, 0.75, 0.0]), np.array([2.0, 4.0, 1.0]))


PAST = History.of([(f"i{n % 8}", "purchase", float(n)) for n in range(10)])


def test_a_mix_reweighs_the_parts_that_it_names(blend):
    assert blend.parts == ("one", "two", "off")
    query = Query(at=20.0, history=PAST)
    names = [mix.name for mix in adapt.arms(blend, 6)]
    assert names == ["as trained", "6 newest events", "more one", "more two", "more off"]
    assert adapt.mixed(query, blend) is blend
    mixed = adapt.mixed(Query(at=20.0, history=PAST, mix=Mix("x", (("one", 3.0), ("gone", 9.0)))), blend)
    one, two = blend.members["one"].score([query])[0] / 2, blend.members["two"].score([query])[0] / 4
    # An even share of one, thrice, and the other's three quarters.
    assert mixed.score([query])[0] == pytest.approx((1.0 * one + 0.75 * two) / 1.75, rel=1e-5)
    parts = mixed.contributions(query, list(blend.items.ids))
    assert parts.empty + parts.weight.sum(axis=0) == pytest.approx(mixed.score([query])[0], rel=1e-5)
    assert sum(mixed.shares(query, ["i3"]).values()) == pytest.approx(mixed.score([query], ["i3"])[0], rel=1e-5)
    assert blend.mixed({"one": 0.0, "two": 0.0}) is blend, "nothing would be left"


def test_older_events_are_masked_and_slots_of_removed_ones_count(blend):
    query, newest = Query(at=20.0, history=PAST), Newest(blend, 4)
    expected = blend.score([query.without(range(6))])
    assert np.array_equal(newest.score([query]), expected)
    parts = newest.contributions(query, list(blend.items.ids))
    assert set(parts.units) == {(6,), (7,), (8,), (9,)}
    assert parts.empty + parts.weight.sum(axis=0) == pytest.approx(expected[0], rel=1e-5)
    gone = query.without([8])
    assert np.array_equal(newest.score([gone]), blend.score([query.without([*range(6), 8])])), "no older one comes in"
    assert not hasattr(newest, "without_each"), "that would have to know of the cut"


def test_a_context_is_how_alike_the_newest_events_are_and_how_fresh():
    items = Vocabulary(objects(["a", "b", "c"]))
    catalog = Catalog(items, categories={"category": objects([("x",), ("x",), ("y",)])})
    day = adapt.SESSION_S

    def context(*rows):
        history = History.of([(item, "view", at) for item, at in rows])
        return adapt.context_of(Query(at=10 * day, history=history), catalog)

    assert context() == (1.0, 0.0, 0.0)
    assert context(("c", 0.0), ("a", 9.5 * day), ("b", 9.9 * day)) == (1.0, 0.5, 0.3333)
    assert context(*[("a", 9.9 * day)] * 9) == (1.0, 1.0, 1.0)

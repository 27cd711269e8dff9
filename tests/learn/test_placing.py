"""Placing new items: nearness weighs as much as it says, and whole lists decide how long their vectors are."""

from types import SimpleNamespace

import numpy as np

from whyrec.core.types import Query
from whyrec.learn import placing
from whyrec.learn.judge import Judge

CASES, NEW, KNOWN = 150, 30, 20


def asked(rng, users, events, content, main, wanted):
    judge = Judge(tuple([Query(at=0.0)] * CASES), None, wanted, np.arange(CASES + 1), NEW + KNOWN)
    return placing._Asked(judge, *(part.astype(np.float32) for part in (users, events, content, main)))


def planted(weight):
    """Cases whose wanted new item follows from both parts, nearness weighing so much."""
    rng = np.random.default_rng(0)
    users, events = rng.standard_normal((2, CASES, 6))
    content, main = rng.standard_normal((2, NEW + KNOWN, 6))
    utility = users @ content.T + weight * events @ main.T + rng.gumbel(size=(CASES, NEW + KNOWN))
    utility[:, NEW:] = -np.inf
    return asked(rng, users, events, content, main, np.argmax(utility, axis=1))


def weigh(found):
    return found.weigh(np.arange(NEW + KNOWN) < NEW, np.random.default_rng(1))


def test_nearness_weighs_as_much_as_it_says():
    assert weigh(planted(0.0)) < 0.3
    assert 0.6 < weigh(planted(1.0)) < 1.6
    assert 2.0 < weigh(planted(3.0)) < 5.0


def test_what_a_shopper_had_is_no_rival():
    found = planted(1.0)
    users = found.users.copy()
    users[:, 0] = 100.0
    content = found.content.copy()
    content[:, 0] = 0.0
    content[0, 0] = 1.0  # an item that would come before every other
    wanted = np.where(found.judge.wanted == 0, 1, found.judge.wanted)
    judge = Judge(found.judge.queries, tuple([np.array([0])] * CASES), wanted, found.judge.bounds, NEW + KNOWN)
    with_it = placing._Asked(judge, users, found.events, content, found.main)
    assert 0.3 < weigh(with_it) < 3.0
    unhidden = placing._Asked(
        Judge(judge.queries, None, wanted, judge.bounds, NEW + KNOWN), users, found.events, content, found.main
    )
    assert weigh(unhidden) > 2 * weigh(with_it), "else the part that puts it first would lose its weight"


def test_without_a_case_the_weight_is_the_default():
    found = planted(1.0)
    assert found.weigh(np.arange(NEW + KNOWN) >= NEW, np.random.default_rng(1)) == placing.NEAR


def test_lists_decide_on_the_length_of_new_items():
    rng = np.random.default_rng(0)
    users, events = rng.standard_normal((CASES, 6)), np.zeros((CASES, 6))
    table = rng.standard_normal((NEW + KNOWN, 6))
    new, main = np.arange(NEW + KNOWN) < NEW, np.zeros((NEW + KNOWN, 6), np.float32)
    wanted = np.argmax(np.where(new, users @ table.T, -np.inf), axis=1)
    short = asked(rng, users, events, table * 0.4, main, wanted)
    assert short.length(new, 1.0, table.astype(np.float32), 0.0) == max(placing.LENGTHS)
    unwanted = NEW + np.argmax(users @ table[NEW:].T, axis=1)
    long = asked(rng, users, events, table * 4, main, unwanted)
    assert long.length(new, 1.0, table.astype(np.float32), 0.0) == min(placing.LENGTHS)
    assert long.length(np.zeros(NEW + KNOWN, bool), 1.0, table.astype(np.float32), 0.0) == placing.LENGTHS[0]


def test_lists_are_judged_with_what_is_new_in_them(monkeypatch):
    """Known items stand for new ones only where there is no new one, or where few were wanted."""
    rng, used = np.random.default_rng(0), {}
    monkeypatch.setattr(placing._Asked, "length", lambda self, new, *rest: used.update(length=new) or 1.0)
    monkeypatch.setattr(placing._Asked, "weigh", lambda self, pool, rng: used.update(weigh=pool) or 1.0)
    monkeypatch.setattr(placing.sequences, "states", lambda *arguments: np.ones((CASES, 6)))
    monkeypatch.setattr(placing, "arrange", lambda *arguments: None)
    new = np.arange(NEW + KNOWN) < NEW
    content = np.ones((NEW + KNOWN, 6), np.float32)
    nearness = SimpleNamespace(asked=lambda batch: np.zeros((CASES, 1)), items=np.zeros((NEW + KNOWN, 1), np.float32))
    run = SimpleNamespace(
        settings=SimpleNamespace(events=SimpleNamespace(weights={}, rating_threshold=0.0)), rng=rng,
        catalog=SimpleNamespace(items=None), config=SimpleNamespace(history=50),
    )  # fmt: skip

    def choose(known, wanted):
        judge = Judge(tuple([Query(at=0.0)] * CASES), None, wanted, np.arange(CASES + 1), NEW + KNOWN)
        problem = SimpleNamespace(judge=judge, asked=object(), encode=None, prior=0.0)
        placing.choose(run, problem, {"items": content}, content, nearness, known)

    many = np.where(np.arange(CASES) < placing.FEW, 0, NEW)
    choose(~new, many)
    assert (used["weigh"] == new).all() and (used["length"] == new).all()
    few = np.where(np.arange(CASES) < placing.FEW - 1, 0, NEW)
    choose(~new, few)
    assert not (used["weigh"] & new).any() and (used["length"] == new).all()
    choose(np.ones(NEW + KNOWN, bool), few)
    assert 0 < used["length"].sum() < 20 and (used["length"] == used["weigh"]).all()

"""The judge measures what it says, by the shop's rule for seen items."""

from dataclasses import replace

import numpy as np
import pytest

from whyrec.core.config import EventSettings, Settings
from whyrec.core.types import KIND_CODE, Catalog, Events, Query, Vocabulary, objects
from whyrec.data.split import Cases
from whyrec.learn.judge import Judge, repeats
from whyrec.learn.run import Run

ITEMS = Vocabulary.of([f"i{n}" for n in range(30)])


def log(items):
    n = len(items)
    return Events(
        users=Vocabulary.of(["u"]),
        items=ITEMS,
        user=np.zeros(n, np.int32),
        item=np.asarray(items, np.int32),
        kind=np.full(n, KIND_CODE["purchase"], np.int8),
        at=np.arange(n, dtype=float),
        value=np.full(n, np.nan, np.float32),
        event_id=objects([f"e{k}" for k in range(n)]),
    )


def judge(rule="hide", cases=None):
    queries = tuple(Query(at=0.0, seen=frozenset(seen)) for seen in ([], ["i0", "i1"], ["i5"]))
    cases = cases or Cases(queries, (("i0",), ("i2",), ("i5",)))
    settings = Settings(events=EventSettings(repeats=rule))
    return Judge.of(Run(log([0, 1]), Catalog(ITEMS), settings, None, np.random.default_rng(0), validation=cases))


def falling(queries):
    return np.tile(-np.arange(30, dtype=np.float32), (len(queries), 1))


def test_seen_items_are_hidden_and_not_wanted():
    # i0 is first; i2 is first too, since i0 and i1 are hidden; i5 is not wanted.
    assert judge()(falling) == pytest.approx(1.25)


def test_seen_items_stay_where_the_shop_keeps_them():
    # Ranks 1, 3 and 6.
    ndcg = (1 + 1 / np.log2(4) + 1 / np.log2(7)) / 3
    assert judge("keep")(falling) == pytest.approx(ndcg + 0.25)


def test_the_repeat_rate_decides():
    assert not repeats(log([1, 2, 3, 4, 1]), Settings())  # 1 of 5
    assert repeats(log([1, 2, 3, 1]), Settings())  # 1 of 4
    assert not repeats(log([]), Settings())


def test_without_cases_there_is_no_judge():
    assert judge(cases=Cases((Query(at=0.0, seen=frozenset(["i1"])),), (("i1",),))) is None
    run = Run(log([0]), Catalog(ITEMS), Settings(), None, np.random.default_rng(0))
    assert Judge.of(run) is None
    assert Judge.of(replace(run, validation=Cases((), ()))) is None

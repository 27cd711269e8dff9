"""The additive models explained: exact parts and leave-one-out are the same, and sets hold when run again."""

from types import SimpleNamespace

import numpy as np
import pytest

from additive import DAY_S, NOW
from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.types import KIND_CODE, Catalog, Events, History, Query, Vocabulary, objects
from whyrec.explain.explain import explain_page
from whyrec.explain.groups import find
from whyrec.learn.run import Run
from whyrec.rank.fit import Fitter

N_USERS, N_ITEMS, N_EVENTS = 60, 40, 900


@pytest.fixture(scope="module")
def log():
    """A log in which items of one shelf go together, with repeats, views and dislikes."""
    rng = np.random.default_rng(5)
    user = rng.integers(0, N_USERS, N_EVENTS)
    shelf = (user + rng.integers(0, 2, N_EVENTS)) % 5
    item = (shelf * 8 + np.minimum(rng.geometric(0.3, N_EVENTS) - 1, 7)).astype(np.int32)
    kinds = np.array([KIND_CODE[kind] for kind in ("purchase", "view", "dislike")], np.int8)
    return Events(
        users=Vocabulary.of([f"u{k}" for k in range(N_USERS)]),
        items=Vocabulary.of([f"i{k}" for k in range(N_ITEMS)]),
        user=user.astype(np.int32),
        item=item,
        kind=kinds[rng.choice(3, N_EVENTS, p=[0.6, 0.3, 0.1])],
        at=NOW - DAY_S * 90 + np.sort(rng.random(N_EVENTS)) * DAY_S * 90,
        value=np.full(N_EVENTS, np.nan, np.float32),
        event_id=objects([f"e{k}" for k in range(N_EVENTS)]),
    )


@pytest.mark.parametrize("name", ["popular", "markov", "itemknn", "ease"])
def test_an_additive_model_is_explained_exactly(log, name):
    module = models.find(name)
    run = Run(log, Catalog(log.items), Settings(), module.Config(), np.random.default_rng(0))
    model = module.fit(run)
    n_found = 0
    for user in range(8):
        history = log.history(log.rows_of(user)).mask([0])
        query = Query(at=NOW, user=f"u{user}", history=history, n=4)
        seen = {item for item in history.item if item is not None}
        allowed = np.array([item not in seen for item in model.items.ids])
        scores = np.where(allowed, model.score([query])[0], -np.inf)
        page = [str(model.items.ids[code]) for code in np.argsort(-scores, kind="stable")[:4]]
        groups = find(
            query, {"shelf": objects([() if i is None else (str(int(i[1:]) // 8),) for i in history.item])}, 30
        )
        common = {"items": model.items, "allowed": allowed, "n": 4, "groups": groups}
        exact = explain_page(model.score, query, page, contributions=model.contributions, **common)
        units = model.contributions(query, page).units  # ease uses sets: all events of an item
        measured = explain_page(model.score, query, page, sets=False, units=units, **common)
        for one, other in zip(exact, measured, strict=True):
            limit = 1e-6 * max(1.0, abs(one.score))
            assert (one.method, other.method) == ("exact", "leave-one-out")
            assert abs(one.gap) <= limit and one.score == other.score
            weights = {reason.slots: reason.weight for reason in other.reasons}
            for reason in one.reasons:
                assert abs(weights.pop(reason.slots, 0.0) - reason.weight) <= limit
            assert all(abs(weight) <= limit for weight in weights.values())
            lost = {group.reference: group.weight for group in other.groups}
            assert all(abs(lost.get(g.reference, 0.0) - g.weight) <= 2 * limit for g in one.groups)
            for found in (one.necessary, one.sufficient):
                if found is not None:
                    n_found += 1
                    again = model.score([query.without(found.slots)])[0]
                    code = model.items.index[one.item_id]
                    rivals = allowed & (np.arange(len(again)) != code)
                    ahead = (again > again[code]) | ((again == again[code]) & (np.arange(len(again)) < code))
                    assert found.rank_after == 1 + int((ahead & rivals).sum())
            assert one.necessary is None or one.necessary.rank_after > 4
    assert n_found >= 8


@pytest.fixture(scope="module")
def fitter(log):
    """Fits on all events; members are shared."""
    return Fitter(log, SimpleNamespace(catalog=Catalog(log.items), users=None), Settings())


@pytest.mark.parametrize("name", ["markov", "itemknn", "ease", "glass", "blend"])
def test_random_explanations_of_sums_are_exact(fitter, name):
    model, rng = fitter.fit(name), np.random.default_rng(7)
    for _ in range(60):
        n = int(rng.integers(0, 40))
        history = History(
            item=objects([f"i{k}" for k in rng.integers(0, N_ITEMS + 3, n)]),  # some are unheard of
            kind=rng.choice([KIND_CODE[kind] for kind in ("purchase", "view", "dislike", "rating")], n).astype(np.int8),
            at=NOW - DAY_S * np.sort(rng.uniform(0, 900, n))[::-1],
            value=rng.integers(1, 6, n).astype(np.float32),
            event_id=objects([f"e{k}" for k in range(n)]),
        )
        query = Query(at=NOW, history=history.mask(np.flatnonzero(rng.random(n) < 0.2)))
        page = [f"i{k}" for k in rng.choice(N_ITEMS, 8, replace=False)]
        found = explain_page(
            model.score, query, page, items=model.items, allowed=np.ones(N_ITEMS, bool), n=4,
            contributions=model.contributions, sets=False,
        )  # fmt: skip
        for one in found:
            assert abs(one.gap) <= 1e-6 * max(1.0, abs(one.score))
            slots = [slot for reason in one.reasons for slot in reason.slots]
            assert len(slots) == len(set(slots)) and set(slots) <= set(query.history.live().tolist())

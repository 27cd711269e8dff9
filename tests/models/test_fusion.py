"""fusion: new items by their content, what each sense carries, and its attention."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from whyrec.core.config import Settings
from whyrec.core.types import KIND_CODE, Catalog, Events, History, Query, Vocabulary, objects
from whyrec.learn import placing
from whyrec.learn.run import Run
from whyrec.models import fusion

torch = pytest.importorskip("torch", reason="the extra train is not installed")
N_ITEMS = 16
NEW = {"i14": "even", "i15": "odd"}  # never sold
ITEMS = Vocabulary.of([f"i{code}" for code in range(N_ITEMS)])
COLOUR = objects([("even",) if code % 2 == 0 else ("odd",) for code in range(N_ITEMS)])
TITLES = objects([None if code == 3 else f"thing {'cat' if code % 2 == 0 else 'dog'}" for code in range(N_ITEMS)])
CATALOG = Catalog(ITEMS, titles={"": TITLES}, categories={"colour": COLOUR})


@cache
def log():
    """Shoppers who buy seven items of one colour in an order of their own."""
    rng = np.random.default_rng(0)
    n_users, n_steps = 60, 7
    item = np.concatenate([user % 2 + 2 * rng.permutation(n_steps) for user in range(n_users)])
    return Events(
        users=Vocabulary.of([f"u{code}" for code in range(n_users)]),
        items=ITEMS,
        user=np.repeat(np.arange(n_users), n_steps).astype(np.int32),
        item=item.astype(np.int32),
        kind=np.full(len(item), KIND_CODE["purchase"], np.int8),
        at=np.arange(len(item), dtype=float),
        value=np.full(len(item), np.nan, np.float32),
        event_id=objects([f"e{row}" for row in range(len(item))]),
    )


def fit(catalog=CATALOG, **options):
    config = fusion.Config(**{"width": 16, "dropout": 0.1, "unvalidated": 12, "batch": 64, "id_dropout": 0.3} | options)
    return fusion.fit(Run(log(), catalog, Settings(), config, np.random.default_rng(0)))


fitted = cache(fit)


def query(*items):
    return Query(at=9.0, history=History.of([None if i is None else (i, "purchase", 1.0) for i in items]))


def test_an_item_that_was_never_sold_is_placed_by_its_content():
    even, odd = fitted().score([query("i0", "i2"), query("i1", "i5")], list(NEW))
    assert even[0] > even[1] and odd[1] > odd[0]
    # In the whole catalogue too: above every item of the other colour.
    scores = fitted().score([query("i0", "i2")])[0]
    assert scores[14] > scores[1:14:2].max()
    bare = fit(Catalog(ITEMS), unvalidated=1).score([query("i0")], list(NEW))[0]
    assert bare.tolist() == [0.0, 0.0], "without content nothing is known of it"


def test_a_sense_that_an_item_lacks_carries_nothing():
    model, asked = fitted(), query("i0", "i3")
    shares = model.shares(asked, ["i3", "i5", "i14", "stranger"])
    assert list(shares) == ["popularity", "id", "attributes", "words", "text"]
    assert shares["words"][0] == 0 and shares["words"][1] != 0
    np.testing.assert_allclose(shares["id"][2], 0, atol=1e-6)
    total = sum(shares.values())
    np.testing.assert_allclose(total[:3], model.score([asked], ["i3", "i5", "i14"])[0], rtol=1e-5, atol=1e-6)
    assert np.isnan(total[3])


def test_nearness_is_for_new_items_and_goes_with_its_sense():
    model, asked = fitted(), query("i0", "i2")
    assert model.nearness.codes.tolist() == [14, 15] and model.about["near"] == placing.NEAR
    far = replace(model, about={**model.about, "near": 0.0})
    more = model.score([asked])[0] - far.score([asked])[0]
    assert more[14] > 1 and not more[:14].any(), "known items are scored as if it were not there"
    np.testing.assert_allclose(model.score([asked], ["i15", "i2", "i14"])[0], model.score([asked])[0, [15, 2, 14]])
    assert not (model.score([query(None, None)])[0] - far.score([query(None, None)])[0]).any()

    # Taking the words of an item away, in both places where they are, costs what they carry.
    def without(name):
        weights, near, parts = dict(model.weights), model.nearness.items.copy(), dict(model.nearness.parts)
        weights["items"] = weights["items"] - model.senses[name] * (np.arange(N_ITEMS) == 14)[:, None]
        near[14] -= parts.pop(name)[0]
        return replace(model, weights=weights, nearness=replace(model.nearness, items=near, parts=parts))

    carried = model.shares(asked, ["i14"])
    for name in ("words", "attributes"):
        lost = model.score([asked], ["i14"])[0, 0] - without(name).score([asked], ["i14"])[0, 0]
        np.testing.assert_allclose(lost, carried[name][0], rtol=1e-4)
        assert carried[name][0] != far.shares(asked, ["i14"])[name][0]


def test_missing_content_gives_finite_scores():
    hole = replace(
        CATALOG,
        titles={"": objects([None] * N_ITEMS)},
        categories={"colour": objects([("unknown",)] * N_ITEMS)},
        numbers={"weight": np.full(N_ITEMS, np.nan)},
    )
    model = fit(hole, unvalidated=1)
    assert model.senses == {}
    assert np.isfinite(model.score([query("i0"), query(), query(None)])).all()


def test_senses_come_back_from_the_arrays():
    model = fitted()
    again = fusion.from_arrays(model.arrays(), ITEMS, model.config, model.settings)
    assert list(again.senses) == list(model.senses)
    np.testing.assert_array_equal(again.score([query("i0")]), model.score([query("i0")]))
    assert again.shares(query("i0"), ["i2"]) == model.shares(query("i0"), ["i2"])


def test_cross_attention_is_a_distribution_over_the_live_slots():
    found = fitted().attention(query("i3", None, "i5", None))
    assert found.shape == (2, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found[:, [0, 2]] > 0).all() and (found[:, [1, 3]] == 0).all()
    assert fitted().attention(query()).shape == (2, 0)


def test_what_was_never_sold_is_no_negative(monkeypatch):
    seen = set()
    whole = fusion.NextItem._batch

    def watch(self, *arguments):
        batch = whole(self, *arguments)
        seen.update(batch.rows[batch.negative].tolist())
        return batch

    monkeypatch.setattr(fusion.NextItem, "_batch", watch)
    fit(unvalidated=1)
    assert seen == set(range(14))


def test_the_length_of_new_items_is_chosen_on_validation_and_kept():
    from whyrec.data.split import loo

    split = loo(log(), Settings())
    config = fusion.Config(width=16, epochs=2, batch=64)
    run = Run(split.train, CATALOG, Settings(), config, np.random.default_rng(0), validation=split.validation)
    early = fusion.fit(run)
    assert early.about["louder"] in placing.LENGTHS and early.about["near"] >= 0
    chosen = replace(early, about={**early.about, "louder": 5.0})
    kept = fusion.fit(replace(run, events=log(), validation=None, chosen=chosen, rng=np.random.default_rng(0)))
    assert kept.about["louder"] == 5.0
    np.testing.assert_allclose(kept.weights["items"][14], sum(part[14] for part in kept.senses.values()), rtol=1e-5)

"""What every model file must do, whichever it is: a new file in whyrec/models is tested by being there."""

import json
import sys
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.errors import SnapshotError, UsageError
from whyrec.core.types import KIND_CODE, Catalog, Events, Fitted, History, Query, Vocabulary, objects
from whyrec.learn import snapshot
from whyrec.learn.run import Run

NAMES = models.names()
PERSONAL = [name for name in NAMES if name != "popular"]
NEURAL = [name for name in NAMES if hasattr(models.find(name), "loop")]
NOW = 1_500_000_000.0
DAY_S = 86400.0
N_ITEMS = 12
ITEMS = Vocabulary.of([f"i{code}" for code in range(N_ITEMS)])
NEVER_SOLD = "i11"
every_model = pytest.mark.parametrize("name", NAMES)


def events_of(user, item, kind, at):
    n = len(user)
    return Events(
        users=Vocabulary.of([f"u{code}" for code in range(max(user) + 1)]),
        items=ITEMS,
        user=np.asarray(user, np.int32),
        item=np.asarray(item, np.int32),
        kind=np.asarray(kind, np.int8),
        at=np.asarray(at, float),
        value=np.full(n, np.nan, np.float32),
        event_id=objects([f"e{row}" for row in range(n)]),
    )


def fit(name, events, **options):
    module = models.find(name)
    config = module.Config(**options)
    members = {member: fit(member, events) for member in getattr(module, "members", lambda _: ())(config)}
    return module.fit(Run(events, Catalog(ITEMS), Settings(), config, np.random.default_rng(0), members=members))


@cache
def messy_log():
    """A log with popular and rare items, one never sold, repeats, views, dislikes and searches."""
    rng = np.random.default_rng(3)
    n, n_users = 400, 30
    kinds = [KIND_CODE[kind] for kind in ("purchase", "view", "dislike", "search")]
    kind = rng.choice(kinds, n, p=[0.5, 0.3, 0.1, 0.1])
    item = np.minimum(rng.geometric(0.2, n) - 1, N_ITEMS - 2)
    item[kind == KIND_CODE["search"]] = -1
    return events_of(rng.integers(0, n_users, n), item, kind, NOW - DAY_S * 30 * (1 - np.arange(n) / n))


@cache
def fitted(name):
    # A short memory, so that random histories are longer than it.
    short = "history" in {option.name for option in fields(models.find(name).Config)}
    return fit(name, messy_log(), **({"history": 8} if short else {}))


def additive(name):
    """Return the fitted model, or skip one that does not say its contributions."""
    model = fitted(name)
    if getattr(model, "contributions", None) is None:
        pytest.skip("is no sum over events")
    return model


@st.composite
def queries(draw):
    """Histories with repeats, dislikes, searches, unknown items and tombstones."""
    names = st.sampled_from(["i0", "i1", "i2", "i5", NEVER_SOLD, "stranger"])
    event = st.tuples(names, st.sampled_from(["purchase", "view", "dislike"])) | st.just((None, "search"))
    found = draw(st.lists(st.none() | event, max_size=12))
    rows = [None if row is None else (*row, NOW - DAY_S * (len(found) - k)) for k, row in enumerate(found)]
    return Query(at=NOW, history=History.of(rows, first_at=NOW - DAY_S * 90))


def limit(score):
    return 1e-6 * np.maximum(1.0, np.abs(score))


def test_all_model_files_are_tested():
    files = sorted(path.stem for path in Path(models.__file__).parent.glob("*.py") if path.stem != "__init__")
    assert files == NAMES and {"ease", "itemknn", "markov", "popular"} <= set(NAMES)
    with pytest.raises(UsageError, match=rf"Unknown model 'markof'.*markov.*Models: {', '.join(NAMES)}"):
        models.find("markof")


@every_model
@given(asked=st.lists(queries(), max_size=4))
def test_scores_are_finite_float32_and_a_batch_equals_one_by_one(name, asked):
    model = fitted(name)
    assert isinstance(model, Fitted)
    together = model.score(asked)
    assert (together.shape, together.dtype) == ((len(asked), N_ITEMS), np.float32)
    assert np.isfinite(together).all()
    for row, query in zip(together, asked, strict=True):
        np.testing.assert_allclose(model.score([query])[0], row, rtol=1e-6, atol=1e-7)


@every_model
@given(asked=st.lists(queries(), min_size=1, max_size=3))
def test_rough_scores_are_wrong_in_the_last_digits_only(name, asked):
    model = fitted(name)
    if not hasattr(model, "rough"):
        pytest.skip("has no quicker scores")
    whole, names = model.rough(asked), ["i3", "stranger", "i0"]
    np.testing.assert_allclose(whole, model.score(asked), rtol=1e-4, atol=1e-5)
    some = model.rough(asked, names)
    assert np.isnan(some[:, 1]).all()
    np.testing.assert_allclose(some[:, [0, 2]], whole[:, ITEMS.codes(["i3", "i0"])], rtol=1e-4, atol=1e-5)


@every_model
@given(query=queries(), asked=st.lists(st.sampled_from([*ITEMS.ids, "stranger"]), max_size=6))
def test_columns_follow_the_items_asked_for_and_an_unknown_one_is_nan(name, query, asked):
    model = fitted(name)
    part, whole = model.score([query, query], asked), model.score([query])[0]
    assert (part.shape, part.dtype) == ((2, len(asked)), np.float32)
    wanted = [np.nan if item == "stranger" else whole[ITEMS.index[item]] for item in asked]
    np.testing.assert_allclose(part, np.tile(wanted, (2, 1)), rtol=1e-6, atol=1e-7)


@every_model
@pytest.mark.parametrize(
    "rows",
    [[], [None, None], [("stranger", "purchase", NOW)], [(None, "search", NOW), None]],
    ids=["empty", "removed", "unknown", "search"],
)
def test_a_history_that_says_nothing_gives_the_popular_order(name, rows):
    scores = fitted(name).score([Query(at=NOW, user="nobody", history=History.of(rows))])[0]
    popular = fitted("popular").score([Query(at=NOW)])[0]
    assert len(set(popular.tolist())) == N_ITEMS, "ties would make the order a matter of taste"
    assert np.argsort(-scores).tolist() == np.argsort(-popular).tolist()


@every_model
def test_a_saved_model_scores_the_same(name, tmp_path):
    model = fit(name, messy_log())
    saved = snapshot.save(tmp_path, name, model, models.find(name).Config(), Settings(), {}, NOW)
    meta, again = models.load(tmp_path, saved.id)
    rows = [("i0", "purchase", NOW - 3), ("i4", "view", NOW - 2), ("i0", "dislike", NOW - 1)]
    asked = [Query(at=NOW), Query(at=NOW, history=History.of(rows))]
    assert meta == saved
    assert again.items.ids.tolist() == ITEMS.ids.tolist()
    np.testing.assert_array_equal(again.score(asked), model.score(asked))
    np.testing.assert_array_equal(again.score(asked, ["i3", "x"]), model.score(asked, ["i3", "x"]))


@every_model
def test_serving_needs_no_package_of_the_training_extra(name, tmp_path, monkeypatch):
    saved = snapshot.save(tmp_path, name, fitted(name), models.find(name).Config(), Settings(), {}, NOW)
    query = Query(at=NOW, history=History.of([("i0", "purchase", NOW - 3), ("i4", "view", NOW - 2)]))
    shown = fitted(name).score([query])
    for package in ("torch", "implicit", "implicit.cpu.als", "threadpoolctl"):
        monkeypatch.setitem(sys.modules, package, None)  # an import of it fails
    np.testing.assert_array_equal(models.load(tmp_path, saved.id)[1].score([query]), shown)


@every_model
@pytest.mark.parametrize("change", [{"model": "gone"}, {"config": {"wrong": 1}}])
def test_a_snapshot_of_another_version_is_refused(name, change, tmp_path):
    config = models.find(name).Config()
    saved = snapshot.save(tmp_path, name, fitted(name), config, Settings(), {}, NOW)
    path = tmp_path / saved.id / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SnapshotError, match=r"does not fit: .*Make a new one with: whyrec train"):
        models.load(tmp_path, saved.id)


@every_model
@given(query=queries())
def test_contributions_are_exact(name, query):
    model = additive(name)
    parts = model.contributions(query, [*ITEMS.ids, "stranger"])
    score = model.score([query])[0].astype(float)
    bound = limit(score)
    assert np.isnan(parts.empty[-1]) and np.isnan(parts.weight[:, -1]).all()
    if parts.score is not None:
        assert np.isnan(parts.score[-1]) and parts.score.dtype == np.float32
        assert (np.abs(parts.score[:-1] - score) <= bound).all()
    if parts.shares is not None:
        assert (np.abs(sum(parts.shares.values())[:-1] - score) <= bound).all()
        for member, said in model.shares(query, ITEMS.ids).items():
            assert (np.abs(parts.shares[member][:-1] - said) <= bound).all()
    empty, weight = parts.empty[:-1], parts.weight[:, :-1]
    assert (np.abs(empty + weight.sum(axis=0) - score) <= bound).all()
    assert (np.abs(empty - model.score([Query(at=NOW)])[0]) <= bound).all()
    in_units = [slot for unit in parts.units for slot in unit]
    assert len(in_units) == len(set(in_units)) and set(in_units) <= set(query.history.live().tolist())
    for unit, lost in zip(parts.units, weight, strict=True):
        assert (np.abs(score - model.score([query.without(unit)])[0] - lost) <= bound).all()
    for slot in set(range(len(query.history))) - set(in_units):
        np.testing.assert_array_equal(model.score([query.without([slot])])[0], score)


@every_model
def test_items_on_the_page_are_no_reasons_from_the_history(name):
    history = History.of([("i1", "purchase", NOW - 1)])
    query = Query(at=NOW, history=history, scenario="related", context=("i0", "stranger"))
    model, score = additive(name), fitted(name).score([query])[0]
    parts = model.contributions(query, ITEMS.ids)
    assert parts.units == () and parts.weight.shape == (0, N_ITEMS)
    assert (np.abs(parts.empty - score) <= limit(score)).all()
    if name != "popular":
        assert (score != model.score([Query(at=NOW)])[0]).any()


@every_model
@given(query=queries())
def test_members_add_up_to_the_score(name, query):
    model = fitted(name)
    if not hasattr(model, "shares"):
        pytest.skip("is not made of others")
    score = model.score([query], [*ITEMS.ids, "stranger"])[0].astype(float)
    total = sum(model.shares(query, [*ITEMS.ids, "stranger"]).values())
    assert np.isnan(total[-1]) and (np.abs(total - score)[:-1] <= limit(score)[:-1]).all()


def board():
    """A log like a checker-board: a user walks round the items of one colour and stops before the last.

    All items are as popular as each other, and the item that is left is the one right answer.
    """
    n_users, n_steps = 120, N_ITEMS // 2 - 1
    user, step = np.repeat(np.arange(n_users), n_steps), np.tile(np.arange(n_steps), n_users)
    item = user % 2 + 2 * ((user // 2 + step) % (N_ITEMS // 2))
    order = np.lexsort((user, step))
    log = events_of(user[order], item[order], np.full(len(user), KIND_CODE["purchase"]), NOW - DAY_S + np.arange(600))
    people = np.arange(n_users)
    return log, people % 2 + 2 * ((people // 2 + n_steps) % (N_ITEMS // 2))


def share_right(model, log, answers):
    asked = [Query(at=NOW, history=log.history(log.rows_of(user))) for user in range(len(answers))]
    scores = model.score(asked)
    scores[log.user, log.item] = -np.inf
    return float((scores.argmax(axis=1) == answers).mean())


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_models_find_the_one_right_answer(name):
    log, answers = board()
    assert share_right(fit(name, log), log, answers) == 1.0
    assert share_right(fit("popular", log), log, answers) < 0.5


@pytest.mark.parametrize("name", PERSONAL)
def test_shuffled_items_cost_the_skill(name):
    log, answers = board()
    shuffled = replace(log, item=np.random.default_rng(1).permutation(log.item))
    assert share_right(fit(name, shuffled), log, answers) < 0.5


@pytest.mark.parametrize("name", NEURAL)
def test_what_a_gpu_learned_is_served_without_one(name):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU that torch sees")
    torch.cuda.reset_peak_memory_stats()
    log, answers = board()
    fitted = fit(name, log)
    assert torch.cuda.max_memory_allocated() > 0
    assert all(isinstance(array, np.ndarray) for array in fitted.arrays().values())
    assert share_right(fitted, log, answers) == 1.0


def test_models_that_learn_in_epochs_are_found():
    assert {"sasrec", "gru4rec", "caser", "multvae", "cfgan"} <= set(NEURAL)

"""Sequence models: what is served is what was trained, removal is masking, attention, and going on after a kill."""

import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.errors import MissingExtraError
from whyrec.core.types import KIND_CODE, Catalog, Events, History, Query, Vocabulary, objects
from whyrec.data.batch import arrange
from whyrec.data.split import loo
from whyrec.learn import checkpoint, downdate, engine, sequences
from whyrec.learn.ops import NumpyOps, TorchOps
from whyrec.learn.run import Run
from whyrec.learn.windows import Inputs, Slots

N_ITEMS = 20
ITEMS = Vocabulary.of([f"i{code}" for code in range(N_ITEMS)])
KINDS = ("purchase", "view", "dislike", "search")
VARIANTS = {
    "sasrec": {"width": 16, "depth": 2},
    "sasrec gated": {"width": 16, "depth": 2, "gated": True, "times": True},
    "sasrec gbce": {"width": 16, "depth": 1, "loss": "gbce"},
    "fusion": {"width": 16},
    "caser": {"width": 16, "filters": 6},
    "gru4rec": {"width": 16, "hidden": 24},
    "gru4rec lstm": {"width": 16, "hidden": 24, "cell": "lstm", "times": True, "loss": "bpr"},
}
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def log(n=600, n_users=40, seed=3):
    rng = np.random.default_rng(seed)
    kind = rng.choice([KIND_CODE[kind] for kind in KINDS], n, p=[0.6, 0.2, 0.1, 0.1])
    item = rng.integers(0, N_ITEMS, n)
    item[kind == KIND_CODE["search"]] = -1
    return Events(
        users=Vocabulary.of([f"u{code}" for code in range(n_users)]),
        items=ITEMS,
        user=rng.integers(0, n_users, n).astype(np.int32),
        item=item.astype(np.int32),
        kind=kind.astype(np.int8),
        at=1e9 + np.sort(rng.exponential(1e6, n)),
        value=np.full(n, np.nan, np.float32),
        event_id=objects([f"e{row}" for row in range(n)]),
    )


def run_of(variant, **changes):
    name = variant.split()[0]
    options = {"epochs": 4, "unvalidated": 2, "batch": 128, "patience": 2} | VARIANTS[variant]
    config = models.find(name).Config(**options)
    return name, replace(Run(log(), Catalog(ITEMS), Settings(), config, np.random.default_rng(0)), **changes)


def fit(variant, **changes):
    name, run = run_of(variant, **changes)
    return models.find(name).fit(run)


@cache
def fitted(variant):
    return fit(variant)


@st.composite
def histories(draw):
    event = st.tuples(st.sampled_from(["i0", "i1", "i7", "stranger"]), st.sampled_from(KINDS[:3]))
    rows = draw(st.lists(st.none() | event, max_size=9))
    return History.of([None if row is None else (*row, 1e9 + 100.0 * n**4) for n, row in enumerate(rows)], 1e9)


@every_variant
@given(found=st.lists(histories(), min_size=1, max_size=3))
def test_numpy_serves_what_torch_trains(variant, found):
    model, events = fitted(variant), Settings().events
    batch = arrange([Query(at=2e9, history=h) for h in found], ITEMS, events.weights)
    slots = Slots.of(batch, model._reads)
    served = sequences.states(model._encode, model._double, slots, NumpyOps())
    with torch.no_grad():
        weights = engine.put(torch, model.weights, "cpu")
        trained = sequences.states(model._encode, weights, slots, TorchOps(torch, training=False))
    np.testing.assert_allclose(served, trained, rtol=1e-5, atol=1e-5)


@every_variant
def test_the_score_at_the_end_of_a_window_is_the_training_score(variant):
    """All positions at once say the same as one query after another."""
    model = fitted(variant)
    rows = [("i3", "purchase", 1e9), None, ("i5", "view", 1e9 + 50), ("i1", "purchase", 1e9 + 90)]
    history, events = History.of(rows), Settings().events
    slots = Slots.of(arrange([Query(at=2e9, history=history)], ITEMS, events.weights), model._reads)
    n = len(slots.live)
    whole = model._encode(model._double, slots.inputs(np.array([0]), np.array([n])), NumpyOps())[0, -1]
    score = model.score([Query(at=2e9, history=history)])[0]
    np.testing.assert_allclose(score, whole @ model._double["items"].T + model.prior, rtol=1e-6, atol=1e-6)


@every_variant
def test_a_tombstone_has_no_content_and_keeps_its_place(variant):
    model = fitted(variant)
    rows = [("i3", "purchase", 1e9), ("i4", "view", 1e9 + 40), ("i5", "purchase", 1e9 + 50)]
    one, other = (Query(at=2e9, history=History.of([rows[0], (item, *rows[1][1:]), rows[2]])) for item in ("i4", "i9"))
    assert (model.score([one]) != model.score([other])).any()
    np.testing.assert_array_equal(model.score([one.without([1])]), model.score([other.without([1])]))
    # The newest slot removed: the one before it predicts.
    assert (model.score([one.without([2])]) != model.score([one.without([1, 2])])).any()
    shorter = Query(at=2e9, history=History.of(rows[:1] + rows[2:]))
    same = np.allclose(model.score([one.without([1])]), model.score([shorter]), atol=1e-6)
    assert same == (variant == "gru4rec"), "only a model without places and times steps over a removed event"


@every_variant
def test_kinds_of_events_make_a_difference(variant):
    liked, disliked = (History.of([("i3", kind, 1e9), ("i5", "purchase", 1e9 + 5)]) for kind in ("purchase", "dislike"))
    made = fitted(variant).score([Query(at=2e9, history=liked), Query(at=2e9, history=disliked)])
    assert (made[0] != made[1]).any()


@every_variant
def test_epochs_are_chosen_on_validation_and_kept(variant):
    split = loo(log(), Settings())
    early = fit(variant, events=split.train, validation=split.validation)
    assert 1 <= early.about["epochs"] <= 4
    assert all(entry["value"] > 0 for entry in early.about["curve"])
    whole = fit(variant, chosen=early)
    assert whole.about["epochs"] == early.about["epochs"] == len(whole.about["curve"])


@every_variant
def test_the_judge_sees_what_serving_gives(variant, monkeypatch):
    split = loo(log(), Settings())
    seen = []

    def measure(self, score):
        seen.append((self.queries, score(slice(None))))
        return 1.0 / len(seen)

    monkeypatch.setattr(sequences.Judge, "measure", measure)
    model = fit(variant, events=split.train, validation=split.validation)
    queries, scores = seen[0]
    assert len(queries) > 20 and model.about["epochs"] == 1
    np.testing.assert_allclose(scores, model.score(queries), rtol=1e-5, atol=1e-5)


def one_by_one(model, query, items=None):
    return model.score([query.without([slot]) for slot in query.history.live()], items)


@pytest.mark.parametrize("variant", ["sasrec", "sasrec gated"])
@pytest.mark.parametrize("depth", [1, 2, 3])
@given(found=histories(), seed=st.integers(0, 9))
def test_states_without_each_event_are_those_of_masking_one_by_one(variant, depth, found, seed):
    model = with_random_weights(variant, depth, seed)
    query = Query(at=2e9, history=found)
    expected = one_by_one(model, query) if len(found.live()) else np.zeros((0, N_ITEMS))
    np.testing.assert_allclose(model.without_each(query), expected, rtol=1e-6, atol=1e-6)


@cache
def with_random_weights(variant, depth, seed):
    """A model whose attention is far from even: weights large enough that some slots take nearly all of it."""
    _, run = run_of(variant)
    rng = np.random.default_rng(seed)
    config = replace(run.config, depth=depth, history=6 if seed % 2 else 20)
    reads = replace(fitted(variant)._reads, history=config.history)
    made = models.find("sasrec").start(rng, N_ITEMS, config, reads)
    loud = {name: w + rng.normal(size=w.shape).astype(np.float32) * 0.5 * (1 + seed) for name, w in made.items()}
    return replace(fitted(variant), config=config, weights=loud)


@pytest.mark.parametrize("variant", ["sasrec", "sasrec gated"])
def test_long_histories_without_each_event(variant, monkeypatch):
    model = fitted(variant)
    rows = [(f"i{n * 7 % 20}", KINDS[n % 3], 1e9 + 100.0 * n) for n in range(70)]
    query = Query(at=2e9, history=History.of(rows).mask([60, 69]))
    expected = one_by_one(model, query, ["i1", "i4", "unheard of"])
    np.testing.assert_allclose(model.without_each(query, ["i1", "i4", "unheard of"]), expected, rtol=1e-6, atol=1e-6)
    monkeypatch.setattr(downdate, "TILE", 100)
    np.testing.assert_allclose(model.without_each(query)[:, 1], expected[:, 0], rtol=1e-6, atol=1e-6)


def test_attention_is_a_distribution_over_the_live_slots():
    model = fitted("sasrec")
    history = History.of([("i3", "purchase", 1e9), None, ("i5", "purchase", 1e9 + 50), None])
    found = model.attention(Query(at=2e9, history=history))
    assert found.shape == (2, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found[:, [0, 2]] > 0).all() and (found[:, [1, 3]] == 0).all()
    assert model.attention(Query(at=2e9)).shape == (2, 0)
    longer = History.of([("i3", "purchase", 1e9 + n) for n in range(60)])
    assert (model.attention(Query(at=2e9, history=longer))[:, :10] == 0).all(), "beyond the 50 newest slots"


@pytest.mark.parametrize("loss", sequences.OBJECTIVES)
@pytest.mark.parametrize("name", ["sasrec", "gru4rec"])
def test_every_loss_teaches_a_cycle(name, loss):
    """Every user walks the same round; what follows the newest item must come out on top."""
    n_users, n_steps = 60, 7
    user, step = np.tile(np.arange(n_users), n_steps), np.repeat(np.arange(n_steps), n_users)
    cycle = replace(
        log(len(user), n_users),
        user=user.astype(np.int32),
        item=((user + step) % N_ITEMS).astype(np.int32),
        kind=np.full(len(user), KIND_CODE["purchase"], np.int8),
    )
    changes = {"loss": loss, "dropout": 0.0, "decay": 0.0, "batch": 64, "rate": 0.01, "final": 1.0, "unvalidated": 12}
    _, run = run_of(name, events=cycle)
    model = models.find(name).fit(replace(run, config=replace(run.config, **changes)))
    asked = [Query(at=2e9, history=History.of([(f"i{n}", "purchase", 1e9)])) for n in range(N_ITEMS)]
    assert (model.score(asked).argmax(axis=1) == (np.arange(N_ITEMS) + 1) % N_ITEMS).all()


def test_sizes_follow_the_log():
    name, run = run_of("sasrec")
    run = replace(run, config=models.find(name).Config(unvalidated=1))
    short = models.find(name).fit(run)
    long = models.find(name).fit(replace(run, events=log(n=1600)))
    assert (short.weights["ages"].shape, long.weights["ages"].shape) == ((50, 128), (200, 64))
    assert "1.qkv" in long.weights and "1.qkv" not in short.weights
    assert (short.config.dropout, long.config.dropout) == (0.5, 0.2)
    assert (short.config.decay, long.config.decay) == (1.0, 0.1)
    given = replace(run, config=replace(run.config, width=8, depth=2, history=7, dropout=0.0, batch=50, decay=0.3))
    assert models.find(name).fit(given).config == given.config


@every_variant
def test_serving_needs_no_torch_and_fitting_says_what_is_missing(variant, monkeypatch):
    model = fitted(variant)
    monkeypatch.setitem(sys.modules, "torch", None)
    again = models.find(variant.split()[0]).from_arrays(model.arrays(), ITEMS, model.config, model.settings)
    query = Query(at=2e9, history=History.of([("i3", "purchase", 1e9)]))
    np.testing.assert_array_equal(again.score([query]), model.score([query]))
    with pytest.raises(MissingExtraError, match=rf"Fitting {variant.split()[0]} needs the package 'torch'"):
        fit(variant)


@pytest.fixture
def one_thread():
    """Sums are added up in another order by another number of threads, and differences grow while learning."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_a_killed_fit_goes_on_to_the_same_model(tmp_path):
    changes = {"config": replace(run_of("sasrec")[1].config, unvalidated=40)}
    whole = fit("sasrec", **changes)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import torch; torch.set_num_threads(1)\n"
        "from pathlib import Path; from dataclasses import replace; from test_sequences import fit, run_of\n"
        "fit('sasrec', config=replace(run_of('sasrec')[1].config, unvalidated=40), checkpoint=Path(sys.argv[2]))"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(Path(__file__).parent), str(tmp_path)])
    while not (tmp_path / checkpoint.FILE).exists():
        time.sleep(0.005)
        assert child.poll() is None
    child.kill()
    assert child.wait() != 0, "the fit ended before it was killed"
    again = fit("sasrec", checkpoint=tmp_path, **changes)
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that torch sees")
@every_variant
def test_a_gpu_gives_nearly_the_same(variant, monkeypatch):
    name, run = run_of(variant)
    run = replace(run, config=replace(run.config, dropout=0.0))
    on_gpu = models.find(name).fit(run)
    monkeypatch.setattr(engine, "device", lambda torch: "cpu")
    on_cpu = models.find(name).fit(replace(run, rng=np.random.default_rng(0)))
    for key, array in on_cpu.weights.items():
        np.testing.assert_allclose(on_gpu.weights[key], array, atol=1e-3)


def test_caser_is_what_is_worked_out_by_hand():
    """Width 1, so that the last LN hides everything: the equation is followed up to what it joins."""
    caser = models.find("caser")
    joined = []

    class Watching(NumpyOps):
        def join(self, parts):
            joined.append(super().join(parts))
            return joined[-1]

    one = np.ones((1, 1))
    weights = {
        "items": np.array([[2.0], [3.0], [5.0]]),
        "filter1": one,
        "bias1": np.array([-4.0]),
        "filter2": np.array([[10.0], [1.0]]),
        "bias2": np.zeros(1),
        "vertical": np.array([[1.0, 0.5, 0.25]]),
        "join": np.ones((3, 1)),
        "out": one,
        **{name: np.zeros(1) for name in ("join_bias", "out_bias", "norm", "norm_bias")},
    }
    inputs = Inputs(item=np.array([[0, 2, 1, 0]]), age=np.array([[3, 2, 1, 0]]), live=None)
    caser.encode(3, 0.0, weights, inputs, Watching())
    # Events 2, 5, 3, 2. Height 1: max of x - 4 over the window. Height 2: max of 10 * newer + older over two places.
    height1, height2 = [0, 1, 1, 1], [20, 52, 52, 35]
    vertical = [2, 5 + 1, 3 + 2.5 + 0.5, 2 + 1.5 + 1.25]
    np.testing.assert_allclose(joined[-1][0], np.stack([height1, height2, vertical], axis=1))
    gone = replace(inputs, live=np.array([[True, False, True, True]]))
    caser.encode(3, 0.0, weights, gone, Watching())
    np.testing.assert_allclose(joined[-1][0, :, 1], [20, 20, 30, 30])

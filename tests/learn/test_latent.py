"""The latent part of glass: what is served is what was trained, and every vector is a sum over events."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from whyrec.data.batch import Batch
from whyrec.learn import latent, latent_fit, loop
from whyrec.learn.latent import Latent
from whyrec.learn.windows import Reads, Windows

torch = pytest.importorskip("torch", reason="the extra train is not installed")
N_ITEMS = 30
ALL = np.arange(N_ITEMS)
SHAPES = {
    "ages": latent.Shape(8, 4, 50, timed=False, values=(), dropout=0.0),
    "times and values": latent.Shape(8, 4, 50, timed=True, values=(2.0, 4.0), dropout=0.0),
    "tied": latent.Shape(8, 4, 50, timed=False, values=(), dropout=0.0, tied=True),
    "asked": latent.Shape(8, 4, 50, timed=True, values=(2.0, 4.0), dropout=0.0, asked=True),
    "short": latent.Shape(8, 2, 5, timed=True, values=(), dropout=0.0),
}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def log(seed=0, n_users=6, holes=True):
    """Users with 1 to 12 slots at uneven times, some without content, some disliked."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 13, n_users)
    bounds = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    n = int(bounds[-1])
    item = rng.integers(0, N_ITEMS, n).astype(np.int32)
    if holes:
        item[rng.random(n) < 0.2] = -1
    return Batch(
        bounds=bounds,
        item=item,
        weight=np.where(item < 0, 0.0, rng.choice([1.0, 0.5, -0.5] if holes else [1.0], n)),
        age=np.repeat(bounds[1:], sizes) - np.arange(n),
        at=np.cumsum(10.0 ** rng.uniform(-2, 6, n)),
        slot=np.arange(n),
        value=rng.choice([1.0, 3.0, 5.0, np.nan], n).astype(np.float32),
        asked=np.full(n_users, 1e8),
        kind=np.zeros(n, np.int8),
    )


def content():
    return sparse.csr_array(sparse.random_array((N_ITEMS, 7), density=0.3, rng=np.random.default_rng(1)))


def weights(shape, with_content=True, seed=2):
    """Weights far from where learning begins, so that each of them is heard."""
    rng = np.random.default_rng(seed)
    made = latent.start(rng, N_ITEMS, 7 if with_content else 0, shape)
    return {name: array + rng.normal(0, 0.1, array.shape).astype(np.float32) for name, array in made.items()}


def problem(shape, batch, with_content=True):
    windows = Windows.of(batch, batch.weight > 0, Reads(shape.history))
    value = latent.value_class(batch.value, shape.values)
    table = content() if with_content else None
    recipe = latent_fit.Recipe(loop.Plan(1, 1, 1e-3), negatives=N_ITEMS, batch=10_000)
    return latent_fit.Problem(batch, value, windows, shape, table, ALL, recipe)


@every_shape
@pytest.mark.parametrize("with_content", [True, False], ids=["content", "ids"])
def test_the_loss_of_training_is_that_of_the_served_vectors(shape, with_content):
    batch = log(n_users=1, seed=4, holes=False)  # one user, so that a window is a history
    batch = replace(batch, bounds=batch.bounds[:2])
    w = weights(shape, with_content)
    made = problem(shape, batch, with_content)
    (step_of_all,) = made.batches(np.random.default_rng(0))
    opened = {**w, **{name: w[name][rows] for name, rows in made.rows(step_of_all).items()}}
    trained = float(made.loss({k: torch.from_numpy(a) for k, a in opened.items()}, step_of_all))
    part = Latent.of(shape, w, content() if with_content else None, ALL)
    losses = []
    for first, length in zip(made.windows.first, made.windows.length, strict=True):
        for step in range(first, first + length):
            target = made.windows.target[step]
            if target < 0:
                continue
            begin = 0 if shape.history == 50 else max(0, first)  # a window forgets what was before it
            own = slice(begin, step + 1)
            asked = Batch(
                bounds=np.array([0, step + 1 - begin]), item=batch.item[own], weight=batch.weight[own],
                age=np.arange(step + 1 - begin, 0, -1), at=batch.at[own], slot=batch.slot[own], value=batch.value[own],
                asked=batch.at[step + 1 : step + 2], kind=batch.kind[own],
            )  # fmt: skip
            user = part.users(asked)[0]
            scores = part.targets @ user * shape.width**0.5 / np.linalg.norm(user)
            losses.append(np.log(np.exp(scores).sum()) - scores[target])
    if shape.history == 50:
        assert trained == pytest.approx(np.mean(losses), rel=1e-5)
    else:  # the first slot of a later window knows its gap to the slot before, which the piece does not
        assert trained == pytest.approx(np.mean(losses), rel=2e-2)


@every_shape
def test_a_vector_is_the_start_plus_what_each_slot_adds_and_masking_takes_just_that_away(shape):
    batch = log()
    part = Latent.of(shape, weights(shape), content(), ALL).normed(batch)
    each, start, whole = part.slot_vectors(batch), part.start_vectors(batch), part.users(batch)
    for query in range(len(batch)):
        own = slice(batch.bounds[query], batch.bounds[query + 1])
        np.testing.assert_allclose(start[query] + each[own].sum(axis=0), whole[query], atol=1e-12)
    for slot in range(len(batch.item)):
        item, weight, value = batch.item.copy(), batch.weight.copy(), batch.value.copy()
        item[slot], weight[slot], value[slot] = -1, 0.0, np.nan
        masked = part.users(replace(batch, item=item, weight=weight, value=value))
        expected = whole.copy()
        expected[batch.query[slot]] -= each[slot]
        np.testing.assert_allclose(masked, expected, atol=1e-12)


@every_shape
def test_norm_brings_vectors_to_one_length_in_the_mean_and_arrays_give_the_part_back(shape):
    batch = log(n_users=4000 if shape.asked else 400, seed=9)  # there are more classes
    part = Latent.of(shape, weights(shape), content(), ALL, epochs=3).normed(batch)
    asked = latent.without_newest(batch) if shape.asked else batch
    assert np.linalg.norm(part.users(asked), axis=1).mean() == pytest.approx(shape.width**0.5, rel=0.02)
    again = Latent.from_arrays(part.arrays())
    assert (again.shape, again.epochs) == (shape, 3)
    assert np.array_equal(again.users(batch), part.users(batch))


@pytest.mark.parametrize("axes", [2, 3])
def test_the_gradient_of_the_mixing_is_the_true_one(axes):
    rng = np.random.default_rng(0)
    B, T, H, D = 2, 3, 2, 4
    row = torch.from_numpy(rng.integers(0, 5, (T, T) if axes == 2 else (B, T, T)))
    table = torch.from_numpy(rng.normal(size=(5, H))).requires_grad_()
    said = torch.from_numpy(rng.normal(size=(B, T, H, D))).requires_grad_()
    mix = latent_fit._mix(torch).apply
    assert torch.autograd.gradcheck(lambda a, b: mix(a, b, row), (table, said))


def test_without_the_newest_slot_the_request_is_at_its_time():
    batch = log(n_users=3, seed=1)
    batch = replace(batch, bounds=np.array([0, 1, 4, len(batch.item)]), asked=np.zeros(3))
    batch = replace(batch, age=np.repeat(batch.bounds[1:], np.diff(batch.bounds)) - np.arange(len(batch.item)))
    found = latent.without_newest(batch)
    assert found.bounds.tolist() == [0, 2, len(batch.item) - 3]
    assert found.asked.tolist() == [batch.at[3], batch.at[-1]]
    assert found.slot.tolist() == [1, 2, *range(4, len(batch.item) - 1)]
    assert found.age[:2].tolist() == [2, 1]


def test_classes_grow_with_what_they_class():
    gaps = latent.gap_class(np.array([-5.0, 0.0, 0.2, 1.0, 60.0, 3600.0, 86400.0, 1e9]))
    assert (np.diff(gaps) >= 0).all()
    assert (gaps[0], gaps[-1]) == (0, latent.GAPS - 1)
    assert latent.value_class(np.array([np.nan, 1.0, 2.0, 5.0]), (2.0, 4.0)).tolist() == [0, 1, 2, 3]
    long = latent.long_class(np.array([0, 1, 2, 10, 100, 10**6]))
    assert (np.diff(long) >= 0).all()
    assert long[-1] == latent.LONG - 1

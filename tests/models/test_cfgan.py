"""CFGAN: its losses against values worked out by hand, whose turn moves what, and serving against torch."""

import numpy as np
import pytest
from scipy import sparse
from test_equations import ITEMS, log, query

from whyrec.core.config import Settings
from whyrec.core.types import Catalog
from whyrec.learn import sets
from whyrec.learn.ops import TorchOps
from whyrec.learn.run import Run
from whyrec.models import cfgan

torch = pytest.importorskip("torch")
LOG = log("abc", "abd", "bcd", "cda", "ab", "cd")
SMALL = {"width": 3, "judge_width": 2, "unvalidated": 3, "batch": 2}


def fit(events=LOG, **rest):
    config = cfgan.Config(**SMALL)
    return cfgan.fit(Run(events, Catalog(ITEMS), Settings(), config, np.random.default_rng(0), **rest))


def game(**options):
    config = cfgan.Config(**{**SMALL, "dropout": 0.0, **options})
    rows = sparse.csr_array(np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]))
    return cfgan.Game(rows, config, np.zeros(4, np.float32))


def batch(made, player, seed=0):
    return made._batch(made.interests, player, np.random.default_rng(seed))


def weights(zero=False, **changes):
    found = cfgan.start(np.random.default_rng(0), 4, cfgan.Config(**SMALL))
    found = ({name: np.zeros_like(array) for name, array in found.items()} if zero else found) | changes
    return {name: torch.from_numpy(np.asarray(array, np.float32)).requires_grad_() for name, array in found.items()}


def test_discriminator_loss_by_hand():
    real, fake = torch.tensor([0.0, np.log(3.0)]), torch.tensor([0.0, -np.log(3.0)])  # D = 1/2, 3/4 and 1/2, 1/4
    found = cfgan.discriminator_loss(torch, real, fake)
    assert found.tolist() == pytest.approx([2 * np.log(2.0), -2 * np.log(0.75)])


def test_generator_loss_with_zero_reconstruction_by_hand():
    fake, made = torch.tensor([np.log(3.0)]), torch.tensor([[0.5, 0.2, 0.9]])
    zeros = torch.tensor([[True, True, False]])
    found = cfgan.generator_loss(torch, fake, made, zeros, weight=0.1)
    assert found.tolist() == pytest.approx([-np.log(0.75) + 0.1 * (0.25 + 0.04)])


def test_the_gradient_of_either_player_by_hand():
    """With all weights zero G(c) is 1/2 everywhere and D is sigmoid(verdict_bias), whatever it sees."""
    made = game(reconstruction=1.0, zeros=0.3)
    own = weights(zero=True, verdict_bias=[np.log(3.0)])
    made.loss(own, batch(made, "discriminator")).backward()
    # d/db of -log s(b) - log(1 - s(b)) = 2 s(b) - 1, s = 3/4
    assert own["verdict_bias"].grad.tolist() == pytest.approx([0.5])
    own = weights(zero=True)
    made.loss(own, batch(made, "generator")).backward()
    # of zeros * g**2 through g = sigmoid(0): zeros * 2 g * g (1 - g), for the users that had it not, mean over two
    step = 0.3 * 2 * 0.5 * 0.25
    assert own["out_bias"].grad.tolist() == pytest.approx([step / 2, step / 2, step / 2, step])


def test_the_value_that_is_told_is_the_squared_error_on_what_was_had():
    made = game()
    for player in ("generator", "discriminator"):
        assert made.loss(weights(zero=True), batch(made, player)).item() == pytest.approx(1.25)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_only_the_player_whose_turn_it_is_moves(player):
    made, own = game(), weights()
    made.loss(own, batch(made, player)).backward()
    moved = {name for name, w in own.items() if w.grad is not None}
    generator = {"into", "into_bias", "out", "out_bias"}
    assert moved == (generator if player == "generator" else set(own) - generator)


def test_the_discriminator_sees_fakes_only_where_items_were_had_or_drawn():
    made = game(masking=0.0)
    own = weights(zero=True, judge=[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], verdict=[[1.0], [0.0]])
    seen = batch(made, "discriminator")
    np.testing.assert_array_equal(seen.shown, made.interests.toarray() > 0)
    # Fake: .5 for each item had, 1 and .5 in total; real: 2 and 1.
    softplus = lambda x: np.log1p(np.exp(x))  # noqa: E731
    expected = np.mean([softplus(-2.0) + softplus(1.0), softplus(-1.0) + softplus(0.5)])
    ops = TorchOps(torch)
    x = torch.from_numpy(made.interests.toarray().astype(np.float32))
    half = torch.full((2, 4), 0.5) * ops.put(seen.shown)
    none = torch.zeros(2, 2)
    real, fake = (cfgan.discriminate(own, rows @ own["judge"], none, ops) for rows in (x, half))
    assert cfgan.discriminator_loss(torch, real, fake).mean().item() == pytest.approx(expected)


def test_masks_are_drawn_among_items_not_had():
    made = game(masking=0.3, reconstruction=0.6)
    drawn = [batch(made, "generator", seed) for seed in range(500)]
    had = made.interests.toarray() > 0
    shown, zeros = (np.mean([getattr(one, name) for one in drawn], axis=0) for name in ("shown", "zeros"))
    np.testing.assert_allclose(shown, np.where(had, 1.0, 0.3), atol=0.08)
    np.testing.assert_allclose(zeros, np.where(had, 0.0, 0.6), atol=0.08)


def test_players_take_turns_on_the_same_users():
    turns = list(game(batch=1).batches(np.random.default_rng(0)))
    assert [turn.player for turn in turns] == ["discriminator", "generator"] * 2
    for first, second in zip(turns[::2], turns[1::2], strict=True):
        np.testing.assert_array_equal(first.had.toarray(), second.had.toarray())


def test_serving_equals_torch_and_keeps_no_discriminator():
    fitted = fit()
    asked = [query(word) for word in ("abc", "d", "aab-", "-")]
    rows = sparse.csr_array(np.array([[1.0, 1, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0]]))
    own = {name: torch.from_numpy(array) for name, array in fitted.weights.items()}
    ops = TorchOps(torch, training=False)
    logits = cfgan.generate(own, sets.bag(own["into"], sets.unit(rows), ops), ops).numpy()
    shown = fitted.score(asked)
    np.testing.assert_allclose(shown[:3], logits + fitted.prior, atol=1e-5)
    np.testing.assert_allclose(shown[3], fitted.prior, atol=1e-7)
    assert set(fitted.weights) == {"into", "into_bias", "out", "out_bias"}


def test_a_fit_that_was_killed_goes_on_to_the_same_result(tmp_path):
    def killer(done, text):
        if "epoch 2" in text:
            raise KeyboardInterrupt

    whole = fit()
    with pytest.raises(KeyboardInterrupt):
        fit(checkpoint=tmp_path, progress=killer)
    again = fit(checkpoint=tmp_path)
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)

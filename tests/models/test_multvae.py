"""Mult-VAE: its bound against values worked out by hand, whose turn moves what, and serving against torch."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse, stats
from test_equations import ITEMS, log, query

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.types import Catalog
from whyrec.data.split import Cases
from whyrec.learn import sets
from whyrec.learn.judge import Judge
from whyrec.learn.ops import TorchOps
from whyrec.learn.run import Run
from whyrec.models import multvae

torch = pytest.importorskip("torch")
LOG = log("abc", "abd", "bcd", "cda", "ab", "cd")
SMALL = {"width": 2, "hidden": 3, "unvalidated": 3, "batch": 2}


def tensor(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def fit(events=LOG, members=None, checkpoint=None, progress=None, **options):
    config = multvae.Config(**{**SMALL, **options})
    rest = {} if progress is None else {"progress": progress}
    run = Run(
        events, Catalog(ITEMS), Settings(), config, np.random.default_rng(0), members=members or {},
        checkpoint=checkpoint, **rest,
    )  # fmt: skip
    return multvae.fit(run)


def matrix(*rows):
    return sparse.csr_array(np.array(rows, float))


def problem(**options):
    config = multvae.Config(**{**SMALL, "dropout": 0.0, **options})
    return multvae.Autoencoder(matrix([1, 1, 0, 0], [0, 0, 1, 0]), config, np.zeros(4, np.float32))


def still_weights(**changes):
    """Weights that are zero but for these biases, so that every number of the bound is known."""
    weights = multvae.start(np.random.default_rng(0), 4, multvae.Config(**SMALL))
    weights = {name: np.zeros_like(array) for name, array in weights.items()} | changes
    return {name: torch.from_numpy(np.asarray(array, np.float32)).requires_grad_() for name, array in weights.items()}


def test_kl_to_the_standard_normal_by_hand():
    kl = multvae.gaussian_kl(tensor([1.0, 0.0], [0.0, 0.0]), tensor([0.0, np.log(4.0)], [0.0, 0.0]))
    assert kl.tolist() == pytest.approx([0.5 * (1 + 1 - 1) + 0.5 * (4 - 1 - np.log(4.0)), 0.0])


def test_log_likelihood_by_hand():
    found = multvae.negative_log_likelihood(torch, tensor([0.0, np.log(3.0)]), tensor([1.0, 2.0]))
    assert found.tolist() == pytest.approx([-np.log(1 / 4) - 2 * np.log(3 / 4)])


def test_kl_to_the_composite_prior_by_hand():
    z, now, before = tensor([0.5]), (tensor([1.0]), tensor([0.0])), (tensor([0.0]), tensor([np.log(4.0)]))
    mixed = 0.15 * stats.norm.pdf(0.5) + 0.75 * stats.norm.pdf(0.5, 0, 2) + 0.1 * stats.norm.pdf(0.5, 0, np.exp(5.0))
    expected = stats.norm.logpdf(0.5, 1, 1) - np.log(mixed)
    assert multvae.composite_kl(torch, z, now, before).tolist() == pytest.approx([expected])


def test_the_bound_of_a_batch_by_hand():
    """z does not reach the logits here, so that the sampled part has the value of its expectation."""
    weights = still_weights(mean_bias=[1.0, 0.0], logvar_bias=[0.0, np.log(4.0)], out_bias=np.log([1, 2, 3, 4]))
    made = problem(beta=0.5)
    batch = made._batch(made.interests, "both", np.random.default_rng(0))
    likelihood = -(np.log(0.1) + np.log(0.2) + np.log(0.3)) / 2  # mean over two users
    kl = 0.5 + 0.5 * (3 - np.log(4.0))
    assert made.loss(weights, batch).item() == pytest.approx(likelihood + 0.5 * kl, rel=1e-6)


def test_recvae_weighs_the_kl_by_what_a_user_had():
    made = problem(recvae=True, gamma=0.1)
    weights = still_weights(out_bias=np.log([1, 2, 3, 4]))
    batch = made._batch(made.interests, "encoder", np.random.default_rng(0))
    torch.manual_seed(3)
    found = made.loss(weights, batch).item()
    torch.manual_seed(3)
    z = torch.randn(2, 2)
    zero = torch.zeros(2, 2)
    kl = multvae.composite_kl(torch, z, (zero, zero), (zero, zero)).numpy()
    likelihood = -(np.log(0.1) + np.log(0.2) + np.log(0.3)) / 2
    assert found == pytest.approx(likelihood + 0.1 * (2 * kl[0] + 1 * kl[1]) / 2, rel=1e-5)


@pytest.mark.parametrize("player", ["encoder", "decoder"])
def test_only_the_player_whose_turn_it_is_moves(player):
    made = problem(recvae=True)
    weights = multvae.start(np.random.default_rng(0), 4, multvae.Config(**SMALL))
    weights = {name: torch.from_numpy(array).requires_grad_() for name, array in weights.items()}
    made.loss(weights, made._batch(made.interests, player, np.random.default_rng(0))).backward()
    moved = {name for name, w in weights.items() if w.grad is not None}
    encoder = set(multvae.ENCODER)
    assert moved == (encoder if player == "encoder" else set(weights) - encoder)


def test_recvae_takes_three_turns_for_the_encoder_and_one_without_noise_for_the_decoder():
    made = problem(recvae=True, dropout=0.9)
    batches = list(made.batches(np.random.default_rng(0)))
    turns = [batch.player for batch in batches]
    assert turns == ["encoder"] * 6 + ["decoder"] * 2
    for batch in batches[6:]:
        np.testing.assert_allclose(batch.noisy.toarray(), sets.unit(batch.x).toarray())
    plain = [batch.player for batch in problem().batches(np.random.default_rng(0))]
    assert plain == ["both"] * 2


def test_input_is_a_unit_vector_with_dropout_that_keeps_its_mean():
    made = problem(dropout=0.5)
    rows = [made._batch(made.interests, "both", np.random.default_rng(seed)).noisy.toarray() for seed in range(400)]
    assert {round(value, 3) for value in np.unique(rows)} == {0.0, round(2 / 2**0.5, 3), 2.0}
    np.testing.assert_allclose(np.mean(rows, axis=0), sets.unit(made.interests).toarray(), atol=0.15)


@pytest.mark.parametrize("ease", [False, True])
def test_serving_equals_torch(ease):
    members = {"ease": models.find("ease").fit(_plain_run("ease"))} if ease else {}
    fitted = fit(members=members, ease=ease)
    asked = [query(word) for word in ("abc", "d", "aab-", "-")]
    x = fitted.interests(asked)
    weights = {name: torch.from_numpy(array) for name, array in fitted.weights.items()}
    ops = TorchOps(torch, training=False)
    mean, _ = multvae.encode(weights, sets.bag(weights["into"], sets.unit(x), ops), ops)
    logits = multvae.decode(weights, mean, ops)
    if ease:
        assert fitted.about["path"] == multvae.PATH
        logits = logits + multvae.PATH * ops.put(fitted.path.scores(x))
    shown = fitted.score(asked)
    np.testing.assert_allclose(shown[:3], logits.numpy()[:3] + fitted.prior, atol=1e-5)
    np.testing.assert_allclose(shown[3], fitted.prior, atol=1e-7)


def _plain_run(name):
    config = models.find(name).Config()
    return Run(LOG, Catalog(ITEMS), Settings(), config, np.random.default_rng(0))


def test_the_ease_path_is_what_ease_says_of_the_items_it_covers():
    part = multvae.EasePath(np.array([1, 3]), np.array([[0.0, 5.0], [7.0, 0.0]], np.float32))
    assert part.scores(matrix([1, 1, 0, 0])).tolist() == [[0.0, 0.0, 0.0, 5.0]]


@pytest.mark.parametrize(("knows", "chosen"), [(True, 300.0), (False, 0.0)])
def test_the_weight_of_the_ease_path_is_chosen_on_validation(knows, chosen):
    """A network that ranks c and d by popularity alone, and an ease that is right or wrong about d."""
    asked = [query("ab")] * 5
    cases = Cases(tuple(replace(one, seen=frozenset("ab")) for one in asked), (("d",),) * 5)
    config = multvae.Config(**SMALL, ease=True)
    run = Run(LOG, Catalog(ITEMS), Settings(), config, np.random.default_rng(0), validation=cases)
    made = problem()
    made.judge, made.asked = Judge.of(run), matrix(*[[1, 1, 0, 0]] * 5)
    logits = [0.0, 0.0, 5.0, -1000.0] if knows else [0.0, 0.0, 0.0, 1.0]
    weights = {name: w.detach().numpy() for name, w in still_weights(out_bias=logits).items()}
    table = np.zeros((4, 4), np.float32)
    table[0, 3] = 5.0 if knows else -5.0
    assert made.choose(weights, multvae.EasePath(np.arange(4), table)) == chosen


def test_members_are_asked_for_only_with_the_path():
    assert multvae.members(multvae.Config()) == ()
    assert multvae.members(multvae.Config(ease=True)) == ("ease",)


@pytest.mark.parametrize("recvae", [False, True])
def test_a_fit_that_was_killed_goes_on_to_the_same_result(tmp_path, recvae):
    def killer(done, text):
        if "epoch 2" in text:
            raise KeyboardInterrupt

    whole = fit(recvae=recvae, unvalidated=4)
    with pytest.raises(KeyboardInterrupt):
        fit(recvae=recvae, unvalidated=4, checkpoint=tmp_path, progress=killer)
    again = fit(recvae=recvae, unvalidated=4, checkpoint=tmp_path)
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


def test_earlier_epochs_are_kept():
    config = multvae.Config(**SMALL)
    chosen = fit(unvalidated=2)
    run = Run(LOG, Catalog(ITEMS), Settings(), config, np.random.default_rng(0), chosen=chosen)
    assert (multvae.fit(run).about["epochs"], fit().about["epochs"]) == (2, 3)


def test_what_nobody_had_says_nothing():
    fitted = fit(log("ab", "ba", "ab"))
    np.testing.assert_array_equal(fitted.weights["into"][2:], 0.0)

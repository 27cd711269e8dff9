"""Losses against values worked out by hand, and the chunked softmax against torch's own."""

import math

import numpy as np
import pytest
import torch

from whyrec.learn import losses

NO_HITS = (torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long))


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def softmax(states, positive, negative, hits=NO_HITS, log_q=None):
    return losses.sampled_softmax(torch, states, positive, negative, hits, log_q)


def test_sampled_softmax_is_what_is_worked_out_by_hand():
    # Scores: ln 2 of the wanted item, 0 and ln 5 of the others.
    states, positive = tensor([[1.0]]), tensor([[math.log(2)]])
    negative = tensor([[0.0], [math.log(5)]])
    assert float(softmax(states, positive, negative)) == pytest.approx(math.log((2 + 1 + 5) / 2))
    hit = (torch.tensor([0]), torch.tensor([1]))
    assert float(softmax(states, positive, negative, hit)) == pytest.approx(math.log((2 + 1) / 2))
    # Drawn with probabilities: wanted 1, others 1/2 and 1/4, so that their terms count 2 and 4 times.
    log_q = (tensor([0.0]), tensor([-math.log(2), -math.log(4)]))
    assert float(softmax(states, positive, negative, NO_HITS, log_q)) == pytest.approx(math.log((2 + 2 + 20) / 2))


@pytest.mark.parametrize("chunk", [1 << 18, 64 * 40], ids=["one chunk", "many chunks"])
def test_value_and_gradients_equal_those_of_torch(chunk, monkeypatch):
    monkeypatch.setattr(losses, "CHUNK_NUMBERS", chunk)
    torch.manual_seed(1)
    n, k, width, n_items = 200, 40, 8, 60
    table = torch.randn(n_items, width, dtype=torch.float64, requires_grad=True)
    states = torch.randn(n, width, dtype=torch.float64, requires_grad=True)
    rng = np.random.default_rng(2)
    wanted, negative = rng.integers(0, n_items, n), losses.negatives(n_items, k, rng)
    hits = tuple(torch.from_numpy(part) for part in losses.find_hits(wanted, negative))
    assert len(hits[0]) > 20
    positive, others = table[torch.from_numpy(wanted)], table[torch.from_numpy(negative)]

    ours = softmax(states, positive, others, hits)
    first = torch.autograd.grad(3 * ours, (states, table), retain_graph=True)
    plain = torch.cat([(states * positive).sum(-1, keepdim=True), states @ others.T], 1)
    plain[hits[0], hits[1] + 1] = -torch.inf
    theirs = torch.nn.functional.cross_entropy(plain, torch.zeros(n, dtype=torch.long))
    second = torch.autograd.grad(3 * theirs, (states, table))
    assert float(ours.detach()) == pytest.approx(float(theirs.detach()))
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one, other)


def test_all_items_as_negatives_give_the_exact_cross_entropy():
    torch.manual_seed(3)
    table, states = torch.randn(9, 4), torch.randn(30, 4)
    wanted = np.random.default_rng(0).integers(0, 9, 30)
    negative = losses.negatives(9, 50, np.random.default_rng(0))
    assert negative.tolist() == list(range(9))
    hits = tuple(torch.from_numpy(part) for part in losses.find_hits(wanted, negative))
    exact = torch.nn.functional.cross_entropy(states @ table.T, torch.from_numpy(wanted))
    assert float(softmax(states, table[wanted], table, hits)) == pytest.approx(float(exact), rel=1e-5)


def test_negatives_are_distinct_ascending_and_hits_are_found():
    found = losses.negatives(1000, 300, np.random.default_rng(0))
    assert 200 < len(found) <= 300 and (np.diff(found) > 0).all()
    states, places = losses.find_hits(np.array([5, 7, 2, 99]), np.array([2, 5, 8]))
    assert list(zip(states, places, strict=True)) == [(0, 1), (2, 0)]


def test_bpr_is_what_is_worked_out_by_hand():
    # Gaps of 0 and ln 3, and one pair that does not count.
    wanted, others = tensor([0.0, math.log(3)]), tensor([[0.0, -math.inf], [0.0, -math.inf]])
    assert float(losses.bpr(torch, wanted, others)) == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)
    others.requires_grad_()
    losses.bpr(torch, wanted, others).backward()
    assert torch.isfinite(others.grad).all()


def test_binary_cross_entropy_is_what_is_worked_out_by_hand():
    wanted, others = tensor([math.log(3)]), tensor([[0.0, -math.log(3), -math.inf]])
    plain = math.log(4 / 3) + math.log(2) + math.log(4 / 3)
    assert float(losses.gbce(torch, wanted, others, n_items=31, t=0.0)) == pytest.approx(plain)
    # 3 of 30 negatives: alpha 0.1; t = 1 gives beta = alpha, t = 0.75 gives 0.1 * (0.75 * -9 + 10) = 0.325.
    calibrated = 0.325 * math.log(4 / 3) + math.log(2) + math.log(4 / 3)
    assert float(losses.gbce(torch, wanted, others, n_items=31, t=0.75)) == pytest.approx(calibrated)


def test_logits_leave_hits_out():
    hits = (torch.tensor([0]), torch.tensor([1]))
    wanted, others = losses.logits(torch, tensor([[2.0]]), tensor([[3.0]]), tensor([[1.0], [3.0]]), hits)
    assert wanted.tolist() == [6.0] and others.tolist() == [[2.0, -math.inf]]


@pytest.mark.parametrize("loss", ["softmax", "corrected softmax", "bpr", "gbce"])
def test_the_gradient_of_each_loss_is_the_true_one(loss):
    """Against differences of the value, hits included."""
    torch.manual_seed(0)
    states, positive, negative = (torch.randn(n, 3, dtype=torch.float64, requires_grad=True) for n in (5, 5, 4))
    hits = (torch.tensor([1, 3]), torch.tensor([0, 2]))
    log_q = (torch.randn(5, dtype=torch.float64), torch.randn(4, dtype=torch.float64))

    def value(*vectors):
        if loss.endswith("softmax"):
            return softmax(*vectors, hits, log_q if loss.startswith("corrected") else None)
        scores = losses.logits(torch, *vectors, hits)
        return losses.bpr(torch, *scores) if loss == "bpr" else losses.gbce(torch, *scores, 9)

    assert torch.autograd.gradcheck(value, (states, positive, negative))

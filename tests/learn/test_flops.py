"""Counted operations are those of the products."""

import pytest

from whyrec.learn import flops

torch = pytest.importorskip("torch", reason="the extra train is not installed")


def test_counts_forward_and_backward_of_a_product():
    a, b = torch.ones(3, 5, requires_grad=True), torch.ones(5, 7, requires_grad=True)
    assert flops.count(lambda: a.detach() @ b.detach()) == 2 * 3 * 5 * 7
    assert flops.count(lambda: (a @ b).sum().backward()) == 3 * 2 * 3 * 5 * 7


def test_the_peak_is_that_of_some_core(monkeypatch):
    monkeypatch.setattr(flops, "SIZE", 512)
    assert 1e8 < flops.peak() < 1e13

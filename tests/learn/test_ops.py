"""The numpy and the torch operations agree, and attention and recurrence give what is worked out by hand."""

import numpy as np
import pytest
import torch

from whyrec.learn import engine
from whyrec.learn.ops import NumpyOps, TorchOps

RNG = np.random.default_rng(0)
B, T, D = 3, 5, 4
X = RNG.standard_normal((B, T, D))
LIVE = np.array([[1, 1, 0, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 1]], bool)


def weight(*shape):
    return RNG.standard_normal(shape)


CALLS = {
    "rows": (weight(7, D), np.array([[1, 0], [6, 6]])),
    "linear": (X, weight(D, 3), weight(3)),
    "layer_norm": (X, weight(D), weight(D)),
    "relu": (X,),
    "sigmoid": (30 * X,),
    "tanh": (X,),
    "softmax": (X,),
    "shift": (X, 2),
    "shift beyond": (X, T + 1),
    "maximum": (X, X[::-1].copy()),
    "join": ([X, X + 1],),
    "attention": (X, X + 1, X - 1, 2),
    "split": (X, 2),
}
CELLS = {"gru": 3, "lstm": 4}


def both(name, *arguments):
    def tensor(value):
        if isinstance(value, list):
            return [tensor(part) for part in value]
        return torch.from_numpy(value) if isinstance(value, np.ndarray) else value

    with torch.no_grad():
        made = getattr(TorchOps(torch, training=False), name)(*(tensor(value) for value in arguments))
    ours = getattr(NumpyOps(), name)(*arguments)
    return (ours, [part.numpy() for part in made]) if isinstance(made, list) else (ours, made.numpy())


@pytest.mark.parametrize("name", CALLS)
def test_numpy_equals_torch(name):
    np.testing.assert_allclose(*both(name.split()[0], *CALLS[name]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("live", [None, LIVE], ids=["all live", "some live"])
@pytest.mark.parametrize("heads", [1, 2])
def test_attention_of_numpy_equals_torch(heads, live):
    ours, theirs = both("attention", X, X + 1, X - 1, heads, live)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    assert np.isfinite(ours).all()


@pytest.mark.parametrize("cell", CELLS)
def test_recurrence_of_numpy_equals_torch(cell):
    n = CELLS[cell] * 6
    arguments = (X, cell, weight(n, D), weight(n, 6), weight(n), weight(n))
    np.testing.assert_allclose(*both("recurrent", *arguments), rtol=1e-10, atol=1e-12)


def test_attention_is_what_is_worked_out_by_hand():
    # One head of width 1, so that nothing is scaled: the last slot matches the two before it with ln 1 and ln 3.
    query, key, value = (
        np.array(numbers, float).reshape(1, 3, 1) for numbers in ([1, 1, 1], [0, np.log(3), 0], [10, 2, 6])
    )
    for ops, found in zip(("numpy", "torch"), both("attention", query, key, value, 1), strict=True):
        np.testing.assert_allclose(found.ravel(), [10, (10 + 3 * 2) / 4, (10 + 3 * 2 + 6) / 5], err_msg=ops)
    # Without the slot in the middle, the last one has two slots of equal match; the one left out sees itself.
    live = np.array([[True, False, True]])
    for ops, found in zip(("numpy", "torch"), both("attention", query, key, value, 1, live), strict=True):
        np.testing.assert_allclose(found.ravel(), [10, (10 + 3 * 2) / 4, (10 + 6) / 2], err_msg=ops)


def test_what_follows_does_not_change_a_state():
    changed = X.copy()
    changed[:, 3:] += 5
    ops = NumpyOps()
    np.testing.assert_array_equal(ops.attention(X, X, X, 2)[:, :3], ops.attention(changed, changed, changed, 2)[:, :3])


def test_a_gru_step_is_what_is_worked_out_by_hand():
    # All gates of weight 0: reset and update are 1/2. The new content is tanh(ln 2) = 0.6, half of it is kept.
    into, over = np.array([[0.0], [0.0], [np.log(2)]]), np.zeros((3, 1))
    states = NumpyOps().recurrent(np.ones((1, 2, 1)), "gru", into, over, np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(states.ravel(), [0.3, 0.45])


def test_dropout_works_in_training_only():
    x = np.ones((100, 100), np.float32)
    assert NumpyOps().dropout(x, 0.5) is x
    tensor = torch.from_numpy(x)
    assert TorchOps(torch, training=False).dropout(tensor, 0.5) is tensor
    assert TorchOps(torch).dropout(tensor, 0.0) is tensor


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_dropout_drops_its_share_anywhere_alike_and_keeps_the_mean(share):
    torch.manual_seed(0)
    x = torch.ones(4000, 9, requires_grad=True)
    dropped = TorchOps(torch).dropout(x, share)
    dropped.sum().backward()
    assert dropped.detach().unique().tolist() == pytest.approx([0.0, 1 / (1 - share)])
    assert torch.equal(x.grad, dropped.detach())
    # Eight bytes are drawn together: each of them is as random as the others.
    by_byte = (dropped.detach().ravel().view(-1, 8) == 0).float().mean(0)
    np.testing.assert_allclose(by_byte, share, atol=0.03)
    again = TorchOps(torch).dropout(x, share)
    assert not torch.equal(dropped, again)


def test_torch_is_missing_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(Exception, match=r"Fitting x needs the package 'torch'.*-e '\.\[train\]'"):
        engine.load("Fitting x")

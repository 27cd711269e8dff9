"""The few array operations that models are written in, once for numpy and once for torch.

A model's forward pass is one function of (weights, inputs, ops). Fitting calls it with TorchOps, serving with
NumpyOps, so that what is served is what was trained, and serving needs no torch. Arrays are numpy arrays with the
one and tensors with the other; names, arguments and results are the same, and a test holds them against each other.

Shape letters: B sequences, T slots, D width, H heads. Sequences are padded on the right: a causal operation never
looks there, so that padding needs no mask. `live` [B, T] says which slots have content; None means that all have.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = Any
"""A numpy array or a tensor, whichever the ops work on."""


class Ops(Protocol):
    """What a forward pass may use, beside +, -, *, @, slices and reshape, which arrays and tensors share."""

    def put(self, array: NDArray[Any]) -> Array:
        """Return a numpy array as these ops work on it."""
        ...

    def take(self, array: Array) -> NDArray[Any]:
        """Return what these ops made as a numpy array."""
        ...

    def rows(self, table: Array, codes: Array) -> Array:
        """Return the rows of a table [I, D] that whole numbers [...] name, [..., D]."""
        ...

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Return x @ weight + bias for x [..., A] and weight [A, B]."""
        ...

    def layer_norm(self, x: Array, gain: Array, bias: Array) -> Array:
        """Scale each vector to mean 0 and variance 1, then by gain and bias [D]."""
        ...

    def dropout(self, x: Array, share: float) -> Array:
        """Set this share of the numbers to zero and scale the others up; the identity outside training."""
        ...

    def relu(self, x: Array) -> Array:
        """Return max(x, 0)."""
        ...

    def sigmoid(self, x: Array) -> Array:
        """Return 1 / (1 + exp(-x))."""
        ...

    def tanh(self, x: Array) -> Array:
        """Return the hyperbolic tangent."""
        ...

    def softmax(self, x: Array) -> Array:
        """Return exp(x), scaled to sum 1 along the last axis."""
        ...

    def attention(self, query: Array, key: Array, value: Array, heads: int, live: Array | None = None) -> Array:
        """Causal attention over T slots, [B, T, D]; each head has D / heads of the width.

        A slot attends to itself and to the live slots before it. So a slot without content, which no other slot
        looks at, still has a finite state.
        """
        ...

    def recurrent(self, x: Array, cell: str, into: Array, over: Array, into_bias: Array, over_bias: Array) -> Array:
        """States of a recurrent cell after each slot, [B, T, D]; cell is "gru" or "lstm".

        Weights as in torch: into [G D, A], over [G D, D], with the gates r, z, n of a GRU or i, f, g, o of an LSTM.
        """
        ...

    def shift(self, x: Array, ago: int) -> Array:
        """Return what was so many slots ago, [B, T, ...]; 0 before the first slot."""
        ...

    def maximum(self, x: Array, y: Array) -> Array:
        """Return the larger of two numbers, place by place."""
        ...

    def join(self, parts: list[Array]) -> Array:
        """Lay arrays side by side along the last axis."""
        ...

    def split(self, x: Array, n: int) -> list[Array]:
        """Cut the last axis into n equal parts."""
        ...


class NumpyOps:
    """Serving: plain numpy, no dropout. Works in the precision of the arrays that it is given."""

    def put(self, array: NDArray[Any]) -> Array:
        """Return the array."""
        return array

    def take(self, array: Array) -> NDArray[Any]:
        """Return the array."""
        return np.asarray(array)

    def rows(self, table: Array, codes: Array) -> Array:
        """Return table[codes]."""
        return table[codes]

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Return x @ weight + bias."""
        # One large product instead of one for each sequence.
        flat = x.reshape(-1, x.shape[-1]) @ weight
        return (flat if bias is None else flat + bias).reshape(*x.shape[:-1], weight.shape[1])

    def layer_norm(self, x: Array, gain: Array, bias: Array) -> Array:
        """Scale each vector to mean 0 and variance 1, then by gain and bias."""
        x = x - x.mean(axis=-1, keepdims=True)
        return x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + 1e-5) * gain + bias

    def dropout(self, x: Array, share: float) -> Array:
        """Return x."""
        return x

    def relu(self, x: Array) -> Array:
        """Return max(x, 0)."""
        return np.maximum(x, 0)

    def sigmoid(self, x: Array) -> Array:
        """Return 1 / (1 + exp(-x)), without overflow."""
        return 0.5 * (1 + np.tanh(0.5 * x))

    def tanh(self, x: Array) -> Array:
        """Return the hyperbolic tangent."""
        return np.tanh(x)

    def softmax(self, x: Array) -> Array:
        """Return exp(x), scaled to sum 1 along the last axis."""
        risen = np.exp(x - x.max(axis=-1, keepdims=True))
        return risen / risen.sum(axis=-1, keepdims=True)

    def attention(self, query: Array, key: Array, value: Array, heads: int, live: Array | None = None) -> Array:
        """Causal attention over T slots."""
        weights = self.attention_weights(query, key, heads, live)
        B, T, D = value.shape
        mixed = weights @ value.reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3)
        return mixed.transpose(0, 2, 1, 3).reshape(B, T, D)

    def attention_weights(self, query: Array, key: Array, heads: int, live: Array | None = None) -> Array:
        """How much each slot attends to each, [B, H, T, T]; rows sum to 1."""
        B, T, D = query.shape
        split = (B, T, heads, D // heads)
        match = query.reshape(split).transpose(0, 2, 1, 3) @ key.reshape(split).transpose(0, 2, 3, 1)
        allowed = np.tri(T, dtype=bool)[None, None]
        if live is not None:
            allowed = allowed & (live[:, None, None, :] | np.eye(T, dtype=bool))
        return self.softmax(np.where(allowed, match / np.sqrt(D // heads), -np.inf))

    def recurrent(self, x: Array, cell: str, into: Array, over: Array, into_bias: Array, over_bias: Array) -> Array:
        """States of a recurrent cell after each slot."""
        B, T, _ = x.shape
        D = over.shape[1]
        driven = self.linear(x, into.T, into_bias)
        states = np.empty((B, T, D), x.dtype)
        state = memory = np.zeros((B, D), x.dtype)
        for t in range(T):
            own = state @ over.T + over_bias
            gate = driven[:, t]
            if cell == "gru":
                reset, update = np.split(self.sigmoid(gate[:, : 2 * D] + own[:, : 2 * D]), 2, axis=1)
                new = np.tanh(gate[:, 2 * D :] + reset * own[:, 2 * D :])
                state = new + update * (state - new)
            else:
                i, f, g, o = np.split(gate + own, 4, axis=1)
                memory = self.sigmoid(f) * memory + self.sigmoid(i) * np.tanh(g)
                state = self.sigmoid(o) * np.tanh(memory)
            states[:, t] = state
        return states

    def shift(self, x: Array, ago: int) -> Array:
        """Return what was so many slots ago; 0 before the first slot."""
        moved = np.zeros_like(x)
        moved[:, ago:] = x[:, : max(0, x.shape[1] - ago)]
        return moved

    def maximum(self, x: Array, y: Array) -> Array:
        """Return the larger of two numbers, place by place."""
        return np.maximum(x, y)

    def join(self, parts: list[Array]) -> Array:
        """Lay arrays side by side along the last axis."""
        return np.concatenate(parts, axis=-1)

    def split(self, x: Array, n: int) -> list[Array]:
        """Cut the last axis into n equal parts."""
        return np.split(x, n, axis=-1)


class TorchOps:
    """Fitting: torch, with dropout where `training`."""

    def __init__(self, torch: Any, training: bool = True, device: Any = "cpu") -> None:
        self.torch, self.training, self.device = torch, training, device
        self.functional = torch.nn.functional

    def put(self, array: NDArray[Any]) -> Array:
        """Return the array as a tensor on the device."""
        return self.torch.from_numpy(array).to(self.device)

    def take(self, array: Array) -> NDArray[Any]:
        """Return a tensor as an array."""
        return np.asarray(array.detach().cpu().numpy())

    def rows(self, table: Array, codes: Array) -> Array:
        """Return table[codes]."""
        return self.functional.embedding(codes, table)

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """Return x @ weight + bias."""
        return self.functional.linear(x, weight.T, bias)

    def layer_norm(self, x: Array, gain: Array, bias: Array) -> Array:
        """Scale each vector to mean 0 and variance 1, then by gain and bias."""
        return self.functional.layer_norm(x, gain.shape, gain, bias, 1e-5)

    def dropout(self, x: Array, share: float) -> Array:
        """Set a share of the numbers to zero and scale the others up.

        On a CPU one random byte decides a number, so that shares are whole 256ths: a third of the cost of torch's own.
        """
        if not self.training or not share:
            return x
        if x.is_cuda:
            return self.functional.dropout(x, share)
        cut = min(255, round(256 * share))
        drawn = self.torch.empty(-(-x.numel() // 8), dtype=self.torch.int64).random_(-(1 << 63), None)
        kept = (drawn.view(self.torch.uint8)[: x.numel()] >= cut).view(x.shape)
        return x * kept.to(x.dtype).mul_(256 / (256 - cut))

    def relu(self, x: Array) -> Array:
        """Return max(x, 0)."""
        return self.torch.relu(x)

    def sigmoid(self, x: Array) -> Array:
        """Return 1 / (1 + exp(-x))."""
        return self.torch.sigmoid(x)

    def tanh(self, x: Array) -> Array:
        """Return the hyperbolic tangent."""
        return self.torch.tanh(x)

    def softmax(self, x: Array) -> Array:
        """Return exp(x), scaled to sum 1 along the last axis."""
        return self.torch.softmax(x, -1)

    def attention(self, query: Array, key: Array, value: Array, heads: int, live: Array | None = None) -> Array:
        """Causal attention over T slots."""
        B, T, D = query.shape
        query, key, value = (x.view(B, T, heads, D // heads).transpose(1, 2) for x in (query, key, value))
        mask = None
        if live is not None:
            whole = self.torch.ones(T, T, dtype=self.torch.bool, device=live.device)
            mask = whole.tril() & (
                live[:, None, None, :] | self.torch.eye(T, dtype=self.torch.bool, device=live.device)
            )
        attend = self.functional.scaled_dot_product_attention
        mixed = attend(query, key, value, attn_mask=mask, is_causal=live is None)
        return mixed.transpose(1, 2).reshape(B, T, D)

    def recurrent(self, x: Array, cell: str, into: Array, over: Array, into_bias: Array, over_bias: Array) -> Array:
        """States of a recurrent cell after each slot."""
        start = x.new_zeros(1, x.shape[0], over.shape[1])
        weights = [into, over, into_bias, over_bias]
        if cell == "gru":
            return self.torch.gru(x, start, weights, True, 1, 0.0, self.training, False, True)[0]
        return self.torch.lstm(x, (start, start), weights, True, 1, 0.0, self.training, False, True)[0]

    def shift(self, x: Array, ago: int) -> Array:
        """Return what was so many slots ago; 0 before the first slot."""
        before = x.new_zeros(x.shape[0], min(ago, x.shape[1]), *x.shape[2:])
        return self.torch.cat([before, x[:, : max(0, x.shape[1] - ago)]], 1)

    def maximum(self, x: Array, y: Array) -> Array:
        """Return the larger of two numbers, place by place."""
        return self.torch.maximum(x, y)

    def join(self, parts: list[Array]) -> Array:
        """Lay arrays side by side along the last axis."""
        return self.torch.cat(parts, -1)

    def split(self, x: Array, n: int) -> list[Array]:
        """Cut the last axis into n equal parts; the gradient of slices would be n arrays of mostly zeros."""
        return list(x.chunk(n, -1))

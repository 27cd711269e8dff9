"""One block of a transformer, as an encoder has it and, with a memory to look into, as a decoder has it.

    a = LN(h);  h <- h + Attention(a Wq, m Wk, m Wv) Wo;   h <- h + ReLU(LN(h) W1 + b1) W2 + b2
    gated:  h <- h + sigmoid(h Wa) * Attention(...);  b = LN(h);  h <- h + sigmoid(h Wb) * (SiLU(b W1) * (b W3)) W2

where m = a in an encoder (self-attention) and the encoder's states in a decoder (cross-attention). Attention is causal:
slot t looks at slots up to t, whichever they are taken from.

Vaswani et al.: "Attention is all you need", NeurIPS 2017, https://arxiv.org/abs/1706.03762, with LN before each part;
gates after Borisyuk et al.: "LiGR", 2025, https://arxiv.org/abs/2502.03417.

Shape letters: B sequences, T slots, D width.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from whyrec.core.types import Floats32
from whyrec.learn.ops import Array, Ops


def block(
    h: Array,
    w: Mapping[str, Array],
    heads: int,
    dropout: float,
    live: Array | None,
    ops: Ops,
    memory: Array | None = None,
) -> Array:
    """States after the block, [B, T, D]; `memory` [B, T, D] is what is looked into, None for the states themselves.

    `live` [B, T] says which slots may be looked at, None for all. The block is gated where `w` holds gates.
    """
    D = h.shape[-1]
    a = ops.layer_norm(h, w["norm1"], w["norm1_bias"])
    if memory is None:
        query, key, value = ops.split(ops.linear(a, w["qkv"], w["qkv_bias"]), 3)
    else:
        query = ops.linear(a, w["qkv"][:, :D], w["qkv_bias"][:D])
        both = ops.linear(memory, w["qkv"][:, D:], w["qkv_bias"][D:])
        key, value = ops.split(both, 2)
    return after(h, w, ops.attention(query, key, value, heads, live), dropout, ops)


def after(h: Array, w: Mapping[str, Array], mixed: Array, dropout: float, ops: Ops) -> Array:
    """States after the block, of those before it and of what its attention mixed for them, [..., D] each."""
    gated = "gate1" in w
    mixed = ops.dropout(ops.linear(mixed, w["out"], w["out_bias"]), dropout)
    h = h + (mixed if not gated else ops.sigmoid(ops.linear(h, w["gate1"])) * mixed)
    b = ops.layer_norm(h, w["norm2"], w["norm2_bias"])
    up = ops.linear(b, w["up"], w["up_bias"])
    up = up * ops.sigmoid(up) * ops.linear(b, w["side"]) if gated else ops.relu(up)
    down = ops.dropout(ops.linear(ops.dropout(up, dropout), w["down"], w["down_bias"]), dropout)
    return h + (down if not gated else ops.sigmoid(ops.linear(h, w["gate2"])) * down)


def layer(weights: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """Weights of the block whose names begin with `prefix` and a dot."""
    return {name.removeprefix(f"{prefix}."): w for name, w in weights.items() if name.startswith(f"{prefix}.")}


def depth(weights: Mapping[str, Array], prefix: str = "") -> int:
    """Count the blocks whose names begin with `prefix`."""
    return sum(name.startswith(prefix) and name.endswith(".qkv") for name in weights)


def start(rng: np.random.Generator, D: int, prefix: str, gated: bool = False) -> dict[str, Floats32]:
    """Weights of a block to begin with: matrices scaled by their width, so that the block adds little."""

    def normal(n: int, m: int, scale: float) -> Floats32:
        return (rng.standard_normal((n, m)) * scale).astype(np.float32)

    def zeros(*shape: int) -> Floats32:
        return np.zeros(shape, np.float32)

    inner, wide, ones = D * (2 if gated else 1), D**-0.5, np.ones(D, np.float32)
    made = {
        "norm1": ones.copy(), "norm1_bias": zeros(D), "qkv": normal(D, 3 * D, wide), "qkv_bias": zeros(3 * D),
        "out": normal(D, D, wide / 2), "out_bias": zeros(D), "norm2": ones.copy(), "norm2_bias": zeros(D),
        "up": normal(D, inner, wide), "up_bias": zeros(inner),
        "down": normal(inner, D, inner**-0.5 / 2), "down_bias": zeros(D),
    }  # fmt: skip
    if gated:
        made |= {"gate1": zeros(D, D), "gate2": zeros(D, D), "side": normal(D, inner, wide)}
    return {f"{prefix}.{name}": array for name, array in made.items()}

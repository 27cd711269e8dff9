"""States of a causal transformer without each event in turn, by down-dating attention instead of running it again.

Equal to masking one event at a time and encoding n histories, up to rounding, for less than a third of the work:

1. The first block sees the same inputs whatever is masked, so its attention weights a are computed once. Masking key i
   changes what slot j mixes to (mix_j - a_ji v_i) / (1 - a_ji), head by head.
2. Slots before i see nothing of i, so only n (n - 1) / 2 pairs (i, j > i) go through the rest of the block.
3. In a last block after the first only the slot that predicts asks: one query for each masked event.

For one block or two; a tombstone must keep the places and times of all others (docs/decisions/0001). Where a_ji is so
near 1 that the division would cancel, the pair is mixed again from the other keys.

Shape letters: n live slots, P pairs, D width, H heads, d = D / H.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from whyrec.core.types import Floats, Ints
from whyrec.learn import transformer
from whyrec.learn.ops import NumpyOps

TILE = 2048
"""Pairs that go through a block together: small enough to stay in the cache."""
CANCELS = 0.99
"""Attention above which a pair is mixed again."""

Weights: TypeAlias = Mapping[str, Floats]


def _after(h: Floats, block: Weights, mixed: Floats) -> Floats:
    made: Floats = transformer.after(h, block, mixed, 0.0, NumpyOps())
    return made


@dataclass(frozen=True, eq=False)
class Attended:
    """Attention of a whole history in one block."""

    state: Floats  # [n, D] before the block
    key: Floats  # [n, H, d]
    value: Floats
    match: Floats  # [H, n, n] before the softmax; -inf for later slots
    weight: Floats  # [H, n, n]
    mixed: Floats  # [n, H, d]


def without_each(weights: Weights, h: Floats, heads: int) -> Floats:
    """Return the state that predicts without each of n slots, [n, D], after the last norm; zero where n is 1.

    `h` [n, D] are the embedded live slots; `weights` hold one or two blocks and the last norm.
    """
    n, last = len(h), len(h) - 1
    found = np.zeros_like(h)
    if n < 2:
        return found
    blocks = [transformer.layer(weights, str(number)) for number in range(transformer.depth(weights))]
    first = attend(blocks[0], h, heads)
    if len(blocks) == 1:
        gone, at = np.arange(last), np.full(last, last)
        found[:last] = _after(h[at], blocks[0], _mixed_without(first, gone, at))
        found[last] = _after(h[last - 1], blocks[0], first.mixed[last - 1].ravel())
    else:
        second = attend(blocks[1], _after(h, blocks[0], first.mixed.reshape(n, -1)), heads)
        for begin, end in _tiles(n):
            gone = np.repeat(np.arange(begin, end), last - np.arange(begin, end))
            at = np.concatenate([np.arange(slot + 1, n) for slot in range(begin, end)])
            changed = _after(h[at], blocks[0], _mixed_without(first, gone, at))
            found[begin:end] = _last_block(blocks[1], second, changed, gone - begin, at, begin)
        found[last] = _after(second.state[last - 1], blocks[1], second.mixed[last - 1].ravel())
    states: Floats = NumpyOps().layer_norm(found, weights["norm"], weights["norm_bias"])
    return states


def attend(block: Weights, h: Floats, heads: int) -> Attended:
    """Causal attention over all slots of one history, [n, D]."""
    n, D = h.shape
    qkv = _project(block, h).reshape(n, 3, heads, D // heads)
    query, key, value = qkv[:, 0], qkv[:, 1], qkv[:, 2]
    match = query.transpose(1, 0, 2) @ key.transpose(1, 2, 0) / np.sqrt(D // heads)
    match = np.where(np.tri(n, dtype=bool), match, -np.inf)
    weight = NumpyOps().softmax(match)
    return Attended(h, key, value, match, weight, (weight @ value.transpose(1, 0, 2)).transpose(1, 0, 2))


def _project(block: Weights, h: Floats) -> Floats:
    ops = NumpyOps()
    made: Floats = ops.linear(ops.layer_norm(h, block["norm1"], block["norm1_bias"]), block["qkv"], block["qkv_bias"])
    return made


def _mixed_without(whole: Attended, gone: Ints, at: Ints) -> Floats:
    """What slots `at` mix without the keys `gone`, [P, D]; each key is before its slot."""
    share = whole.weight[:, at, gone].T[..., None]  # [P, H, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mixed = (whole.mixed[at] - share * whole.value[gone]) / (1 - share)
    for pair, head in zip(*np.nonzero(share[..., 0] > CANCELS), strict=True):
        match = whole.match[head, at[pair]].copy()
        match[gone[pair]] = -np.inf
        mixed[pair, head] = NumpyOps().softmax(match) @ whole.value[:, head]
    return mixed.reshape(len(at), -1)


def _last_block(block: Weights, whole: Attended, changed: Floats, row: Ints, at: Ints, begin: int) -> Floats:
    """States of the last slot after the last block, for each masked slot of a tile, [R, D].

    `changed` [P, D] are the states of the pairs, grouped by masked slot (`row` counts within the tile); the slot that
    predicts is the last of each group. Slots before the masked one are as they were.
    """
    n, heads, d = whole.key.shape
    bounds = np.flatnonzero(np.diff(row, prepend=-1))
    asks = np.append(bounds[1:], len(row)) - 1
    qkv = _project(block, changed).reshape(len(row), 3, heads, d)
    query = qkv[asks, 0]  # [R, H, d]
    match = np.full((len(asks), heads, n), -np.inf)
    before = np.arange(n) < begin + np.arange(len(asks))[:, None]
    old = (query.transpose(1, 0, 2) @ whole.key.transpose(1, 2, 0)).transpose(1, 0, 2)
    match = np.where(before[:, None, :], old, match)
    match[row, :, at] = np.einsum("phd,phd->ph", query[row], qkv[:, 1])
    weight = NumpyOps().softmax(match / np.sqrt(d))  # [R, H, n]
    kept = np.where(before[:, None, :], weight, 0.0)
    mixed = (kept.transpose(1, 0, 2) @ whole.value.transpose(1, 0, 2)).transpose(1, 0, 2)
    mixed = mixed + np.add.reduceat(weight[row, :, at][..., None] * qkv[:, 2], bounds, axis=0)
    return _after(changed[asks], block, mixed.reshape(len(asks), -1))


def _tiles(n: int) -> list[tuple[int, int]]:
    """Ranges of masked slots, each with at most about TILE pairs; the last slot has none."""
    tiles, begin = [], 0
    while begin < n - 1:
        end, pairs = begin, 0
        while end < n - 1 and (end == begin or pairs + n - 1 - end <= TILE):
            pairs += n - 1 - end
            end += 1
        tiles.append((begin, end))
        begin = end
    return tiles

"""How fast sequence models learn: users and positions a CPU second of one epoch, and the share of the peak of one core.

    .venv/bin/python bench/training.py SHOP [--width 64] [--dropout 0.3] [--items 100000]

SHOP is a folder made by `whyrec init`; the training part of leave-one-out is learned from, on one thread. The peak is
that of a large float32 product, measured before and after. Only useful operations are counted, without padding,
dropout, norms and the optimiser. `--items` enlarges the catalogue, to see whether the speed depends on it.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch

from whyrec.core.config import read_settings
from whyrec.data import tables
from whyrec.data.batch import arrange_log
from whyrec.data.split import is_target, loo
from whyrec.learn import engine
from whyrec.learn.optimise import Optimiser
from whyrec.learn.sequences import NextItem
from whyrec.learn.windows import Reads, Windows
from whyrec.models import sasrec


def peak():
    """Return GFLOP/s of a large float32 product."""
    one = torch.ones(2048, 2048)
    one @ one
    start = time.process_time()
    for _ in range(3):
        one @ one
    return 3 * 2 * 2048**3 / (time.process_time() - start) / 1e9


def operations(batch, width, depth):
    """Useful operations of a step, forward and backward: blocks, causal attention and the loss."""
    used = int((np.arange(batch.inputs.item.shape[1]) <= batch.inputs.age.max(axis=1)[:, None]).sum())
    length = batch.inputs.age.max(axis=1) + 1.0
    attention = 3 * 4 * width * float((length * (length + 1) / 2).sum())
    loss = 6 * len(batch.target) * len(batch.negative) * width
    return depth * (6 * used * 6 * width**2 + attention) + loss


def epoch(problem, optimiser, depth, seed):
    """Return (CPU seconds, positions, operations, of which seconds spent on making batches)."""
    torch.manual_seed(seed)
    positions = flops = 0
    start = time.process_time()
    making, before = 0.0, start
    for batch in problem.batches(np.random.default_rng(seed)):
        making += time.process_time() - before
        loss = problem.loss(optimiser.open(problem.rows(batch)), batch)
        loss.backward()
        optimiser.step(1e-3)
        positions += len(batch.target)
        flops += operations(batch, problem.config.width, depth)
        before = time.process_time()
    return time.process_time() - start, positions, flops, making


def main():
    """Print one line an epoch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--history", type=int, default=50)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--negatives", type=int, default=1024)
    parser.add_argument("--items", type=int, default=0)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    settings, found = read_settings(chosen.shop / "whyrec.toml"), tables.load(chosen.shop)
    train, reads = loo(found.events, settings).train, Reads(chosen.history)
    log = arrange_log(train, settings.events.weights, settings.events.rating_threshold)
    config = sasrec.Config(
        width=chosen.width, dropout=chosen.dropout, batch=chosen.batch, negatives=chosen.negatives, depth=chosen.depth
    )
    n_items = max(chosen.items, len(found.catalog))
    forward = partial(sasrec.encode, config.heads, config.dropout)
    problem = NextItem(Windows.of(log, is_target(train, settings)[log.slot], reads), forward, config, n_items)
    weights = sasrec.start(np.random.default_rng(0), n_items, config, reads)
    optimiser = Optimiser(torch, engine.put(torch, weights, "cpu"), problem.tables, 0.0)
    n_users = int((np.diff(log.bounds) > 1).sum())
    print(f"{n_users} users, {n_items} items, {config}")
    for number in range(4):
        before = peak()
        cpu_s, positions, flops, making = epoch(problem, optimiser, config.depth, number)
        top = max(before, peak())
        print(
            f"epoch {number}: {cpu_s:.2f} CPU s ({making:.2f} for batches), {n_users / cpu_s:,.0f} users/s, "
            f"{positions / cpu_s:,.0f} positions/s, {flops / cpu_s / 1e9:.1f} of {top:.0f} GFLOP/s = "
            f"{100 * flops / cpu_s / 1e9 / top:.0f} %",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Exact leave-one-out of the transformer: by down-dating attention, and by one batch of n masked histories.

    .venv/bin/python bench/occlusion.py [--lengths 50,200] [--repeats 9]

Random weights of the size that long logs get (64 wide, two blocks), 12,000 items, a page of ten. Both ways run in turn
in one process on one thread; processor milliseconds, median of the repeats, and the largest difference of a score.
"""

import argparse
import time

import numpy as np

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.types import History, Query, Vocabulary
from whyrec.learn.windows import Reads

N_ITEMS = 12_000


def model_of(width, depth, length):
    """Return a transformer with random weights, a fifth of them large enough that attention is uneven."""
    file = models.find("sasrec")
    config = file.Config(width=width, depth=depth, history=length, dropout=0.0)
    rng = np.random.default_rng(0)
    weights = file.start(rng, N_ITEMS, config, Reads(length))
    loud = {name: (w * (5 if name.endswith("qkv") else 1)).astype(np.float32) for name, w in weights.items()}
    loud["items"] = rng.normal(size=loud["items"].shape).astype(np.float32) * width**-0.5
    items = Vocabulary.of([f"i{code}" for code in range(N_ITEMS)])
    return file.SasRec(items, config, Settings(), loud, np.zeros(N_ITEMS), {})


def timed(call, repeats):
    """Return the result and the median processor milliseconds."""
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        result = call()
        spent.append(1e3 * (time.process_time() - begin))
    return result, float(np.median(spent))


def main():
    """Print one line for each length and depth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="50,200")
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    print("n    width blocks  one batch ms  down-date ms  times cheaper  largest difference")
    for length in map(int, options.lengths.split(",")):
        for width, depth in ((64, 2), (128, 1)):
            model = model_of(width, depth, length)
            rng = np.random.default_rng(length)
            rows = [(f"i{rng.integers(N_ITEMS)}", "view", 1e9 + n) for n in range(length)]
            query, page = Query(at=2e9, history=History.of(rows)), [f"i{code}" for code in range(10)]
            model.without_each(query, page)
            masked = [query.without([slot]) for slot in range(length)]
            batch, slow = timed(lambda m=model, q=masked, p=page: m.score(q, p), options.repeats)
            ours, quick = timed(lambda m=model, q=query, p=page: m.without_each(q, p), options.repeats)
            off = float(np.abs(batch - ours).max())
            print(
                f"{length:<5}{width:<6}{depth:<8}{slow:12.1f}{quick:14.1f}{slow / quick:15.1f}{off:20.1e}", flush=True
            )


if __name__ == "__main__":
    main()

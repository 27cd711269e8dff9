"""Spoken titles: does a voice that was never heard find the product? Simulated speech (espeak-ng), simulated shop.

.venv/bin/python bench/speech.py [--items 200] [--voices 10] [--epochs 60]
"""

import argparse

import numpy as np

from whyrec.learn import speech
from whyrec.measure import intervals
from whyrec.simulated.goods import make
from whyrec.simulated.speech import UNHEARD, VOICES, spoken


def main():
    """Print recall at 1 and 10 for voices that were heard and for others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--voices", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=60)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    goods = [item for item in make(rng).items if item.kind == "product"]
    titles = [goods[k].titles["en"] for k in rng.permutation(len(goods))[: chosen.items]]
    voices = VOICES[: chosen.voices]
    said = {voice: [spoken(title, voice) for title in titles] for voice in (*voices, *UNHEARD)}
    item = np.tile(np.arange(len(titles)), len(voices))
    heard = speech.fit([one for voice in voices for one in said[voice]], item, len(titles), rng,
                       speech.Config(epochs=chosen.epochs))  # fmt: skip
    for name, some in (("heard", voices[:2]), ("unheard", UNHEARD)):
        scores = np.concatenate([heard.find(said[voice]) for voice in some])
        wanted = np.tile(np.arange(len(titles)), len(some))
        rank = 1 + (scores > scores[np.arange(len(scores)), wanted][:, None]).sum(axis=1)
        for k in (1, 10):
            hits = (rank <= k).astype(float)
            low, high = intervals.interval(hits)
            print(f"{name} voices, recall at {k} of {len(titles)} titles: {hits.mean():.3f} ({low:.3f} to {high:.3f})")
    print(f"by chance: {1 / len(titles):.3f}, {10 / len(titles):.3f}")


if __name__ == "__main__":
    main()

"""Rivals of explanations that need gradients, on the cases of `bench/explain.py`: LXR and SPINRec, one try each.

    .venv/bin/python bench/explain_rivals.py SHOP --out FOLDER [--first 1000 --above 3.5] [--model multvae ...]

LXR is that of `whyrec audit` (whyrec/app/lxr.py), learned from 1,500 shoppers that are no cases (fewer where there are
fewer). SPINRec (AAAI 2026): gradients of the probability along paths from sampled shoppers to this one, ten steps for
each of ten shoppers; the mean is the one explanation.

Both see a soft version of the model: contents of slots times a number from 0 to 1. They are judged, as all are, by
really taking events away. On a sum over events SPINRec's gradients are the parts of the sum, so that its order is the
exact one.
"""

import argparse
import json

import numpy as np
import torch

import whyrec
from explain import Case, allowed_of, ask, events_of, lines, queries_of
from whyrec import models
from whyrec.app import lxr
from whyrec.learn import snapshot, transformer
from whyrec.learn.ops import TorchOps
from whyrec.learn.run import silent
from whyrec.measure import fidelity, rivals

BATCH = 32
LESSONS = 1500
STEPS = PATHS = 10


class Vae:
    """Mult-VAE whose items count by a number from 0 to 1."""

    def __init__(self, model):
        self.w = {name: torch.from_numpy(array) for name, array in model.weights.items()}
        self.file, self.ops = models.find("multvae"), TorchOps(torch, training=False)
        self.prior = torch.from_numpy(model.prior.astype(np.float32))

    def log_share(self, group, mask, other=None):
        """Logarithm of the probability of each case's item, [B]; `other` are histories at the start of a path."""
        bag = (mask[..., None] * self.w["into"][group["items"]]).sum(1)
        norm = (mask**2).sum(1)
        if other is not None:
            bag = bag + ((1 - mask)[..., None] * self.w["into"][other]).sum(1)
            norm = norm + ((1 - mask) ** 2).sum(1)
        mean, _ = self.file.encode(self.w, bag / (norm[:, None] + 1e-9).sqrt(), self.ops)
        logits = self.file.decode(self.w, mean, self.ops) + self.prior
        return torch.log_softmax(logits, -1)[torch.arange(len(mask)), group["item"]]


class Transformer:
    """SASRec whose slots' contents count by a number from 0 to 1."""

    def __init__(self, model):
        self.w = {name: torch.from_numpy(array) for name, array in model.weights.items()}
        self.heads, self.ops = model.config.heads, TorchOps(torch, training=False)
        self.prior = torch.from_numpy(model.prior.astype(np.float32))

    def log_share(self, group, mask, other=None):
        """As of the autoencoder."""
        table = self.w["items"]
        e = mask[..., None] * table[group["items"]]
        if other is not None:
            e = e + (1 - mask)[..., None] * table[other]
        ages = torch.arange(mask.shape[1] - 1, -1, -1)
        h = e * table.shape[1] ** 0.5 + self.w["ages"][ages]
        for n in range(transformer.depth(self.w)):
            h = transformer.block(h, transformer.layer(self.w, str(n)), self.heads, 0.0, None, self.ops)
        state = self.ops.layer_norm(h[:, -1], self.w["norm"], self.w["norm_bias"])
        return torch.log_softmax(state @ table.T + self.prior, -1)[torch.arange(len(mask)), group["item"]]


class Sum:
    """A sum over events, each times a number from 0 to 1; squeezed, since its scores are no probabilities."""

    def __init__(self, model):
        self.model = model

    def log_share(self, group, mask, other=None):
        """Logarithm of the logistic of what is left of what the events give."""
        given = group["given"]
        return torch.nn.functional.logsigmoid(4 * (mask * given).sum(1) / given.abs().sum(1).clamp(min=1e-9) - 2)


def soft(model):
    """The soft version of a model."""
    name = type(model).__name__
    return Vae(model) if name == "MultVae" else Transformer(model) if name == "SasRec" else Sum(model)


def grouped(model, queries, items):
    """Cases of histories of one length together, as tensors; each with its places among all cases."""
    lengths = np.array([len(query.history) for query in queries])
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        for first in range(0, len(places), BATCH):
            part = places[first : first + BATCH]
            codes = np.array([model.items.codes(queries[k].history.item) for k in part]).astype(np.int64)
            group = {"items": torch.from_numpy(codes), "item": torch.from_numpy(items[part]), "places": part}
            if getattr(model, "contributions", None) is not None:
                group["given"] = torch.from_numpy(np.array([given(model, queries[k], items[k]) for k in part]))
            yield group


def given(model, query, item):
    """What each slot gives to an item, [T]."""
    parts = model.contributions(query, [str(model.items.ids[item])])
    found = np.zeros(len(query.history), np.float32)
    for unit, weight in zip(parts.units, parts.weight[:, 0], strict=True):
        found[list(unit)] = weight / len(unit)
    return found


def best_items(model, queries):
    """Code of the first item of each list."""
    return np.array(
        [int(np.argmax(np.where(allowed_of(model, q), model.score([q])[0], -np.inf))) for q in queries], np.int64
    )


def paths(model, group, others, rng):
    """SPINRec: gradients of the probability along paths from sampled shoppers, [B, T]."""
    frozen, total = soft(model), torch.zeros(group["items"].shape)
    if "given" in group:
        return group["given"]
    for _ in range(PATHS):
        drawn = [others[k] for k in rng.integers(0, len(others), len(total))]
        codes = [np.resize(model.items.codes(query.history.item), total.shape[1]) for query in drawn]
        other = torch.from_numpy(np.array(codes).astype(np.int64))
        for step in range(STEPS):
            mask = torch.full(total.shape, (step + 0.5) / STEPS, requires_grad=True)
            share = frozen.log_share(group, mask, other).exp()
            total += torch.autograd.grad(share.sum(), mask)[0] / (STEPS * PATHS)
    return total


def main():
    """Learn, order, measure; one file a rival beside the cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask(parser, 200)
    options = parser.parse_args()
    with whyrec.open(options.shop) as shop:
        events = events_of(shop, options.first, options.above)
    queries = queries_of(events, options.cases + LESSONS, options.seed)
    for name in options.model:
        folder = options.out / name.split(":")[0]
        model = models.load(folder / "snapshots", snapshot.live(folder / "snapshots"))[1]
        cases, others = queries[: options.cases], queries[options.cases :]
        if all(len(lines(folder / f"rival-{rival}.jsonl")) == len(cases) for rival in ("lxr", "spinrec")):
            continue
        others = [query for query in others if len(query.history) > 1]
        names = [str(model.items.ids[code]) for code in best_items(model, others)]
        learned = lxr.learn(name, model, others, names, options.seed, silent)
        items = best_items(model, cases)
        rng, orders = np.random.default_rng(options.seed), {"lxr": {}, "spinrec": {}}
        for group in grouped(model, cases, items):
            along = paths(model, group, others, rng).numpy()
            for k, place in enumerate(group["places"]):
                orders["lxr"][place] = rivals.by_weight(
                    learned.weights(cases[place], str(model.items.ids[items[place]]))
                )
                orders["spinrec"][place] = rivals.by_weight(along[k])
        for rival, found in orders.items():
            rows = [{"values": fidelity.of_order(Case(model, q).case, found[k])} for k, q in enumerate(cases)]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / f"rival-{rival}.jsonl").write_text(text, encoding="utf-8")
        print(f"{name}: {len(cases)} cases", flush=True)


if __name__ == "__main__":
    main()

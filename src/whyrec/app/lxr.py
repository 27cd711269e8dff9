"""LXR, a rival of the service's explanations: a network that learns to say which events an item came from.

Barkan, Bogina, Gurevitch, Asher, Koenigstein: "A counterfactual framework for learning and evaluating explanations for
recommender systems", WWW 2024. Two towers look at a history and an item and mask the history in one pass; over many
shoppers, with gradients through the model, they learn masks that keep the item's probability alone and lower it where
what they hold is taken away.

Gradients want a soft version of the model, whose slots count by a number from 0 to 1. There is one of models that are
sums over events, of `multvae` and of `sasrec`; where there is none, or where it does not give the model's own scores,
LXR is left out with a reason. It is judged, as all rivals are, by really taking events away. Only an audit learns it:
it needs torch (extra `train`), which serving does not.

Shape letters: B cases of one length, T slots, I items, D width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from whyrec.core.errors import TrainingError
from whyrec.core.types import Floats, Floats32, Ints, Query
from whyrec.data.batch import slot_weights
from whyrec.learn import engine, transformer
from whyrec.learn.ops import TorchOps
from whyrec.learn.run import Progress
from whyrec.models import multvae

WIDTH, EPOCHS, BATCH, RATE = 64, 10, 32, 5e-3
KEEP, TAKE, LENGTH = 3.2, 1.4, 1.0
"""Weights of the two sides, and of the mask's size."""
SLOTS = 50
"""Newest slots of a history that lessons have."""
AGREE = 1e-3
"""Largest difference of a logarithm of a probability between the model and its soft version."""

Share: TypeAlias = Callable[["Group", Any], Any]
"""Cases and a mask [B, T] -> logarithm of the probability of each case's item, [B]."""


@dataclass(frozen=True, eq=False)
class Group:
    """Histories of one length."""

    items: Any  # [B, T] codes
    item: Any  # [B] code of the item that is explained
    places: Ints  # [B] among all cases
    interest: Any = None  # [B, T] of models of sets
    strength: Any = None  # [B, T] of models that read it
    given: Any = None  # [B, T] what slots give in a sum over events


@dataclass(frozen=True, eq=False)
class Learned:
    """The network, and what it was learned from."""

    net: Any
    torch: Any
    items: Any  # Vocabulary
    lessons: int

    def weights(self, query: Query, item: str) -> Floats:
        """How much each slot of a history counts for an item, [T]; nothing where a slot has no known item."""
        codes = self.items.codes(query.history.item).astype(np.int64)
        known = codes >= 0
        found = np.full(len(codes), -1.0)
        if known.any():
            code = self.items.codes([item]).astype(np.int64)
            group = Group(self.torch.from_numpy(codes[known][None]), self.torch.from_numpy(code), np.zeros(1, np.int64))
            with self.torch.no_grad():
                found[known] = self.net(group)[0].numpy()
        return found


def learn(name: str, model: Any, queries: Sequence[Query], items: Sequence[str], seed: int, tell: Progress) -> Learned:
    """Learn masks from these histories and the first item of the list of each.

    Raises MissingExtraError without torch, TrainingError where the model has no soft version or too few histories are
    plain: each slot an event of its own on an item that the model knows.
    """
    torch = engine.load("LXR, a rival of an audit,")
    torch.manual_seed(seed)
    share = soft(torch, name, model)
    short = [newest(query) for query in queries]
    plain = [k for k, query in enumerate(short) if _is_plain(model, query)]
    if len(plain) < BATCH:
        raise TrainingError(
            f"LXR learns from at least {BATCH} histories in which each event is on an item that the model knows; "
            f"there are {len(plain)}."
        )
    codes = model.items.codes([items[k] for k in plain]).astype(np.int64)
    groups = list(_grouped(torch, model, [short[k] for k in plain], codes))
    _agree(torch, share, model, groups, [short[k] for k in plain])
    net = _masks(torch, len(model.items))
    optimiser, rng = torch.optim.Adam(net.parameters(), RATE), np.random.default_rng(seed)
    for epoch in range(EPOCHS):
        tell(epoch / EPOCHS, "learning LXR, a rival")
        for place in rng.permutation(len(groups)):
            group = groups[place]
            mask = net(group)
            loss = (-KEEP * share(group, mask) + TAKE * share(group, 1 - mask)).mean() + LENGTH * mask.mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return Learned(net, torch, model.items, len(plain))


def newest(query: Query) -> Query:
    """Return the query with its newest slots only."""
    return replace(query, history=query.history.take(slice(max(0, len(query.history) - SLOTS), None)))


def soft(torch: Any, name: str, model: Any) -> Share:
    """Return the soft version of a model; raises TrainingError where there is none."""
    if getattr(model, "contributions", None) is not None:
        return partial(_sum, torch)
    if name in ("multvae", "sasrec"):
        weights = {key: torch.from_numpy(np.array(array)) for key, array in model.weights.items()}
        prior = torch.from_numpy(model.prior.astype(np.float32))
        ops = TorchOps(torch, training=False)
        if name == "multvae":
            return partial(_autoencoder, torch, weights, prior, ops)
        return partial(_transformer, torch, weights, prior, ops, model.config.heads)
    raise TrainingError(f"LXR needs gradients through the model, and there is no soft version of {name!r}.")


def _sum(torch: Any, group: Group, mask: Any) -> Any:
    """A sum over events, squeezed, since its scores are no probabilities."""
    given = group.given
    return torch.nn.functional.logsigmoid(4 * (mask * given).sum(1) / given.abs().sum(1).clamp(min=1e-9) - 2)


def _autoencoder(torch: Any, w: Mapping[str, Any], prior: Any, ops: TorchOps, group: Group, mask: Any) -> Any:
    x = torch.zeros(len(mask), len(prior)).scatter_add(1, group.items, mask * group.interest)
    length = x.square().sum(1, keepdim=True).clamp(min=1e-18).sqrt()
    mean, _ = multvae.encode(w, (x / length) @ w["into"], ops)
    logits = multvae.decode(w, mean, ops) + prior
    return torch.log_softmax(logits, -1)[torch.arange(len(mask)), group.item]


def _transformer(
    torch: Any, w: Mapping[str, Any], prior: Any, ops: TorchOps, heads: int, group: Group, mask: Any
) -> Any:
    table = w["items"]
    ages = torch.arange(mask.shape[1] - 1, -1, -1)
    e = table[group.items] * table.shape[1] ** 0.5
    if group.strength is not None:
        e = e + group.strength[..., None] * w["strength"]
    h = mask[..., None] * e + w["ages"][ages]
    for n in range(transformer.depth(w)):
        h = transformer.block(h, transformer.layer(w, str(n)), heads, 0.0, None, ops)
    state = ops.layer_norm(h[:, -1], w["norm"], w["norm_bias"])
    return torch.log_softmax(state @ table.T + prior, -1)[torch.arange(len(mask)), group.item]


def _is_plain(model: Any, query: Query) -> bool:
    live = len(query.history.live()) == len(query.history) > 1
    return live and bool((model.items.codes(query.history.item) >= 0).all() and _strengths(model, query).all())


def _strengths(model: Any, query: Query) -> Floats:
    if not hasattr(model, "settings"):
        return np.ones(len(query.history))
    events = model.settings.events
    return slot_weights(query.history.kind, query.history.value, events.weights, events.rating_threshold)


def _grouped(torch: Any, model: Any, queries: Sequence[Query], items: Ints) -> Iterator[Group]:
    lengths = np.array([len(query.history) for query in queries])
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        for first in range(0, len(places), BATCH):
            part = places[first : first + BATCH]
            asked = [queries[k] for k in part]
            codes = np.array([model.items.codes(query.history.item) for query in asked]).astype(np.int64)
            group = Group(torch.from_numpy(codes), torch.from_numpy(items[part]), part)
            if getattr(model, "contributions", None) is not None:
                given = np.array([_given(model, q, items[k]) for q, k in zip(asked, part, strict=True)])
                group = replace(group, given=torch.from_numpy(given))
            elif hasattr(model, "interests"):
                group = replace(group, interest=torch.from_numpy(_interest(model, asked, codes)))
            elif "strength" in model.weights:
                strength = np.array([_strengths(model, query) for query in asked], np.float32)
                group = replace(group, strength=torch.from_numpy(strength))
            yield group


def _given(model: Any, query: Query, item: int) -> Floats32:
    """What each slot gives to an item, [T]."""
    parts = model.contributions(query, [str(model.items.ids[item])])
    found = np.zeros(len(query.history), np.float32)
    for unit, weight in zip(parts.units, parts.weight[:, 0], strict=True):
        found[list(unit)] = weight / len(unit)
    return found


def _interest(model: Any, queries: Sequence[Query], codes: Ints) -> Floats32:
    """Each slot's share of the interest in its item, [B, T]."""
    interest = np.take_along_axis(model.interests(queries).toarray(), codes, 1)
    often = (codes[:, :, None] == codes[:, None, :]).sum(axis=2)
    found: Floats32 = (interest / often).astype(np.float32)
    return found


def _agree(torch: Any, share: Share, model: Any, groups: Sequence[Group], queries: Sequence[Query]) -> None:
    """Raise TrainingError where the soft version of the model is not the model."""
    if groups[0].given is not None:  # its parts are the model's own
        return
    for group in groups[:3]:
        scores = model.score([queries[k] for k in group.places]).astype(np.float64)
        scores -= np.log(np.exp(scores - scores.max()).sum(axis=1, keepdims=True)) + scores.max()
        said = share(group, torch.ones(group.items.shape)).detach().numpy()
        apart = float(np.abs(said - scores[np.arange(len(said)), group.item.numpy()]).max())
        if not apart <= AGREE:
            raise TrainingError(
                f"LXR needs a soft version that is the model; with these options it differs by {apart:.2g} in the "
                "logarithm of a probability."
            )


def _masks(torch: Any, n_items: int) -> Any:
    """Two towers: a history and an item make a state, which says how much each event of the history counts."""

    class Masks(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.shopper, self.item, self.event = (torch.nn.Embedding(n_items, WIDTH) for _ in range(3))
            self.join, self.bias = torch.nn.Linear(2 * WIDTH, WIDTH), torch.nn.Embedding(n_items, 1)

        def forward(self, group: Group) -> Any:
            """Numbers from 0 to 1, [B, T]."""
            both = torch.cat([self.shopper(group.items).mean(1), self.item(group.item)], -1)
            state = torch.tanh(self.join(both))
            matched = (self.event(group.items) * state[:, None]).sum(-1) / WIDTH**0.5
            return torch.sigmoid(matched + self.bias(group.items)[..., 0])

    return Masks()

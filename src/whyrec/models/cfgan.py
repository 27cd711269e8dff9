"""CFGAN: a generator of purchase vectors that a discriminator cannot tell from real ones.

Chae, Kang, Kim, Lee: "CFGAN: a generic collaborative filtering framework based on generative adversarial networks",
CIKM 2018, https://doi.org/10.1145/3269206.3271743.

Idea: from what a shopper had, generate a whole vector of purchases; what it says of items not had are the scores.

Equations: G(c) = sigmoid(relu(c' W + b) O + o),  D(x | c) = sigmoid(relu(x X + c C + d) w + v),  r = c: what was had
    fake = G(c) * (e + k), e = 1 for items had, k = 1 for a random share `masking` of the others (partial masking)
    loss of D = -mean over users of log D(r | c) + log(1 - D(fake | c))
    loss of G = mean over users of -log D(fake | c) + zeros * sum over a share `reconstruction` of the items not had of
                G(c)_i**2 (zero-reconstruction)
    score[y] = logit of G(c)_y (+ popularity * share[y] / max share); the latter alone for an empty history

Departures: the user-based form, since a new shopper's vector is known and a new item's is not; the paper's best rows
are item-based. G reads c' = c with dropout, divided by its length, or it learns to copy. G's loss is -log D(fake), not
log(1 - D(fake)), whose gradient is gone once D tells fakes (Goodfellow et al. 2014). The players take turns by batch.
While serving, items may fade with the age of their newest event (fade = 0 is the paper).

Cost: training about 6 * (n H + H I) operations a user for G and 3 times 6 * I K for D; scoring 2 * (n H + H I).
Kept: 2 I H numbers; D is thrown away.

Legend: B users, I items, n items had, H width of G, K width of D, Q queries, C columns.

Honest notes: never the default. A reproduction (https://arxiv.org/abs/2201.01815) finds that it works as a plain
autoencoder and is not consistently competitive with simple models; a Wasserstein variant
(https://arxiv.org/abs/2204.12527) finds the same, with tuned simple models well ahead. The losses of two players do not
say how well either does, so the curve shows 1 + the squared error of G on what was had, and epochs are chosen on
validation. Reasons are measured by leaving out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.types import Bools, Floats, Floats32, Ints, Query, Vocabulary
from whyrec.data.batch import arrange
from whyrec.learn import engine, loop, sequences, sets
from whyrec.learn.judge import Judge
from whyrec.learn.ops import Array, NumpyOps, Ops, TorchOps
from whyrec.learn.run import Run

VALIDATES = True
BATCHES = 4
"""A log of few users is cut into this many batches."""


@dataclass(frozen=True)
class Config:
    """Options of [models.options.cfgan]."""

    width: int = 200  # hidden numbers of the generator
    judge_width: int = 125  # hidden numbers of the discriminator
    masking: float = 0.2  # share of the items not had that the discriminator sees
    reconstruction: float = 0.5  # share of the items not had that are pulled to zero
    zeros: float = 0.1  # weight of that pull
    dropout: float = 0.5  # of what the generator reads
    fade: float = 0.0  # while serving an item counts with (age of its newest event) ** -fade
    history: int = 1000  # newest slots that are used
    batch: int = 100  # users
    rate: float = 3e-4
    decay: float = 1e-3  # of the weights
    epochs: int = 120  # at the most
    unvalidated: int = 100  # epochs where nothing is chosen on validation
    patience: int = 20  # epochs without a better validation
    popularity: float = 1e-3  # what popularity adds at the most


SEARCH = {
    "width": [100, 200, 400],
    "zeros": (0.01, 1.0, "log"),
    "masking": (0.0, 0.5),
    "rate": (1e-4, 1e-3, "log"),
    "fade": (0.0, 1.5),
}
"""What `whyrec tune` tries."""


def generate(weights: Mapping[str, Array], bag: Array, ops: Ops) -> Array:
    """Logits of the generated vector, [B, I], from c' W [B, H]."""
    return ops.linear(ops.relu(bag + weights["into_bias"]), weights["out"], weights["out_bias"])


def discriminate(weights: Mapping[str, Any], x: Any, seen: Any, ops: TorchOps) -> Any:
    """Logit of each vector's being real, [B], for x X and c C [B, K]."""
    h = ops.relu(x + seen + weights["judge_bias"])
    return ops.linear(h, weights["verdict"], weights["verdict_bias"])[:, 0]


def discriminator_loss(torch: Any, real: Any, fake: Any) -> Any:
    """-log D(real) - log(1 - D(fake)), [B], of logits."""
    return torch.nn.functional.softplus(-real) + torch.nn.functional.softplus(fake)


def generator_loss(torch: Any, fake: Any, made: Any, zeros: Any, weight: float) -> Any:
    """-log D(fake) + weight * sum of squares of what was made [B, I] where `zeros` [B, I] is 1; [B]."""
    return torch.nn.functional.softplus(-fake) + weight * (made**2 * zeros).sum(-1)


@dataclass(frozen=True, eq=False)
class Minibatch:
    """Users of a step: what they had, what the generator reads, what is shown and pulled to zero, whose turn it is."""

    had: sets.Sparse
    read: sets.Sparse
    shown: Bools  # [B, I] e + k
    zeros: Bools  # [B, I]
    player: str  # generator or discriminator


@dataclass(eq=False)
class Game:
    """The Problem: two players by turns."""

    interests: sets.Sparse  # [U, I], only users that had something
    config: Config
    prior: Floats32
    judge: Judge | None = None
    asked: sets.Sparse | None = None  # of the judge's queries
    tables: tuple[str, ...] = ()

    @property
    def batch_bytes(self) -> int:
        """Memory of one step: the vector, its gradients, the masks, all [B, I]."""
        return 4 * 9 * min(self.config.batch, self.interests.shape[0]) * self.interests.shape[1]

    def batches(self, rng: np.random.Generator) -> Iterator[Minibatch]:
        """Yield all users in a new order, each batch once for either player."""
        n_users = self.interests.shape[0]
        size = max(1, min(self.config.batch, n_users // BATCHES))
        order = rng.permutation(n_users)
        for first in range(0, n_users, size):
            for player in ("discriminator", "generator"):
                yield self._batch(self.interests[np.sort(order[first : first + size])], player, rng)

    def _batch(self, had: sets.Sparse, player: str, rng: np.random.Generator) -> Minibatch:
        kept = rng.random(had.nnz) >= self.config.dropout
        bought = had.toarray() > 0
        shown = rng.random(had.shape, np.float32) < self.config.masking
        zeros = rng.random(had.shape, np.float32) < self.config.reconstruction
        read = sets.times(sets.unit(had), kept / (1 - self.config.dropout))
        return Minibatch(had, read, shown | bought, zeros & ~bought, player)

    def rows(self, batch: Minibatch) -> Mapping[str, Ints]:
        """Return nothing: a batch touches most items."""
        return {}

    def loss(self, weights: Mapping[str, Any], batch: Minibatch) -> Any:
        """Return a loss with the gradient of the player's own.

        Its value is 1 + the generator's mean squared error on what was had, at most 2: players' losses rise and fall
        with each other, and the loop would take that for divergence.
        """
        torch = engine.load("Fitting cfgan")
        ops = TorchOps(torch, device=weights["out"].device)
        own = {name for name in weights if name.startswith(("judge", "verdict"))}
        own = own if batch.player == "discriminator" else weights.keys() - own
        moving = {name: w if name in own else w.detach() for name, w in weights.items()}
        made = ops.sigmoid(generate(moving, sets.bag(moving["into"], batch.read, ops), ops))
        real, seen = (sets.bag(moving[name], batch.had, ops) for name in ("judge", "judge_seen"))
        fake = discriminate(moving, (made * ops.put(batch.shown)) @ moving["judge"], seen, ops)
        if batch.player == "discriminator":
            loss = discriminator_loss(torch, discriminate(moving, real, seen, ops), fake).mean()
        else:
            loss = generator_loss(torch, fake, made, ops.put(batch.zeros), self.config.zeros).mean()
        had = ops.put(batch.had.toarray().astype(np.float32))
        error = ((made - had) ** 2)[had > 0].mean().detach()
        return loss - loss.detach() + 1.0 + error

    def validate(self, weights: Mapping[str, Floats32]) -> float:
        """Judge by the scores that serving would give, in single precision."""
        if self.judge is None or self.asked is None:
            return float("nan")
        x = self.asked
        return self.judge.measure(lambda part: logits_of(weights, x[part]) + self.prior)


def logits_of(weights: Mapping[str, NDArray[Any]], x: sets.Sparse) -> NDArray[Any]:
    """Logits [Q, I] of what is generated from interests [Q, I], in the precision of the weights."""
    ops = NumpyOps()
    logits: NDArray[Any] = generate(weights, sets.bag(weights["into"], sets.unit(x), ops), ops)
    return logits


@dataclass(frozen=True, eq=False)
class CfGan:
    """Fitted generator. `about` holds what was chosen: epochs, curve, strength of the strongest kind of event."""

    items: Vocabulary
    config: Config
    settings: Settings
    weights: Mapping[str, Floats32]
    prior: Floats  # [I]
    about: Mapping[str, Any]

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        return self._score(self._double, queries, items)

    def rough(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return the scores as single precision makes them, several times as quickly and wrong in the last digits."""
        return self._score(self._single, queries, items)

    def _score(
        self, weights: Mapping[str, NDArray[Any]], queries: Sequence[Query], items: Sequence[str] | None
    ) -> Floats32:
        events = self.settings.events
        batch = arrange(queries, self.items, events.weights, events.rating_threshold, self.config.history)
        x = sets.liked(sets.interests(batch, len(self.items), self.about["top"], self.config.fade))
        made = partial(_columns, weights)
        return sets.score(made, x, self.prior, self.items, items)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the generator's weights, prior and what was chosen."""
        return sequences.pack(self.weights, self.prior, self.about)

    @cached_property
    def _single(self) -> dict[str, NDArray[Any]]:
        return sets.served(self.weights, np.float32)

    @cached_property
    def _double(self) -> dict[str, NDArray[Any]]:
        return sets.served(self.weights, np.float64)


def _columns(weights: Mapping[str, NDArray[Any]], x: sets.Sparse, codes: Ints | None) -> NDArray[Any]:
    return logits_of(sets.columns(weights, codes), x)


def start(rng: np.random.Generator, n_items: int, config: Config) -> dict[str, Floats32]:
    """Weights to begin with: matrices scaled by what goes in and out, biases zero."""
    H, K = config.width, config.judge_width
    shapes = {"into": (n_items, H), "out": (H, n_items), "judge": (n_items, K), "judge_seen": (n_items, K)}
    weights = {}
    for name, (a, b) in {**shapes, "verdict": (K, 1)}.items():
        weights[name] = (rng.standard_normal((a, b)) * (2 / (a + b)) ** 0.5).astype(np.float32)
    sizes = {"into_bias": H, "out_bias": n_items, "judge_bias": K, "verdict_bias": 1}
    return weights | {name: np.zeros(size, np.float32) for name, size in sizes.items()}


def fit(run: Run) -> CfGan:
    """Let the players learn from each other; epochs are chosen on validation."""
    config: Config = run.config
    learn = sets.lessons(run, config.history, config.fade, config.popularity)
    problem = Game(learn.interests, config, learn.prior.astype(np.float32), learn.judge, learn.asked)
    weights = start(run.rng, len(run.catalog), config)
    weights["into"][learn.unknown] = 0.0  # nothing is known of what nobody had
    epochs = run.chosen.about["epochs"] if isinstance(run.chosen, CfGan) else None
    trained = loop.train(problem, weights, loop.Plan.of(config), run, name="cfgan", epochs=epochs)
    about = {"epochs": trained.epochs, "curve": trained.curve, "top": learn.top}
    generator = {name: trained.weights[name] for name in ("into", "into_bias", "out", "out_bias")}
    return CfGan(run.catalog.items, config, run.settings, generator, learn.prior, about)


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> CfGan:
    """Make the model again from what `arrays` gave."""
    weights, prior, about = sequences.unpack(arrays)
    return CfGan(items, config, settings, weights, prior, about)

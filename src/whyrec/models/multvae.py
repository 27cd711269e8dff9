"""Mult-VAE: a variational autoencoder over the set of items that a shopper had.

Liang, Krishnan, Hoffman, Jebara: "Variational autoencoders for collaborative filtering", WWW 2018,
https://arxiv.org/abs/1802.05814. Options: RecVAE (Shenbin, Alekseev, Tutubalina, Malykh, Nikolenko, WSDM 2020,
https://arxiv.org/abs/1912.11160) and an EASE path (VASP: Vancura, Kordik, RecSys 2021, https://arxiv.org/abs/2102.05774).

Idea: squeeze a shopper's items through a few numbers with noise, and from these tell the items again: also those that
were left out.

Equations: h = tanh(x W + b),  mean, logvar = h M + m, h V + v,  z = mean + exp(logvar / 2) * noise
    logits = tanh(z U + u) O + o
    loss = mean over users of -sum_i x_i log softmax(logits)_i + beta * KL(N(mean, exp(logvar)) | N(0, 1))
    score[y] = logits[y] at z = mean + path * (x T)[y] + popularity * share[y] / max share, the last part alone for an
        empty history; T is the table of a fitted ease, path = 0 without one
    x_i = clip(sum of the strengths of i's events, 0, 1) * age_i ** -fade, divided by |x| as input, with dropout
    recvae: beta_u = gamma * |x_u|_1; the prior is 3/20 N(0, 1) + 3/4 q of the epoch before + 1/10 N(0, e**10), its KL
        taken at the sampled z; three passes for the encoder with dropout, then one for the decoder without

Departures: beta is constant instead of annealed; items fade with age while serving (fade = 0 is the paper). RecVAE
keeps the layers of Mult-VAE. VASP trains both its parts at once and multiplies sigmoids; here logits add, T has closed
form, and `path` is chosen on validation, since the scores of an ease that was fitted on the same users teach too much
trust in it (docs/log.md).

Cost: training 6 * (n H + D H + H I) operations a user, n items, so that the catalogue counts and not the history;
scoring 2 * (n H + D H + H I). Kept: 2 I H + 3 D H numbers, and M**2 with the EASE path.

Legend: B users, I items, D width of z, H hidden width, Q queries, C columns, M items that ease covers.

Honest notes: independent studies find it about as good as EASE and a tuned iALS, not better (Ferrari Dacrema et al.
2019, 2021; Anelli et al. 2022). As published, ML-20M, NDCG@100: Mult-VAE .426, EASE .420, RecVAE .442, VASP .448. It is
built for users unseen in training and knows no order, so on next-item files it is far behind models that do. No sum
over events: reasons are measured by leaving out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.types import Floats, Floats32, Ints, Query, Vocabulary
from whyrec.data.batch import arrange
from whyrec.learn import engine, loop, sequences, sets
from whyrec.learn.judge import Judge
from whyrec.learn.ops import Array, NumpyOps, Ops, TorchOps
from whyrec.learn.run import Run

VALIDATES = True
BATCHES = 4
"""A log of few users is cut into this many batches."""
ENCODER = ("into", "into_bias", "mean", "mean_bias", "logvar", "logvar_bias")
PRIOR = ((3 / 20, 0.0), (3 / 4, None), (1 / 10, 10.0))
"""RecVAE's prior: share and log variance of each part; None stands for the posterior of the epoch before."""

PATHS = (0.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Weights of the EASE path that are tried: from none to nearly EASE alone."""
PATH = 30.0
"""Weight of the EASE path where nothing is chosen on validation."""


@dataclass(frozen=True)
class Config:
    """Options of [models.options.multvae]."""

    width: int = 100  # numbers of z
    hidden: int = 600
    dropout: float = 0.5  # of the input
    beta: float = 0.2  # weight of the KL term
    recvae: bool = False  # composite prior, beta by user, encoder and decoder in turn
    gamma: float = 0.005  # beta of a user for each item, with recvae
    ease: bool = False  # add the scores of a fitted ease to the logits
    fade: float = 0.0  # while serving an item counts with (age of its newest event) ** -fade
    history: int = 1000  # newest slots that are used
    batch: int = 100  # users
    rate: float = 2e-3
    final: float = 0.05  # share of the rate that is left after `epochs`
    decay: float = 0.1  # of the weights
    average: float = 0.95  # of the running mean of the weights, which is what is served; 0: none
    epochs: int = 50  # at the most
    unvalidated: int = 35  # epochs where nothing is chosen on validation
    patience: int = 15  # epochs without a better validation
    popularity: float = 1e-3  # what popularity adds at the most


SEARCH = {
    "width": [64, 100, 200],
    "dropout": (0.2, 0.8),
    "beta": (0.02, 0.5, "log"),
    "rate": (5e-4, 5e-3, "log"),
    "fade": (0.0, 1.5),
}
"""What `whyrec tune` tries."""


def members(config: Config) -> tuple[str, ...]:
    """Names of the models that it is given."""
    return ("ease",) if config.ease else ()


def encode(weights: Mapping[str, Array], bag: Array, ops: Ops) -> tuple[Array, Array]:
    """Mean and log variance of z, [B, D] each, from x W [B, H]."""
    h = ops.tanh(bag + weights["into_bias"])
    mean = ops.linear(h, weights["mean"], weights["mean_bias"])
    return mean, ops.linear(h, weights["logvar"], weights["logvar_bias"])


def decode(weights: Mapping[str, Array], z: Array, ops: Ops) -> Array:
    """Logits of the items whose columns the weights hold, [B, I]."""
    h = ops.tanh(ops.linear(z, weights["up"], weights["up_bias"]))
    return ops.linear(h, weights["out"], weights["out_bias"])


def negative_log_likelihood(torch: Any, logits: Any, x: Any) -> Any:
    """-sum_i x_i log softmax(logits)_i, [B]."""
    return -(torch.log_softmax(logits, -1) * x).sum(-1)


def gaussian_kl(mean: Any, logvar: Any) -> Any:
    """KL(N(mean, exp(logvar)) | N(0, 1)), [B]."""
    return 0.5 * (logvar.exp() + mean**2 - 1 - logvar).sum(-1)


def log_normal(z: Any, mean: Any, logvar: Any) -> Any:
    """Log density of each number of z, [B, D]."""
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mean) ** 2 * (-logvar).exp())


def composite_kl(torch: Any, z: Any, now: tuple[Any, Any], before: tuple[Any, Any]) -> Any:
    """log q(z) - log prior(z) at one z, [B]: an estimate of the KL to RecVAE's composite prior."""
    zero = torch.zeros_like(z)
    parts = [
        math.log(share) + (log_normal(z, *before) if logvar is None else log_normal(z, zero, zero + logvar))
        for share, logvar in PRIOR
    ]
    return (log_normal(z, *now) - torch.logsumexp(torch.stack(parts), 0)).sum(-1)


@dataclass(frozen=True, eq=False)
class Minibatch:
    """Users of a step: what they had [B, I], the input made of it, and whose turn it is."""

    x: sets.Sparse
    noisy: sets.Sparse
    player: str  # both, encoder or decoder


@dataclass(eq=False)
class Autoencoder:
    """The Problem: evidence lower bound over the users of a log."""

    interests: sets.Sparse  # [U, I], only users that had something
    config: Config
    prior: Floats32
    judge: Judge | None = None
    asked: sets.Sparse | None = None  # of the judge's queries
    tables: tuple[str, ...] = ()
    before: dict[str, Any] = field(default_factory=dict)  # the encoder as it was when the epoch began

    @property
    def batch_bytes(self) -> int:
        """Memory of one step: logits, their softmax and gradients, and x, all [B, I]."""
        return 4 * 6 * min(self.config.batch, self.interests.shape[0]) * self.interests.shape[1]

    def batches(self, rng: np.random.Generator) -> Iterator[Minibatch]:
        """Yield all users in a new order; with recvae three times for the encoder and once for the decoder."""
        self.before = {}
        n_users = self.interests.shape[0]
        size = max(1, min(self.config.batch, n_users // BATCHES))
        for player in ("encoder", "encoder", "encoder", "decoder") if self.config.recvae else ("both",):
            order = rng.permutation(n_users)
            for first in range(0, n_users, size):
                yield self._batch(self.interests[np.sort(order[first : first + size])], player, rng)

    def _batch(self, x: sets.Sparse, player: str, rng: np.random.Generator) -> Minibatch:
        drop = 0.0 if player == "decoder" else self.config.dropout
        kept = (rng.random(x.nnz) >= drop) / (1 - drop)
        return Minibatch(x, sets.times(sets.unit(x), kept), player)

    def rows(self, batch: Minibatch) -> Mapping[str, Ints]:
        """Return nothing: a batch touches most items."""
        return {}

    def loss(self, weights: Mapping[str, Any], batch: Minibatch) -> Any:
        """Return the negative evidence lower bound of the batch, a mean over users."""
        torch = engine.load("Fitting multvae")
        ops = TorchOps(torch, device=weights["out"].device)
        if not self.before:
            self.before = {name: weights[name].detach().clone() for name in ENCODER}
        still = {"encoder": weights.keys() - set(ENCODER), "decoder": set(ENCODER)}.get(batch.player, set())
        moving = {name: w.detach() if name in still else w for name, w in weights.items()}
        mean, logvar = encode(moving, sets.bag(moving["into"], batch.noisy, ops), ops)
        z = mean + (logvar / 2).exp() * torch.randn_like(mean)
        logits = decode(moving, z, ops)
        x = ops.put(batch.x.toarray().astype(np.float32))
        loss = negative_log_likelihood(torch, logits, x)
        if batch.player == "both":
            loss = loss + self.config.beta * gaussian_kl(mean, logvar)
        elif batch.player == "encoder":
            with torch.no_grad():
                before = encode(self.before, sets.bag(self.before["into"], batch.noisy, ops), ops)
            loss = loss + self.config.gamma * x.sum(-1) * composite_kl(torch, z, (mean, logvar), before)
        return loss.mean()

    def validate(self, weights: Mapping[str, Floats32]) -> float:
        """Judge by the scores that serving would give, in single precision."""
        if self.judge is None or self.asked is None:
            return float("nan")
        x = self.asked
        return self.judge.measure(lambda part: logits_of(weights, x[part]) + self.prior)

    def choose(self, weights: Mapping[str, Floats32], path: EasePath) -> float:
        """Return the weight of the EASE path that is best on validation, PATH where there is none."""
        judge, x = self.judge, self.asked
        if judge is None or x is None:
            return PATH
        logits, more = logits_of(weights, x) + self.prior, path.scores(x)
        return max(PATHS, key=lambda weight: judge.measure(lambda part: logits[part] + weight * more[part]))


@dataclass(frozen=True, eq=False)
class EasePath:
    """The table of a fitted ease: what each item it covers says of each other one."""

    covered: Ints  # [M] codes
    table: Floats32  # [M, M]

    def scores(self, x: sets.Sparse) -> Floats32:
        """Return x T, [B, I]; zeros for items that are not covered."""
        scores = np.zeros(x.shape, np.float32)
        scores[:, self.covered] = x[:, self.covered].astype(np.float32) @ self.table
        return scores


def logits_of(weights: Mapping[str, NDArray[Any]], x: sets.Sparse) -> NDArray[Any]:
    """Logits [Q, I] without noise, of interests [Q, I], in the precision of the weights."""
    ops = NumpyOps()
    mean, _ = encode(weights, sets.bag(weights["into"], sets.unit(x), ops), ops)
    logits: NDArray[Any] = decode(weights, mean, ops)
    return logits


@dataclass(frozen=True, eq=False)
class MultVae:
    """Fitted autoencoder.

    `about` holds what was chosen: epochs, curve, strength of the strongest kind of event, weight of the EASE path.
    """

    items: Vocabulary
    config: Config
    settings: Settings
    weights: Mapping[str, Floats32]
    path: EasePath | None
    prior: Floats  # [I]
    about: Mapping[str, Any]

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        made = partial(self._scores, self._double)
        return sets.score(made, self.interests(queries), self.prior, self.items, items)

    def rough(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return the scores as single precision makes them, several times as quickly and wrong in the last digits."""
        made = partial(self._scores, self._single)
        return sets.score(made, self.interests(queries), self.prior, self.items, items)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, prior, what was chosen, and the EASE path where there is one."""
        packed = sequences.pack(self.weights, self.prior, self.about)
        return packed if self.path is None else {**packed, "covered": self.path.covered, "table": self.path.table}

    def interests(self, queries: Sequence[Query]) -> sets.Sparse:
        """Return the interest of each query in each item, [Q, I]."""
        events = self.settings.events
        batch = arrange(queries, self.items, events.weights, events.rating_threshold, self.config.history)
        return sets.liked(sets.interests(batch, len(self.items), self.about["top"], self.config.fade))

    def _scores(self, weights: Mapping[str, NDArray[Any]], x: sets.Sparse, codes: Ints | None) -> NDArray[Any]:
        logits = logits_of(sets.columns(weights, codes), x)
        if self.path is None:
            return logits
        more = self.path.scores(x)
        logits += self.about["path"] * (more if codes is None else more[:, codes])
        return logits

    @cached_property
    def _single(self) -> dict[str, NDArray[Any]]:
        return sets.served(self.weights, np.float32)

    @cached_property
    def _double(self) -> dict[str, NDArray[Any]]:
        return sets.served(self.weights, np.float64)


def start(rng: np.random.Generator, n_items: int, config: Config) -> dict[str, Floats32]:
    """Weights to begin with: matrices scaled by what goes in and out, biases zero."""
    H, D = config.hidden, config.width
    shapes = {"into": (n_items, H), "mean": (H, D), "logvar": (H, D), "up": (D, H), "out": (H, n_items)}
    weights = {}
    for name, (a, b) in shapes.items():
        weights[name] = (rng.standard_normal((a, b)) * (2 / (a + b)) ** 0.5).astype(np.float32)
        weights[f"{name}_bias"] = np.zeros(b, np.float32)
    return weights


def fit(run: Run) -> MultVae:
    """Maximise the evidence lower bound over the users of the log."""
    config: Config = run.config
    learn = sets.lessons(run, config.history, config.fade, config.popularity)
    problem = Autoencoder(learn.interests, config, learn.prior.astype(np.float32), learn.judge, learn.asked)
    weights = start(run.rng, len(run.catalog), config)
    weights["into"][learn.unknown] = 0.0  # nothing is known of what nobody had
    earlier: Mapping[str, Any] = run.chosen.about if isinstance(run.chosen, MultVae) else {}
    trained = loop.train(problem, weights, loop.Plan.of(config), run, name="multvae", epochs=earlier.get("epochs"))
    about: dict[str, Any] = {"epochs": trained.epochs, "curve": trained.curve, "top": learn.top}
    path = None
    if config.ease:
        given = run.members["ease"].arrays()
        path = EasePath(given["covered"], given["table"])
        about["path"] = earlier["path"] if earlier else problem.choose(trained.weights, path)
    return MultVae(run.catalog.items, config, run.settings, trained.weights, path, learn.prior, about)


def from_arrays(
    arrays: Mapping[str, NDArray[Any]],
    items: Vocabulary,
    config: Config,
    settings: Settings,
    members: Mapping[str, Any],
) -> MultVae:
    """Make the model again from what `arrays` gave."""
    weights, prior, about = sequences.unpack(arrays)
    path = EasePath(arrays["covered"], arrays["table"]) if "table" in arrays else None
    return MultVae(items, config, settings, weights, path, prior, about)

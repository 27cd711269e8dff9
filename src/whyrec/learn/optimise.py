"""How weights move: AdamW for the body, and for a large table of items one number of state a row.

A batch touches few rows of an item table. `Optimiser.open` cuts each table to these rows, so that the gradient of a
step has as many rows as the batch has items, whatever the size of the catalogue. Tables of up to DENSE_ROWS rows then
take part in AdamW as a whole. Larger ones are moved row by row, by Adam without momentum and with one mean square a
row, so that neither the work of a step nor the state grows with the catalogue (measured in ../research: with dense
Adam, 100,000 items halve the speed of 12,000).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Ints

DENSE_ROWS = 30_000
BETAS = (0.9, 0.98)
TINY = 1e-8


class Optimiser:
    """Moves `weights` (name -> tensor) in place. `tables` names those that batches touch by rows."""

    def __init__(self, torch: Any, weights: dict[str, Any], tables: Collection[str], decay: float) -> None:
        self.torch, self.weights, self.tables, self.decay = torch, weights, frozenset(tables), decay
        self.by_row = {name for name in tables if len(weights[name]) > DENSE_ROWS}
        whole = {name: w for name, w in weights.items() if name not in self.by_row}
        for tensor in whole.values():
            tensor.requires_grad_()
        groups = [
            {"params": [w for w in whole.values() if w.ndim > 1], "weight_decay": decay},
            {"params": [w for w in whole.values() if w.ndim <= 1], "weight_decay": 0.0},
        ]
        self.adam = torch.optim.AdamW([g for g in groups if g["params"]], betas=BETAS, fused=True) if whole else None
        # Mean square of each row's gradients, and how many there were.
        self.square = {name: weights[name].new_zeros(len(weights[name])) for name in self.by_row}
        self.count = {name: weights[name].new_zeros(len(weights[name])) for name in self.by_row}
        self.opened: dict[str, tuple[Any, Any]] = {}
        # Of tables that move as a whole, zero between steps: new zeros each time would cost their page faults.
        self.gradient = {name: self.torch.zeros_like(weights[name]) for name in tables if name not in self.by_row}

    def open(self, rows: Mapping[str, Ints]) -> dict[str, Any]:
        """Return the weights as a loss should see them: each table of `rows` cut to these rows, which are distinct."""
        self.opened = {}
        for name, codes in rows.items():
            place = self.torch.from_numpy(codes).to(self.weights[name].device)
            self.opened[name] = (place, self.weights[name].detach()[place].requires_grad_())
        return {**self.weights, **{name: part for name, (_, part) in self.opened.items()}}

    def step(self, rate: float) -> None:
        """Move along the gradients of the loss that was called with what `open` gave; clears them."""
        with self.torch.no_grad():
            for name, (place, part) in self.opened.items():
                if part.grad is None:
                    continue
                if name in self.by_row:
                    self._step_rows(name, place, part.grad, rate)
                else:
                    self.weights[name].grad = self.gradient[name].index_copy_(0, place, part.grad)
        if self.adam is not None:
            for group in self.adam.param_groups:
                group["lr"] = rate
            self.adam.step()
            self.adam.zero_grad(set_to_none=True)
            for name in self.opened.keys() & self.gradient.keys():
                self.gradient[name].index_fill_(0, self.opened[name][0], 0.0)

    def _step_rows(self, name: str, place: Any, gradient: Any, rate: float) -> None:
        square, count = self.square[name], self.count[name]
        n = count[place] + 1
        mean = square[place] * BETAS[1] + gradient.square().mean(-1) * (1 - BETAS[1])
        square[place], count[place] = mean, n
        size = (mean / (1 - BETAS[1] ** n)).sqrt() + TINY
        table = self.weights[name]
        moved = table[place] * (1 - rate * self.decay) - rate * gradient / size[:, None]
        table.index_copy_(0, place, moved)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all state, so that `load` goes on as if nothing had happened."""
        found: dict[str, Any] = {}
        for name in self.by_row:
            found |= {f"square:{name}": self.square[name], f"count:{name}": self.count[name]}
        for name, tensor in self.weights.items():
            if self.adam is not None and tensor in self.adam.state:
                found |= {f"{key}:{name}": value for key, value in self.adam.state[tensor].items()}
        return {key: np.array(value.detach().cpu().numpy()) for key, value in found.items()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `arrays` gave."""
        for key, array in arrays.items():
            kind, name = key.split(":", 1)
            value = self.torch.from_numpy(np.array(array)).to(self.weights[name].device)
            if kind in ("square", "count"):
                getattr(self, kind)[name] = value
            elif self.adam is not None:
                self.adam.state[self.weights[name]][kind] = value

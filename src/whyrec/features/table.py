"""Encoders of the catalogue's table columns: standardised numbers and categories as indicator columns.

An encoder is fitted on given rows only (the items of the training part), and encodes any: a value that is missing
or was never seen gives zeros, and the last column, the mask, says so with a 1. Identifiers and times are never
scaled here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whyrec.core.types import UNKNOWN, Bools, Floats, Floats32, Ints, Objects

LARGEST = 1e30
"""What a value is cut at: far from anything that is learned from, and finite in float32."""


@dataclass(frozen=True)
class NumberEncoder:
    """Mean and standard deviation of a number column on the rows that it was fitted on."""

    mean: float
    std: float

    def encode(self, column: Floats, imputed: Bools | Floats | None = None) -> Floats32:
        """Return float32 [I, 2]: the standardised value and the mask.

        A missing value (NaN, infinity) is 0, which is the mean. An imputed one keeps its value; the mask is 1 for
        both.
        """
        known = np.isfinite(column)
        value = np.where(known, (np.where(known, column, 0.0) - self.mean) / self.std, 0.0).clip(-LARGEST, LARGEST)
        mask = ~known if imputed is None else ~known | np.asarray(imputed, np.bool_)
        return np.stack([value, mask], axis=1).astype(np.float32)


def fit_numbers(column: Floats, rows: Ints | Bools, imputed: Bools | Floats | None = None) -> NumberEncoder:
    """Fit mean and standard deviation on these rows, without missing and imputed values.

    A column without a value there, or with a single one, gets mean 0 or that value, and deviation 1.
    """
    values = column[rows]
    known = np.isfinite(values) if imputed is None else np.isfinite(values) & ~np.asarray(imputed, np.bool_)[rows]
    values = values[known]
    if not len(values):
        return NumberEncoder(0.0, 1.0)
    std = float(values.std())
    rounding = (
        np.finfo(np.float64).eps * len(values) * float(np.abs(values).max())
    )  # of equal values it is no deviation
    return NumberEncoder(float(values.mean()), std if std > rounding else 1.0)


@dataclass(frozen=True)
class CategoryEncoder:
    """Values of a category column, most frequent first; the place of a value is its column."""

    values: tuple[str, ...]

    def encode(self, column: Objects) -> Floats32:
        """Return float32 [I, D+1]: a 1 for each value that an item has, and the mask.

        The mask is 1 where an item has no value that was seen in fitting; "unknown" is none.
        """
        place = {value: code for code, value in enumerate(self.values)}
        encoded = np.zeros((len(column), len(self.values) + 1), np.float32)
        for row, values in enumerate(column):
            known = [place[value] for value in values or () if value in place]
            encoded[row, known or [-1]] = 1.0
        return encoded


def fit_categories(column: Objects, rows: Ints | Bools, largest: int = 256) -> CategoryEncoder:
    """Take the most frequent values on these rows, at most `largest` of them; "unknown" is no value."""
    counts = Counter(_values(column[rows]))
    return CategoryEncoder(tuple(sorted(counts, key=lambda value: (-counts[value], value))[:largest]))


def _values(column: Objects) -> Iterable[str]:
    return (value for values in column for value in values or () if value != UNKNOWN)

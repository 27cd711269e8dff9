"""Every error whyrec raises on purpose, in one place, so that their wording can be read and tested together.

    WhyrecError                    exit status 1; message = what was expected, what came, where, what to do next
    ├── UsageError                 exit status 2: the call itself is wrong (unknown model, unknown option value)
    │   ├── SettingsError          whyrec.toml has an unknown key or a value of the wrong type
    │   └── FilterError            an expression that cannot be read
    │       └── UnknownFieldError  an expression names an attribute that the catalogue lacks
    ├── InputError                 a file or table that cannot be read as events, items or users
    │   └── FutureError            a moment later than the shop's clock
    ├── ShopError                  the shop folder is missing, incomplete or not writable
    ├── SnapshotError              a snapshot is corrupt, of another format, or not there
    ├── TrainingError              a fit that cannot give a model (no events, memory limit)
    ├── ErasedError                what a person says who was erased, and of whom nothing is kept
    ├── StoreError                 the store refused a write or a read (disk full, locked)
    └── MissingExtraError          an optional package is needed; the message is the install line

Partial answers (unknown user, item without picture) are values, not errors.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class WhyrecError(Exception):
    """Base of all errors that whyrec raises on purpose; its text is meant for the person at the keyboard."""

    exit_status = 1


class UsageError(WhyrecError):
    """The call is wrong, not the data: exit status 2."""

    exit_status = 2


class SettingsError(UsageError):
    """whyrec.toml holds a key or a value that whyrec does not know."""


class FilterError(UsageError):
    """An expression that chooses items cannot be read; the message points at the place."""


class UnknownFieldError(FilterError):
    """An expression names an attribute that the catalogue lacks; the service answers 404."""


class InputError(WhyrecError):
    """A file or table cannot be read as what it was said to be."""


class FutureError(InputError):
    """A moment lies in the future of the shop's clock; the service answers 409, since later it would be right."""


class ShopError(WhyrecError):
    """The shop folder is missing, incomplete or cannot be written."""


class SnapshotError(WhyrecError):
    """A snapshot is corrupt, has another format number, or is not there."""


class TrainingError(WhyrecError):
    """A model cannot be fitted on what it was given."""


class ErasedError(WhyrecError):
    """A person who was erased says something; nothing of them is kept."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a shopper whose data may be kept, got one who was erased. Should they come back by their own "
            "wish: whyrec erase DIR --user ID --lift"
        )


class StoreError(WhyrecError):
    """The store could not read or write."""


class MissingExtraError(WhyrecError):
    """An optional package is needed for what was asked."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f"In whyrec's folder run: pip install -c constraints.txt -e '.[{extra}]'"
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `" (did you mean 'x'?)"` for the known name closest to `name`, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""

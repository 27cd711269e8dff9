"""How a field of the settings is declared: its default and its help text beside it."""

from __future__ import annotations

from dataclasses import MISSING, field
from typing import Any

REQUIRED = MISSING
"""In place of a default: the key must be there."""


def setting(default: Any, text: str, choices: tuple[str, ...] = ()) -> Any:
    """Declare a field with its help text; mutable defaults are copied for each instance."""
    meta = {"help": text, "choices": choices}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=meta)
    return field(default=default, metadata=meta)

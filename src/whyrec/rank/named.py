"""A model with its options in one word, as the command line takes it: `glass:latents=2` or `blend:members=["ease"]`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.errors import UsageError


def parse(named: str) -> tuple[str, dict[str, Any]]:
    """Split "name:key=value,key=value" into name and options; a value that is no JSON is a word.

    Raises UsageError where a part is no key=value.
    """
    name, _, rest = named.partition(":")
    options: dict[str, Any] = {}
    for part in re.split(r",(?=\s*\w+\s*=)", rest) if rest else ():
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"Expected NAME:key=value,..., got {named!r}. Example: glass:latents=2")
        try:
            options[key.strip()] = json.loads(value)
        except json.JSONDecodeError:
            options[key.strip()] = value.strip()
    return name, options


def write(name: str, options: Mapping[str, Any]) -> str:
    """Return the word that `parse` reads, options sorted."""
    listed = ",".join(f"{key}={json.dumps(options[key])}" for key in sorted(options))
    return f"{name}:{listed}" if listed else name


def configure(named: str, settings: Settings) -> tuple[str, Settings]:
    """Return the model's name, and the settings with its options added to those that the shop gives it.

    Raises UsageError for an unknown model, SettingsError for a wrong option.
    """
    name, own = parse(named)
    models.find(name)
    options = {**settings.models.options, name: {**settings.models.options.get(name, {}), **own}}
    changed = replace(settings, models=replace(settings.models, options=options)) if own else settings
    models.configure(name, changed)
    return name, changed

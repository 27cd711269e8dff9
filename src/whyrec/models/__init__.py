"""Models, one file each: the name of the file is the name in whyrec.toml.

A model file has a frozen dataclass `Config`, a function `fit(run) -> fitted`, and a function
`from_arrays(arrays, items, config, settings) -> fitted`. See `Fitted` in core/types for what a fitted model can
do. There is no registry: a new file is a new model (docs/add-a-model.md).
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from whyrec.core.errors import UsageError, nearest


def names() -> list[str]:
    """Names of all model files, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def find(name: str) -> ModuleType:
    """Return the module of a model; a wrong name answers with the list of files."""
    if name not in names():
        raise UsageError(f"Unknown model {name!r}{nearest(name, names())}. Models: {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name}")

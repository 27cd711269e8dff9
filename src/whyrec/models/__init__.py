"""Models, one file each: the name of the file is the name in whyrec.toml.

A model file has a frozen dataclass `Config`, a function `fit(run) -> fitted`, and a function
`from_arrays(arrays, items, config, settings) -> fitted`. See `Fitted` in core/types for what a fitted model can
do. There is no registry: a new file is a new model. A file with `members(config)`, the names of models that it is
given, keeps them in its own arrays (`learn.snapshot.pack_members`), and its `from_arrays` takes them as a fifth
argument. Files of a shop's own are found beside these after
`use`. A file may say what `whyrec tune` tries: `SEARCH` holds for an option (low, high), (low, high, "log"), or a
list of choices.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from whyrec.core.config import Settings, from_table
from whyrec.core.errors import SettingsError, SnapshotError, UsageError, nearest
from whyrec.core.types import Fitted, Vocabulary
from whyrec.learn import snapshot

PARTS = ("Config", "fit", "from_arrays")
"""What every model file defines."""


def names() -> list[str]:
    """Names of all model files, sorted."""
    return sorted(_files(__path__))


def find(name: str) -> ModuleType:
    """Return the module of a model; a wrong name answers with the list of files.

    Raises UsageError, too, where the file of a shop's own cannot be imported or lacks a part.
    """
    if name not in names():
        raise UsageError(f"Unknown model {name!r}{nearest(name, names())}. Models: {', '.join(names())}.")
    if name in _files(__path__[:1]):
        return importlib.import_module(f"{__name__}.{name}")
    where = next(folder for folder in __path__[1:] if name in _files([folder]))
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except Exception as error:
        raise UsageError(
            f"Expected a model in {Path(where) / name}.py, but importing it failed: {type(error).__name__}: {error}."
        ) from error
    missing = [part for part in PARTS if not hasattr(module, part)]
    if missing:
        raise UsageError(
            f"Expected {', '.join(PARTS)} in {Path(where) / name}.py, found no {missing[0]}. See docs/add-a-model.md."
        )
    return module


def use(shop: Path, settings: Settings) -> None:
    """Find the model files of a shop's own, too, from now on in this process: those of [models] folder.

    A file is run when its model is first asked for. Raises SettingsError where the folder is not there, or where a
    file has the name of a model that is known already.
    """
    if not settings.models.folder:
        return
    folder = (shop / settings.models.folder).resolve()
    if str(folder) in __path__:
        importlib.invalidate_caches()  # a file may have come since
        return
    if not folder.is_dir():
        raise SettingsError(f"Expected a folder with model files, found none at {folder}. Change: [models] folder")
    for name in sorted(_files([str(folder)]) & _files(__path__)):
        raise SettingsError(f"Expected model files with names of their own, but {name!r} is taken: rename {name}.py.")
    __path__.append(str(folder))


def _files(folders: Sequence[str]) -> set[str]:
    return {m.name for m in pkgutil.iter_modules(folders) if not m.name.startswith("_")}


def configure(name: str, settings: Settings) -> Any:
    """Return the Config of a model with the options that the shop gives it; raises SettingsError for a wrong one."""
    return from_table(find(name).Config, settings.models.options.get(name, {}), f"[models.options.{name}]")


def load(folder: Path, name: str) -> tuple[snapshot.Snapshot, Fitted]:
    """Load the snapshot `name` from the snapshots folder, with the settings that it was fitted with.

    Raises SnapshotError where it is not there, damaged, or made by another version.
    """
    meta, items, arrays = snapshot.read(folder, name)
    try:
        config = from_table(find(meta.model).Config, meta.config, "config")
        settings = from_table(Settings, meta.settings, "settings")
        fitted = restore(meta.model, arrays, items, config, settings)
    except (UsageError, SettingsError, KeyError) as error:
        raise SnapshotError(
            f"Expected a snapshot that this whyrec can use, but {folder / name} does not fit: {error} "
            "Make a new one with: whyrec train"
        ) from None
    return meta, fitted


def restore(
    name: str, arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Any, settings: Settings
) -> Fitted:
    """Make a fitted model again from its arrays, its members before it; KeyError where an array is missing."""
    module = find(name)
    if not hasattr(module, "members"):
        fitted: Fitted = module.from_arrays(arrays, items, config, settings)
        return fitted
    members = {
        member: restore(member, snapshot.member_arrays(arrays, member), items, configure(member, settings), settings)
        for member in module.members(config)
        if any(key.startswith(f"{member}/") for key in arrays)  # some take what they need and keep no member
    }
    combined: Fitted = module.from_arrays(arrays, items, config, settings, members)
    return combined

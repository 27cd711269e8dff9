"""Where a long fit keeps what it needs to go on after it was killed: one file, whole or as it was before.

The file belongs to one fit: it carries a mark of what is fitted on what, and a file with another mark is not used.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.errors import TrainingError

FILE = "checkpoint.npz"
STATE = "state.json"


def mark(about: Sequence[Any], arrays: Iterable[NDArray[Any]]) -> str:
    """Hash of everything that a fit's result follows from, but for the code: what JSON can hold, and arrays."""
    hashed = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for array in arrays:
        hashed.update(f"{array.dtype.str}{array.shape}".encode())
        hashed.update(np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()


def write(folder: Path, mark: str, arrays: Mapping[str, NDArray[Any]], state: Mapping[str, Any]) -> None:
    """Replace the checkpoint of a folder at once; `state` is what JSON can hold.

    Raises TrainingError where it cannot be written.
    """
    packed = np.frombuffer(json.dumps({"mark": mark, **state}).encode(), np.uint8)
    new = folder / f".{FILE}-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            stored: dict[str, Any] = {STATE: packed, **{f"array:{name}": array for name, array in arrays.items()}}
            np.savez(file, **stored)
            file.flush()
            os.fsync(file.fileno())
        new.replace(folder / FILE)
    except OSError as error:
        raise TrainingError(
            f"Expected to keep a checkpoint in {folder}, but: {error}. Free space or permit writing there, then "
            "train again: it goes on from the last checkpoint."
        ) from None


def read(folder: Path, mark: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
    """Return (arrays, state) of the folder's checkpoint; None where there is none, or it is of another fit."""
    try:
        with (folder / FILE).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            state = json.loads(file[STATE].tobytes())
            if state.pop("mark") != mark:
                return None
            return {name.removeprefix("array:"): file[name] for name in file.files if name != STATE}, state
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None

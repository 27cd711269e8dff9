"""Fitted models on disk: one folder each, written once, never changed; a small file names the live one.

    snapshots/20260102-030405-markov-1a2b3c4d/meta.json     readable: model, config, settings, fingerprints, metrics
    snapshots/20260102-030405-markov-1a2b3c4d/arrays.npz    vocabulary and numbers, no pickle inside
    snapshots/live                                          id of the live snapshot, and of the one that was before it
    snapshots/erased                                        how many people were erased, and the last receipt

Ids sort by time. A folder gets its name only when all of it is on disk, so a killed run leaves nothing that looks
like a snapshot; what it leaves starts with a dot, and the next save removes it. A checksum finds damage before it is
served.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.errors import SnapshotError
from whyrec.core.types import Fitted, Vocabulary

FORMAT = 1
LIVE = "live"
ERASED = "erased"
VOCABULARY = "vocabulary"
UNFINISHED = ".unfinished-"
DAY_S = 86_400.0


@dataclass(frozen=True)
class Snapshot:
    """What is known of a snapshot without loading its arrays."""

    id: str
    model: str
    created_at: float
    format: int
    checksum: str  # SHA-256 of arrays.npz
    config: dict[str, Any]
    settings: dict[str, Any]
    about: dict[str, Any]  # metrics, data and code fingerprint, counts, what was left out, learning curve
    live: bool = False  # when it was read; not stored

    def as_dict(self) -> dict[str, Any]:
        """Return what `whyrec train --json` prints."""
        return {"id": self.id, "model": self.model, "live": self.live, "metrics": self.about.get("metrics", {})}


def save(
    folder: Path, model: str, fitted: Fitted, config: Any, settings: Settings, about: Mapping[str, Any], now: float
) -> Snapshot:
    """Write a fitted model into the snapshots folder and return its meta; `now` in UTC seconds.

    Raises SnapshotError where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder, now)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{os.getpid()}-", dir=folder))
        try:
            return _write(folder, unfinished, model, fitted, config, settings, about, now)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise SnapshotError(
            f"Expected to write a snapshot of {model} into {folder}, but: {error}. "
            "Nothing was changed; free space or permit writing there, then train again."
        ) from None


def _write(
    folder: Path,
    unfinished: Path,
    model: str,
    fitted: Fitted,
    config: Any,
    settings: Settings,
    about: Mapping[str, Any],
    now: float,
) -> Snapshot:
    arrays: dict[str, Any] = {VOCABULARY: _pack(fitted.items), **fitted.arrays()}
    with (unfinished / "arrays.npz").open("wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    checksum = _checksum(unfinished / "arrays.npz")
    stem = f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{model}-{checksum[:8]}"
    name, n = stem, 1
    while (folder / name).exists():
        n += 1
        name = f"{stem}-{n}"
    meta = Snapshot(name, model, now, FORMAT, checksum, asdict(config), asdict(settings), dict(about))
    with (unfinished / "meta.json").open("w", encoding="utf-8") as file:
        stored = {key: value for key, value in asdict(meta).items() if key != "live"}
        json.dump(stored, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / name)
    return meta


def _sweep(folder: Path, now: float) -> None:
    """Remove what killed runs left half written: their process is gone, or it is older than any writing takes."""
    for path in folder.glob(f"{UNFINISHED}*"):
        owner = path.name.removeprefix(UNFINISHED).split("-")[0]
        with contextlib.suppress(OSError):  # its run ended and removed it meanwhile
            if (owner.isdigit() and not _runs(int(owner))) or now - path.stat().st_mtime > DAY_S:
                shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def read_meta(folder: Path, name: str) -> Snapshot:
    """Read the meta file of a snapshot; raises SnapshotError where it is not there, damaged, or of another format."""
    path = folder / name / "meta.json"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        found = table["format"]
    except FileNotFoundError:
        known = ", ".join(_names(folder)[-5:]) or "none"
        raise SnapshotError(
            f"Expected a snapshot {name!r} in {folder}, found none. Newest there: {known}. "
            "Name one of these, or make one with: whyrec train"
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path, error) from None
    if found != FORMAT:
        older = isinstance(found, int) and found < FORMAT
        raise SnapshotError(
            f"Expected snapshot format {FORMAT}, but {path} has {found!r}. "
            + ("An older whyrec made it: make a new one with: whyrec train" if older else "Update whyrec to read it.")
        )
    try:
        return Snapshot(**table, live=name == live(folder))
    except TypeError as error:
        raise _damaged(path, error) from None


def read(folder: Path, name: str) -> tuple[Snapshot, Vocabulary, dict[str, NDArray[Any]]]:
    """Read a snapshot: its meta, the vocabulary of its items, and its arrays; raises SnapshotError as `read_meta`."""
    meta = read_meta(folder, name)
    path = folder / name / "arrays.npz"
    try:
        if _checksum(path) != meta.checksum:
            raise _damaged(path, "its checksum is not the one in meta.json")
        # Opened here: np.load leaves a file open where it finds no zip in it.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        return meta, _unpack(arrays.pop(VOCABULARY)), arrays
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:  # EOFError: an empty file
        raise _damaged(path, error) from None


def list_all(folder: Path) -> list[Snapshot]:
    """Return the meta of all snapshots, oldest first; those that cannot be read are left out."""
    found = []
    for name in _names(folder):
        try:
            found.append(read_meta(folder, name))
        except SnapshotError:
            continue
    return found


def live(folder: Path) -> str | None:
    """Return the id of the live snapshot, None where there is none yet."""
    return _pointers(folder)[0]


def before(folder: Path) -> str | None:
    """Return the id of the snapshot that was live before, None where there was none."""
    return _pointers(folder)[1]


def _pointers(folder: Path) -> tuple[str | None, str | None]:
    try:
        state = (folder / LIVE).stat()  # every list asks, and the file changes once a day
        return _read_pointers(folder / LIVE, state.st_mtime_ns, state.st_ino)
    except FileNotFoundError:
        return None, None
    except (OSError, ValueError) as error:
        raise SnapshotError(
            f"Expected the id of a snapshot in {folder / LIVE}, but: {error}. Write the name of a folder beside it."
        ) from None


@lru_cache(maxsize=16)
def _read_pointers(path: Path, changed_ns: int, inode: int) -> tuple[str | None, str | None]:
    """Read the file as it was when it changed last; a new one has another inode."""
    lines = path.read_text(encoding="utf-8").split()
    return (*lines, None, None)[0], (*lines, None, None)[1]


def set_live(folder: Path, name: str) -> None:
    """Make a snapshot the live one; the pointer changes at once or not at all, and remembers the one before.

    Raises SnapshotError where the snapshot is not there or damaged, learned from a person who was erased since, or the
    pointer cannot be written.
    """
    n_erased, receipt = _erased(folder)
    if read_meta(folder, name).about.get("erased", 0) < n_erased:
        raise SnapshotError(
            f"Expected a snapshot that learned from nobody who was erased since, but {name} may have "
            f"(receipt {receipt}). Make a new one with: whyrec train"
        )
    now, earlier = _pointers(folder)
    last = earlier if now == name else now
    new = folder / f".{LIVE}-{os.getpid()}"
    try:
        new.write_text("\n".join([name, *([last] if last else [])]) + "\n", encoding="utf-8")
        new.replace(folder / LIVE)
    except OSError as error:
        raise SnapshotError(
            f"Expected to write {folder / LIVE}, but: {error}. The live snapshot stays as it was."
        ) from None


def n_erased(folder: Path) -> int:
    """Return how many people who may have been learned from were erased until now; a fit notes it before it reads."""
    return _erased(folder)[0]


def outdate(folder: Path, receipt: str) -> int:
    """Let no snapshot that there is now, nor one of a fit under way, go live any more; returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f".{ERASED}-{os.getpid()}"
    new.write_text(f"{_erased(folder)[0] + 1} {receipt}\n", encoding="utf-8")
    new.replace(folder / ERASED)
    return len(_names(folder))


def _erased(folder: Path) -> tuple[int, str]:
    try:
        count, receipt = (folder / ERASED).read_text(encoding="utf-8").split()
        return int(count), receipt
    except FileNotFoundError:
        return 0, ""
    except (OSError, ValueError) as error:
        raise SnapshotError(f"Expected a count and a receipt in {folder / ERASED}, but: {error}.") from None


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("[!.]*") if p.is_dir()) if folder.is_dir() else []


def _damaged(path: Path, error: object) -> SnapshotError:
    return SnapshotError(
        f"Expected a whole snapshot, but {path} is damaged: {error}. Go back to another snapshot, or make a new one "
        "with: whyrec train"
    )


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack_members(members: Mapping[str, Fitted]) -> dict[str, NDArray[Any]]:
    """Return the arrays of fitted members for the snapshot of what combines them, each under `member/array`."""
    return {f"{name}/{key}": array for name, fitted in members.items() for key, array in fitted.arrays().items()}


def member_arrays(arrays: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of one member as `pack_members` was given them."""
    return {key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")}


def _pack(vocabulary: Vocabulary) -> NDArray[np.uint8]:
    # Ids as JSON in ASCII: any length and any character, no pickle.
    return np.frombuffer(json.dumps(list(vocabulary.ids)).encode("ascii"), np.uint8)


def _unpack(packed: NDArray[np.uint8]) -> Vocabulary:
    return Vocabulary.of(json.loads(packed.tobytes()))

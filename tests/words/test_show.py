"""Pictures of one record agree with each other and with what is printed."""

import itertools
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from additive import DAY_S, ITEMS, N_ITEMS, curved, purchases, queries, sums
from whyrec.core.types import Explanation, Reason
from whyrec.explain.explain import explain_page
from whyrec.words.network import network
from whyrec.words.say import say
from whyrec.words.show import Point, grid, kind_shares, list_rows, percentages, periods, series, shares

EVERYTHING = np.ones(N_ITEMS, bool)
PAGE = ["i4", "i0", "i9"]


def page_of(query, seed, way="exact"):
    model = sums(np.random.default_rng(seed), "item" if way == "set" else "event")
    score = curved(model) if way == "curved" else model.score
    contributions = None if way == "curved" else model.contributions
    return explain_page(score, query, PAGE, items=ITEMS, allowed=EVERYTHING, n=3, contributions=contributions,
                        sets=way == "exact")  # fmt: skip


def name(item):
    return f"Item {item}"


@given(queries(), st.integers(0, 2**32 - 1), st.sampled_from(["exact", "set", "curved"]), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_all_pictures_of_a_page_agree(query, seed, way, largest):
    page = page_of(query, seed, way)
    made = grid(page, query, name, largest=largest)
    rows = [*made.rows, *([made.others] if made.others else [])]
    assert len(made.rows) <= largest
    assert [row.at for row in made.rows] == sorted(row.at for row in made.rows)
    for k, (column, e) in enumerate(zip(made.columns, page, strict=True)):
        total = sum(row.cells[k] for row in rows)
        assert total + column.popularity + column.gap == pytest.approx(column.score, abs=1e-9)
        assert (column.score, column.item_id, column.rank) == (e.score, e.item_id, k + 1)
        assert made.score.cells[k] == e.score and made.popularity.cells[k] == e.empty_score
    for row in (*rows, made.popularity, made.score):
        assert row.total == pytest.approx(sum(row.cells))
    assert made.limit == max((abs(cell) for row in made.rows for cell in row.cells), default=0.0)
    causes = {reason.slots for e in page for reason in e.reasons}
    assert len(made.rows) + (made.others.n if made.others else 0) == len(causes)

    line = {point.slots: point.weight for point in series(page, query, name)}
    assert all(line[row.slots] == row.total for row in made.rows)
    assert sorted(slot for slots in line for slot in slots) == query.history.live().tolist()

    for e in page:
        points = series(e, query, name)
        for days in (1, 62, 10_000):
            found = periods(points, "Asia/Tokyo", days)
            assert sum(p.raises + p.lowers for p in found) == pytest.approx(e.score - e.empty_score - e.gap, abs=1e-9)
            assert sum(p.n for p in found) == len(points)
            assert all((b.first - a.last).days == 1 for a, b in itertools.pairwise(found))
            assert len(found) <= max(days, 1) or all(p.first.weekday() == 0 for p in found)
        for parts in (kind_shares(e, query), shares(e)):
            assert sum(part.weight for part in parts) == pytest.approx(e.score - e.gap, abs=1e-9)

    net = network(page, query, name, "somebody", most_events=largest)
    cells = {(row.slots, row.reference): row.cells for row in grid(page, query, name, largest=999).rows}
    items = [e.item_id for e in page]
    assert len(net.of("event")) == min(largest, len(cells)) and len(net.of("item")) == len(page)
    named = {f"event {slots} {reference}": row for (slots, reference), row in cells.items()}
    for edge in net.edges:
        if edge.source == "shopper":
            assert edge.weight == pytest.approx(sum(named[edge.target]))
        elif edge.source.startswith("event") and edge.weight is not None:
            assert edge.weight == named[edge.source][items.index(edge.target.removeprefix("item "))]

    for row, e in zip(list_rows(page, query, name), page, strict=True):
        assert sum(part.weight for part in row.parts) == pytest.approx(row.score, abs=1e-9)
        assert row.score == e.score
        named = [part for part in row.parts if part.kind not in ("others", "popularity", "gap")]
        sizes = [abs(part.weight) for part in named]
        assert sizes == sorted(sizes, reverse=True) and len(named) <= 3
    json.dumps([asdict(made), [asdict(point) for point in series(page[0], query, name)]], allow_nan=False)


@given(queries(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_words_and_pictures_agree(query, seed):
    page = page_of(query, seed)
    made = grid(page, query, name, largest=99)
    for k, e in enumerate(page):
        record = say(e, query, name, "en", n_list=3).record
        for entry in record["because"]:
            cells = [
                row.cells[k] for row in made.rows if (row.reference, row.kind) == (entry["item_id"], entry["verb"])
            ]
            assert sum(cells) > 0 and np.count_nonzero(cells) == entry["count"]
        if record["popular"] == "mostly":
            assert record["percent"] in {part.percent for part in shares(e) if part.kind == "popular"}


def test_shares_sum_to_a_hundred_or_are_none():
    def of(members):
        return [part.percent for part in shares(Explanation("x", "exact", 1, 0, 0, (), members=members))]

    assert of({"events": 2.0, "order": 1.0, "popularity": 0.0}) == [67, 33]
    assert of({"events": 1.0, "order": 1.0, "popularity": 1.0}) == [34, 33, 33]
    assert of({"events": 2.0, "popularity": -1.0}) == [None, None]
    assert of({}) == []
    labelled = shares(Explanation("x", "exact", 1, 0, 0, (), members={"events": 1.0}), {"events": "Past purchases"})
    assert (labelled[0].kind, labelled[0].name, labelled[0].percent) == ("events", "Past purchases", 100)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=9).filter(lambda values: sum(values) > 1e-6))
def test_percentages_are_whole_near_and_sum_to_a_hundred(values):
    found = percentages(values)
    assert sum(found) == 100
    assert all(abs(p - 100 * v / sum(values)) < 1 for p, v in zip(found, values, strict=True))


def test_an_event_without_effect_is_a_small_point_of_the_time_line():
    query = purchases([1, 2, 3])
    page = page_of(query, 1)
    e = Explanation("i4", "exact", 1.0, 0.0, 0.0, tuple(r for r in page[0].reasons if r.slots != (1,)))
    points = series(e, query, name)
    assert [point.slots for point in points] == [(0,), (1,), (2,)]
    assert (points[1].weight, points[1].small, points[1].name, points[1].kind) == (0.0, True, "Item i2", "purchase")
    assert not max(points, key=lambda point: abs(point.weight)).small


def test_an_empty_page_is_an_empty_grid():
    made = grid([], purchases([1]), name)
    assert (made.columns, made.rows, made.others, made.limit) == ((), (), None, 0.0)


def test_the_network_joins_events_to_attributes_and_attributes_to_items():
    query = purchases([1, 2, 3])
    lumo = Reason("group", "brand=Lumo", 0.7, (0, 2), ("e0", "e2"))
    days = Reason("group", "days=2017-01-01..2017-02-01", 9.0, (0, 1), ("e0", "e1"))
    page = [replace(e, groups=(days, replace(lumo, weight=w))) for e, w in zip(page_of(query, 3), (0.7, -2.0, 0.1),
                                                                              strict=True)]  # fmt: skip
    net = network(page, query, name, "u", lambda reference: reference.upper())
    assert [node.name for node in net.of("attribute")] == ["BRAND=LUMO"]
    belongs = {edge.source for edge in net.edges if edge.weight is None}
    assert belongs == {"event (0,) i1", "event (2,) i3"}
    weights = {edge.target: edge.weight for edge in net.edges if edge.source == "attribute brand=Lumo"}
    assert weights["item i4"] == 0.7 and weights["item i0"] == -2.0


def test_days_are_those_of_the_time_zone_and_weeks_begin_on_monday():
    def of(*moments):
        return [Point(at, "view", "", (k,), (), 1.0 - 3 * k, False) for k, at in enumerate(moments)]

    late = 1_500_076_800.0 - 3600  # 14 July 2017, 23:00 in UTC, a Friday
    (only,) = periods(of(late), "UTC")
    assert (only.first.isoformat(), only.raises, only.lowers, only.n) == ("2017-07-14", 1.0, 0.0, 1)
    assert periods(of(late), "Asia/Tokyo")[0].first.isoformat() == "2017-07-15"
    weeks = periods(of(late, late + 15 * DAY_S), "UTC", most_days=10)
    assert [(p.first.isoformat(), p.raises, p.lowers) for p in weeks] == [
        ("2017-07-10", 1.0, 0.0), ("2017-07-17", 0.0, 0.0), ("2017-07-24", 0.0, -2.0)
    ]  # fmt: skip
    assert periods([]) == ()

"""What the screens show, as plain data, and the small pictures: sums agree, labels exist in both languages."""

import ast
import itertools
import math
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fake_shop import NOW, USER, FakeShop, moment
from hypothesis import given, settings
from hypothesis import strategies as st

from whyrec.app import (
    figures,
    html,
    panels,
    pictures,
    style,
    transparency,
    view_data,
    view_models,
    view_shopper,
)
from whyrec.app.console.place import Place
from whyrec.app.reader import LANGUAGES, MINUS, Reader, Scale
from whyrec.app.view_matrix import matrix
from whyrec.core.types import KINDS, Item
from whyrec.data.findings import Check, Finding
from whyrec.explain.contrast import contrast
from whyrec.words.overall import Overall, by_price, overall

APP = Path(html.__file__).parent
DOCUMENTED = (ast.Module, ast.FunctionDef, ast.ClassDef)
ZONE = "UTC"


@pytest.fixture
def shown(tmp_path):
    shop = FakeShop(tmp_path)
    query = shop.query(USER, at=NOW)
    made = shop.recommend_query(query)
    return shop, query, made, matrix(shop, query, shop.explain_page(query, made), Reader())


@given(st.floats(1e-9, 1e9), st.lists(st.floats(-1, 1), min_size=1, max_size=8))
@settings(max_examples=80)
def test_a_scale_holds_its_values_and_its_text_reads_back(largest, ratios):
    scale = Scale.of(largest)
    assert largest * (1 - 1e-9) <= scale.limit <= 2.01 * largest
    for value in (ratio * largest for ratio in ratios):
        step = scale.step(value)
        assert 0 <= step <= 8 and scale.step(-value) == 8 - step
        text = scale.signed(value).replace(MINUS, "-")
        shown = float(text) * 10.0**scale.power
        assert abs(shown - value) <= 0.5001 * 10.0 ** (scale.power - scale.decimals)
        assert len(scale.cell(value)) <= 14


def test_steps_are_cut_as_drawn():
    scale = Scale.of(1.71)
    assert (scale.limit, scale.decimals, scale.power) == (1.75, 2, 0)
    values = (-1.71, -0.82, -0.31, -0.05, 0.0, 0.03, 0.05, 0.41, 0.94, 1.62)
    assert [scale.step(value) for value in values] == [0, 1, 2, 3, 4, 4, 5, 6, 7, 8]
    assert [scale.cell(value) for value in (0.21, -0.04, 1.62, 0.001)] == ["+.21", "−.04", "+1.62", "·"]
    assert Scale.of(0.0) == Scale.of(math.nan) == Scale(1.0, 0, 2)
    assert Scale.of(0.002).signed(0.0012) == "+1.20"


def test_the_waterfall_starts_at_nothing_and_ends_at_the_score(shown):
    _, _, _, board = shown
    for most in (2, 8):
        for place, column in enumerate(board.columns):
            bars = view_shopper.steps(board, place, Reader(), most)
            assert bars[0].start == 0.0 and bars[0].part == "popular"
            for before, after in itertools.pairwise(bars[:-1]):
                assert after.start == pytest.approx(before.end)
            assert bars[-2].end == pytest.approx(column.score) and bars[-1].end == column.score


def test_a_contrast_of_a_model_that_is_no_sum_is_of_the_difference_itself(shown):
    shop, query, _, board = shown
    a, b = board.columns[0].item_id, board.columns[3].item_id
    found = contrast(lambda q, items=None: np.tanh(shop.model.score(q, items) / 3), query, a, b)
    assert found.method == "shapley" and found.error > 0
    for most in (3, 50):
        *bars, whole = view_shopper.contrast(board, 0, 3, Reader(), most=most, found=found)
        assert sum(bar.value for bar in bars) == pytest.approx(whole.value, abs=1e-6)
        assert whole.value == found.difference and "gap" not in {bar.part for bar in bars}
    text = str(panels.contrast(board, 0, 3, Reader("en"), found).html())
    assert f"standard error up to {board.scale.plain(found.error)}" in text


def test_a_contrast_adds_up_to_the_difference_of_the_scores(shown):
    _, _, _, board = shown
    for a, b in ((0, 1), (3, 9), (9, 0)):
        *bars, whole = view_shopper.contrast(board, a, b, Reader(), most=5)
        assert sum(bar.value for bar in bars) == pytest.approx(whole.value)
        assert whole.value == pytest.approx(board.columns[a].score - board.columns[b].score)


def test_the_stacked_bar_is_the_score(shown):
    _, _, _, board = shown
    for place, column in enumerate(board.columns):
        parts = view_shopper.segments(board, place)
        signed = sum((b - a) * (1 if a >= 0 else -1) for _, a, b in parts)
        assert signed == pytest.approx(column.score)


def test_moves_say_what_is_new_what_left_and_where_it_is_now(shown):
    shop = shown[0]
    before = [Item(f"p-00{n}", 1.0, ()) for n in range(4)]
    after = [Item(name, 0.5, ()) for name in ("p-002", "p-000", "p-009", "p-008", "p-003")]
    fresh, gone = view_shopper.moves(before, after, shop, Reader(), 3)
    assert [(m.item_id, m.before, m.after) for m in fresh] == [("p-002", 3, 1), ("p-000", 1, 2), ("p-009", None, 3)]
    assert [(m.item_id, m.before, m.after, m.score) for m in gone] == [("p-001", 2, None, None)]


def test_a_set_of_events_in_words(shown):
    shop, query, _, _ = shown
    assert view_shopper.what(shop, query, [4], Reader()) == "“Tern 14 laptop” (bought 16 Oct)"
    assert view_shopper.what(shop, query, [4], Reader("zh")) == "「燕 14 笔记本」（10 月 16 日 购买）"
    assert view_shopper.what(shop, query, [7, 8], Reader()) == "“Lumo 9 phone” (viewed, 2 times)"
    assert view_shopper.what(shop, query, [0, 1, 4], Reader()).endswith("“65 W charger” (bought 30 Sept) and 1 more")


def test_the_time_line_has_a_point_for_every_row_and_labels_inside(shown):
    _, query, _, board = shown
    line = view_shopper.line(board, query, Reader())
    assert [point.effect for point in line.points] == [row.total for row in board.rows]
    assert line.labels and all(query.history.at[0] <= at <= query.history.at[-1] for at, _ in line.labels)
    drawn = str(pictures.timeline(line.points, line.labels, (line.start, line.end), line.summary, line.faint))
    assert drawn.count("stem-raise") + drawn.count("stem-lower") + drawn.count('r="3.6"') == len(board.rows)
    assert "Tern 14 laptop" in drawn
    untimed = view_shopper.line(board, query, Reader(timed=False))
    assert all(text.startswith("#") for _, text in untimed.labels)


def test_the_time_line_begins_shortly_before_recent_causes_and_counts_what_was_earlier(shown):
    shop, query, made, _ = shown
    late = shop.explain_page(query.without(range(10)), made)
    kept = [replace(e, reasons=tuple(r for r in e.reasons if r.slots[0] >= 10)) for e in late]
    board = matrix(shop, query, kept, Reader())
    assert [row.slots for row in board.rows] == [(10,), (11,)]
    assert board.other.slots == tuple(range(10)) and set(board.other.values) == {0.0}
    line = view_shopper.line(board, query, Reader())
    assert line.start > query.history.at[8] and line.labels[0] == (line.start, "← 10 earlier")


def test_events_of_one_moment_are_one_point(shown):
    shop, query, made, _ = shown
    at = query.history.at.copy()
    at[3:6] = at[3]
    query = replace(query, history=replace(query.history, at=at))
    explained = [
        replace(e, reasons=tuple(replace(r, at=float(at[r.slots[0]])) for r in e.reasons))
        for e in shop.explain_page(query, made)
    ]
    board = matrix(shop, query, explained, Reader())
    point = next(p for p in view_shopper.line(board, query, Reader()).points if len(p.keys) == 3)
    assert (point.keys, point.title, point.kind) == (("3", "4", "5"), "Tern 14 laptop", "purchase")
    assert point.effect == pytest.approx(sum(row.total for row in board.rows[3:6]))


def cells(panel):
    """Rows of text of the tables of a panel."""
    rows = re.findall(r"<tr>(.*?)</tr>", str(panel.body), flags=re.S)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S) for row in rows]


def number(text):
    return float(text.replace(MINUS, "-"))


def test_all_pictures_of_one_record_print_the_same_numbers(shown):
    shop, query, made, board = shown
    explained, reader, scale = shop.explain_page(query, made), Reader(), board.scale
    column, score = board.columns[0], board.columns[0].score
    near = 0.51 * 10.0 ** (scale.power - scale.decimals)
    steps = cells(panels.waterfall(board, 0, reader))
    assert steps[-1][1] == scale.plain(score) and steps[0][1] == scale.signed(column.empty)
    assert sum(number(row[1]) for row in steps[:-1]) == pytest.approx(score, abs=near * len(steps))
    bars = re.findall(r'class="value">(.+?)<', str(panels.waterfall(board, 0, reader).body))
    assert bars == [row[1] for row in steps]
    contrast = cells(panels.contrast(board, 0, 3, reader))
    assert contrast[-1][1] == scale.plain(score - board.columns[3].score)
    parts = cells(panels.parts(shop, explained[0], query, scale, column.title, reader))
    assert ["what you did", scale.signed(score - column.empty), "91 %"] in parts
    assert ["Popularity (empty score)", scale.signed(column.empty), "–"] in parts
    days = cells(panels.columns(explained[0], query, scale, column.title, reader))[1:]
    assert sum(number(up) + number(down) for _, up, down in days) == pytest.approx(
        score - column.empty, abs=near * 2 * len(days)
    )
    edges = cells(panels.network(shop, explained, query, scale, USER, reader))[1:]
    laptop = next(row for row in board.rows if row.title == "Tern 14 laptop")
    assert ["Tern 14 laptop", column.title, scale.signed(laptop.values[0])] in edges
    assert [USER, "Tern 14 laptop", scale.signed(sum(laptop.values[:5]))] in edges
    stems = [mark.effect for mark in view_shopper.line(board, query, reader).points]
    assert sum(stems) == pytest.approx(sum(c.score - c.empty for c in board.columns))


def test_where_nothing_was_measured_no_picture_is_drawn(shown):
    shop, _, _, board = shown
    alone = shop.query("nobody", at=NOW)
    explained = shop.explain_page(alone, shop.recommend_query(alone))
    assert panels.columns(explained[0], alone, board.scale, "x", Reader()) is None
    assert panels.network(shop, explained, alone, board.scale, "nobody", Reader()) is None
    empty = transparency.Measured(Overall(0, 0, "exact", (), (), {}), "s", "markov", 0.0, "0", 30, 0.0, 0.0)
    assert all("Not enough was measured" in panel.body for panel in panels.whole(shop, empty, Reader()))


def test_the_global_view_prints_what_was_measured(shown):
    shop, query, made, _ = shown
    found = overall([(query, shop.explain_page(query, made))] * 6)
    prices = by_price(np.array([[1.0, 3.0, 8.0]]), np.array([5.0, 20.0, 1200.0]))
    measured = transparency.Measured(replace(found, prices=prices), "s", "markov", 0.0, "0", 30, 0.0, 0.0)
    parts, kinds, ages, against = (cells(panel) for panel in panels.whole(shop, measured, Reader()))
    assert [row[-1] for row in parts[1:]] == [f"{a.percent} %" for a in found.parts]
    assert [row[0] for row in kinds[1:]][:2] == ["viewed", "bought"]
    assert number(parts[1][1]) == pytest.approx(found.parts[0].mean, abs=0.006)
    assert len(ages) == 1 + len({age.days for rows in found.ages.values() for age in rows})
    assert [row[0] for row in against[1:]] == ["US$5", "US$20", "US$1,200"]
    assert against[3][2] == "+4.00"


def test_bars_have_one_scale_and_hostile_names_stay_text():
    drawn = str(figures.bars([("raises", "<b>", 0.0, 2.0, "+2"), ("lowers", "x", 0.0, -1.0, "−1")], "t", ("L", "R")))
    assert "&lt;b&gt;" in drawn and "left:50.00%;width:50.00%" in drawn and "left:25.00%;width:25.00%" in drawn
    assert figures.columns([], "t", str) and figures.curves([], [], "t", "a", str) and figures.band([], "t", "a", str)


@given(st.floats(0, 4e9), st.floats(0, 4e8))
@settings(max_examples=60)
def test_ticks_lie_inside_and_are_few(first, span):
    found = pictures.ticks(first, first + span, ZONE)
    assert len(found) <= 9 and found == sorted(set(found))
    assert all(first <= at <= first + span for at in found)


def test_a_learning_curve_is_read_with_its_best_epoch():
    def snapshot(*curve):
        return SimpleNamespace(about={"curve": list(curve)})

    read = view_models.Learning.of
    assert read(SimpleNamespace(about={})) is None and read(snapshot()) is None
    epochs = [{"epoch": n + 1, "loss": 3.0 - n, "value": value} for n, value in enumerate((0.1, 0.3, 0.2))]
    assert read(snapshot(*epochs)) == view_models.Learning((0.1, 0.3, 0.2), 1, True)
    for entry in epochs:
        del entry["value"]
    assert read(snapshot(*epochs)) == view_models.Learning((3.0, 2.0, 1.0), 2, False)
    drawn = pictures.curve((0.1, 0.3, 0.2), 1, "<b>")
    assert 'points="6.0,18.0 60.0,6.0 114.0,12.0"' in drawn and 'cx="60.0" cy="6.0"' in drawn and "<b>" not in drawn
    assert 'cx="6.0" cy="12.0"' in pictures.curve((0.5,), 0, "one epoch")


def test_pictures_escape_and_keep_inside():
    hostile = '<script>"x"&'
    points = [view_shopper.Point(at, effect, hostile, hostile, "view", ()) for at, effect in ((0.0, 1.0), (1.0, -1.0))]
    line = pictures.timeline(points, [(0.0, hostile)], (0.0, 1.0), hostile)
    bars = pictures.histogram([(hostile, 3.0), ("b", 0.0)], hostile, hostile, odd=[0])
    for picture in (
        line,
        bars,
        pictures.dot(2.0, 1.5, 2.5, 1.0, hostile),
        pictures.stacked([("first", 0, 1)], 0, 1, hostile),
    ):
        assert "<script" not in picture
    assert 'cx="194.0"' in pictures.dot(9.0, 8.0, 10.0, 1.0, "")
    assert [pictures.brief(n) for n in (950, 1200, 24170, 1_500_000, 0.5)] == ["950", "1.2k", "24k", "1.5M", "0.5"]
    assert pictures.shorten("a long title of a product", 10) == "a long t…"
    assert [pictures.nice_top(n) for n in (0, 151, 566, 24200)] == [3.0, 180.0, 600.0, 30000.0]


def test_every_kind_of_event_has_an_icon_and_a_verb_in_both_languages():
    history = KINDS[: KINDS.index("cancel")]
    for kind in (*history, "low-rating", "removed", "context"):
        assert pictures.KIND_ICONS[kind] in pictures.ICON_PATHS
        assert all(Reader(language).kind(kind) for language in LANGUAGES)


def labels(language):
    text = (APP / "labels" / f"{language}.ftl").read_text(encoding="utf-8")
    return {
        m[1]: set(re.findall(r"\{ ?\$(\w+)", m[0])) for m in re.finditer(r"^([a-z][\w-]*) =.*(?:\n .*)*", text, re.M)
    }


def test_all_languages_have_the_same_labels_and_each_is_used():
    english = labels("en")
    assert {path.stem for path in (APP / "labels").glob("*.ftl")} == set(LANGUAGES) and len(english) > 150
    for language in LANGUAGES:
        own = {key: slots for key, slots in labels(language).items() if not key.startswith(("check-", "action-"))}
        assert set(own) == set(english)
        for key, slots in own.items():  # a count in words may be told by the number that is shown, or the other way
            assert slots - {"n", "count"} == english[key] - {"n", "count"}, (language, key)
            assert bool(slots & {"n", "count"}) == bool(english[key] & {"n", "count"}), (language, key)
    source = "".join(p.read_text(encoding="utf-8") for p in (*APP.rglob("*.py"), *APP.rglob("*.html")))
    families = (
        "tab-",
        "kind-",
        "unit-",
        "family-",
        "attention-",
        "holds-read-",
        "rival-",
        "senses-",
        "severity-",
        "protocol-",
        "seen-",
        "method-",
        "users-",
        "items-",
        "hours-",
        "popular-only-",
        "unknown-",
        "scenario-",
        "relation-",
        "source-",
        "reason-",
        "rule-",
        "stats-read-",
        "stats-by-",
    )
    unused = [key for key in english if f'"{key}"' not in source and f"'{key}'" not in source]
    assert [key for key in unused if not key.startswith(families)] == []


def test_every_check_of_the_doctor_has_a_chinese_name():
    source = "".join(p.read_text(encoding="utf-8") for p in (APP.parent / "data").glob("*.py"))
    checks = set(re.findall(r'(?:RowCheck|Finding)\(\s*"([a-z][^"]+)"', source))
    assert len(checks) > 20
    missing = {check for check in checks if "check-" + re.sub(r"\W+", "-", check) not in labels("zh")}
    assert not missing


def test_every_action_of_the_doctor_is_told_in_chinese():
    actions = set()
    for name in ("doctor", "overview", "item_findings"):
        tree = ast.parse((APP.parent / "data" / f"{name}.py").read_text(encoding="utf-8"))
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        told = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)}
        actions |= {text for text in texts if re.fullmatch(r"[A-Z][^\n]*\.", text) and text not in told}
    actions |= {
        f"No column says what kind of event a row is: every row counts as a {kind}." for kind in ("rating", "purchase")
    }
    actions |= {f"Items that a shopper already had are {not_}recommended again." for not_ in ("", "not ")}
    actions |= {
        f"Events are ordered by {by}; the time protocol is refused."
        for by in ("the column position", "the order of the file")
    }
    actions |= {
        "The table has no category column; reasons use brand, size.",
        "Kept: more than 1,200 at once is often another unit; an event counts once all the same.",
        "Kept: over a hundred times the median price (12.50).",
    }
    assert len(actions) > 40
    findings = tuple(Finding("ties in time", "note", 1, 0.5, (), action) for action in sorted(actions))
    found = Check(1, 1, 0, 0, findings, {}, "")
    assert {row.action for row in view_data.findings(found, Reader())} == actions
    told = [row.action for row in view_data.findings(found, Reader("zh"))]
    assert [text for text in told if not re.search(r"[\u4e00-\u9fff]", text)] == []
    assert any("brand, size" in text for text in told) and any("12.50" in text for text in told)


def test_an_unknown_label_is_a_mistake():
    with pytest.raises(KeyError, match="no label 'nothing'"):
        Reader("zh").say("nothing")


def test_tokens_are_read_for_both_themes():
    light, dark = style.palette("light"), style.palette("dark")
    assert light.keys() == dark.keys() and len(light) > 30
    assert (light["step-8"], dark["step-8"]) == ("#0B4F8A", "#8CC4F0")


def contrast_of(first, second):
    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_on_what_it_stands_on(theme):
    c = style.palette(theme)
    pairs = [(ink, "card") for ink in ("ink", "ink-2", "ink-3", "link", "brand", "raises", "lowers")]
    pairs += [("ok", "ok-tint"), ("ok-ink", "ok-tint"), ("warn", "warn-tint"), ("error", "error-tint")]
    pairs += [
        ("brand", "brand-tint"),
        ("ink", "brand-tint"),
        ("ink-2", "line-2"),
        ("ink-2", "ground"),
        ("ink-3", "step-4"),
    ]
    pairs += [("on-step", f"step-{k}") for k in (0, 1, 7, 8)] + [("ink", f"step-{k}") for k in (2, 3, 5, 6)]
    low = {pair: round(contrast_of(c[pair[0]], c[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.4} == {}


def test_findings_are_sorted_and_their_field_is_marked(tmp_path):
    rows = view_data.findings(FakeShop(tmp_path).check(), Reader())
    assert [row.severity for row in rows] == ["error", "warning", "note", "note"]
    assert rows[2].share > rows[3].share
    samples = rows[0].samples
    assert [c for c, bad in zip(samples.columns, samples.bad, strict=True) if bad] == ["quantity"]
    assert samples.rows[0] == ("a", "p-0", "2025-01-01 14:46", "0")
    assert view_data.findings(FakeShop(tmp_path).check(), Reader("zh"))[0].name == "数量为零或负数"


def test_histograms_mark_cold_items(tmp_path):
    users, items, hours = view_data.histograms(FakeShop(tmp_path).check(), Reader())
    assert (users.key, items.odd, len(hours.bars)) == ("users", (0, 1, 2), 24)
    assert users.summary == "Most frequent: 400 events or more (566 shoppers)."


def test_leaderboards_are_sorted_with_the_live_one_marked(tmp_path):
    loo, late = view_models.leaderboards(FakeShop(tmp_path))
    assert [row.name for row in loo.rows] == ["ease", "markov", "itemknn", "popular"]
    assert [row.name for row in loo.rows if row.live] == ["markov"]
    assert loo.top == pytest.approx(0.06) and late.top == pytest.approx(0.05)
    first = loo.rows[0]
    assert (first.text("ndcg@10"), first.text("del@5"), first.spread) == (".0549", "–", " [.0530, .0568]")
    assert first.interval == pytest.approx((0.0530, 0.0568))
    assert (late.rows[0].interval, late.rows[0].spread) == ((late.rows[0].value("ndcg@10"),) * 2, ""), "an old board"
    assert view_models.leaderboards(FakeShop(tmp_path, trained=False)) == []


def test_dates_and_numbers_of_a_reader():
    at = moment("10-16")
    assert (Reader().day(at), Reader("zh").day(at), Reader().date(at)) == ("16 Oct", "10 月 16 日", "10-16")
    assert Reader(timed=False).day(12.0) == Reader(timed=False).moment(12.0) == "#12"
    assert [Reader().place(n) for n in (1, 2, 3, 4, 11, 21, 112)] == [
        "1st",
        "2nd",
        "3rd",
        "4th",
        "11th",
        "21st",
        "112th",
    ]
    assert Reader().share(0.0076) == "0.76\N{NO-BREAK SPACE}%" and Reader().number(1469307) == "1,469,307"
    assert Reader.of("fr-CA", "UTC", True).language == "en"


@given(st.text(max_size=30), st.text(max_size=30), st.lists(st.integers(0, 9).map(str), max_size=3))
@settings(max_examples=60)
def test_an_address_holds_the_whole_place(user, item, off):
    from urllib.parse import parse_qsl, urlsplit

    place = Place(user=user, item=item, off=tuple(off), lang="zh", theme="dark", rows=40, relation="next")
    parts = urlsplit(place.to())
    assert parts.path == "/console/"
    assert Place.read("shopper", dict(parse_qsl(parts.query)), "en") == place


def test_a_list_about_a_page_offers_its_relations_and_says_nothing_in_code():
    place = Place(user="li", scenario="related", relation="substitute")
    places = [
        {"title": "Cup", "sources": ["page"], "reason": "Because"},
        {"title": "Pot", "sources": ["popular"], "reason": None},
    ]
    for language in LANGUAGES:
        reader = Reader(language)
        told = html.render(
            "scenario_list.html", r=reader, place=place, places=places, page="Tea", relations=("substitute",)
        )
        made = str(told)
        assert f'aria-current="true">{reader.say("relation-substitute")}<' in made
        assert made.count('class="chip"') == 1 and reader.say("relation-popular") in made and ">page<" not in made


def test_nonsense_in_an_address_has_its_default():
    place = Place.read(
        "data", {"lang": "xx", "theme": "<b>", "rows": "9999", "off": "a,1-2,;", "relation": "friends"}, "zh"
    )
    assert place.relation == ""
    assert (place.lang, place.theme, place.rows, place.off) == ("zh", "light", 15, ("1-2",))
    assert Place.read("data", {}, "fr").lang == "en"


def test_every_template_can_be_read():
    names = [path.name for path in (APP / "templates").glob("*.html")]
    assert len(names) > 30
    for name in names:
        html._environment().get_template(name)

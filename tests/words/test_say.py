"""Sentences in both languages: whole texts, fallbacks, and what is not said."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from additive import DAY_S, NOW
from whyrec.core.errors import SettingsError
from whyrec.core.types import KINDS, Counterfactual, Explanation, History, Query, Reason, objects
from whyrec.words.messages import language_of, languages, message
from whyrec.words.say import reason_line, say

TITLES = {"dock": "11-in-1 dock", "laptop": "Tern 14 laptop", "charger": "65 W charger", "guide": "Choosing a laptop"}


def query(*rows, **changes):
    """A query with a history of (item, kind) rows, one a day."""
    placed = [(item, kind, NOW - DAY_S * (len(rows) - k)) for k, (item, kind) in enumerate(rows)]
    return Query(at=NOW, history=History.of(placed), **changes)


def explained(query, weights, empty=0.0, removed=(), rank=34):
    reasons = [
        Reason("event", query.history.item[slot], weight, (slot,), (f"slot-{slot}",), query.history.at[slot])
        for slot, weight in enumerate(weights) if weight
    ]  # fmt: skip
    necessary = Counterfactual(tuple(f"slot-{s}" for s in removed), tuple(removed), 1, rank) if removed else None
    reasons = tuple(sorted(reasons, key=lambda r: -r.weight))
    return Explanation("dock", "exact", empty + sum(weights), empty, 0.0, reasons, necessary=necessary)


ASKED = query(("laptop", "purchase"), ("charger", "view"), ("laptop", "purchase"))


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        (
            "en",
            "Because you bought “Tern 14 laptop” (2 times, last on 13 July 2017), and viewed “65 W charger” "
            "(12 July 2017). Checked: without “Tern 14 laptop” this would be 34th.",
        ),
        (
            "zh",
            "因为你买过「Tern 14 laptop」（2 次，最近一次是 2017 年 7 月 13 日），还看过「65 W charger」"
            "（2017 年 7 月 12 日）。已核对：如果没有「Tern 14 laptop」，它会降到第 34 位。",
        ),
        (
            "ja",
            "「Tern 14 laptop」（2回、最後は2017年7月13日）を購入、また「65 W charger」（2017年7月12日）を閲覧"
            "したためです。"
            "確認済み：「Tern 14 laptop」がなければ34位になります。",
        ),
        (
            "es",
            "Porque compraste «Tern 14 laptop» (2 veces, la última el 13 de julio de 2017), y viste «65 W charger» "
            "(12 de julio de 2017). Comprobado: sin «Tern 14 laptop» quedaría en el puesto 34.",
        ),
    ],
)
def test_the_whole_text(locale, text):
    assert say(explained(ASKED, [1.0, 0.4, 0.8], removed=(0, 2)), ASKED, TITLES.get, locale).text == text


def test_a_part_of_the_events_of_an_item_is_said_as_a_part():
    e = explained(ASKED, [1.0, 0.4, 0.8], removed=(1, 2), rank=1002)
    assert say(e, ASKED, TITLES.get, "en").text.endswith(
        "Checked: without “Tern 14 laptop” (1 of 2 times) and “65 W charger” this would be 1,002nd."
    )
    assert say(e, ASKED, TITLES.get, "zh").text.endswith(
        "已核对：如果没有「Tern 14 laptop」（2 次中的 1 次）和「65 W charger」，它会降到第 1,002 位。"
    )


@pytest.mark.parametrize("changes", [{"rank": 10}, {"removed": ()}])
def test_a_counterfactual_that_did_not_hold_is_not_said(changes):
    e = explained(ASKED, [1.0, 0.4, 0.8], **{"removed": (0,), **changes})
    assert "Checked" not in say(e, ASKED, TITLES.get, "en").text


def test_many_removed_items_are_counted():
    asked = query(*((name, "purchase") for name in "abcdef"))
    e = explained(asked, [1.0] * 6, removed=range(6))
    assert say(e, asked, str, "en", timed=False).text == (
        "Because you bought “a”, “b” and “c”. Checked: without “a”, “b”, “c” and 3 more this would be 34th."
    )


def test_what_lowers_is_no_reason_and_what_hardly_counts_is_not_named():
    e = explained(ASKED, [0.0, -3.0, 1.0])
    assert say(e, ASKED, TITLES.get, "en", timed=False).text == "Because you bought “Tern 14 laptop”."
    e = explained(ASKED, [0.0, -3.0, 0.0])
    assert say(e, ASKED, TITLES.get, "en", timed=False).text == "Nothing you did raises it."
    asked = query(("laptop", "purchase"), ("charger", "purchase"))
    assert say(explained(asked, [1.0, 0.02]), asked, TITLES.get, "en", timed=False).text == (
        "Because you bought “Tern 14 laptop”."
    )


def test_popularity_is_said_where_it_outweighs_what_the_shopper_did():
    e = explained(ASKED, [0.5, 0.1, 0.6], empty=8.8)
    assert say(e, ASKED, TITLES.get, "en", timed=False).text == (
        "Mostly because it is popular now (88%); also because you bought “Tern 14 laptop” (2 times), "
        "and viewed “65 W charger”."
    )
    assert say(e, ASKED, TITLES.get, "zh", timed=False).text == (
        "主要因为它现在很热门（88%）；也因为你买过「Tern 14 laptop」（2 次），还看过「65 W charger」。"
    )
    assert reason_line(e, ASKED, TITLES.get, "en").text == "Popular now"


def test_without_a_history_only_what_was_measured_is_said():
    alone = Query(at=NOW)
    for empty, sources, text in [
        (2.0, (), "Because it is popular now."),
        (0.0, ("popular",), "Because it is popular now."),
        (0.0, ("ease",), "Nothing you did raises it."),
    ]:
        e = explained(alone, [], empty=empty)
        assert say(e, alone, TITLES.get, "en", sources=sources).text == text
    line = reason_line(explained(alone, []), alone, TITLES.get, "zh")
    assert line.text == "没有测得的原因"


def test_others_are_counted_where_the_named_ones_cover_too_little():
    asked = query(*((f"item {k}", "view") for k in range(30)))
    said = say(explained(asked, [1.0] * 30), asked, str, "en", timed=False)
    assert said.text.endswith(", together with 27 other events. The reasons named here are 10% of its score.")
    assert said.record["others"] == 27
    said = say(explained(asked, [1.0] * 30), asked, str, "zh", timed=False)
    assert said.text.endswith("，再加上另外 27 次行为。这里说出的原因占得分的 10%。")
    all_of_it = say(explained(asked, [1.0] * 30), asked, str, "en", timed=False, cover=0.1)
    assert all_of_it.text == "Because you viewed “item 0”, “item 1” and “item 2”."
    said = say(explained(asked, [1.0] * 30, empty=10.0), asked, str, "es", timed=False)
    assert said.text.endswith("Las razones dichas aquí son el 8\xa0% de su puntuación; su popularidad es el 25\xa0%.")


@pytest.mark.parametrize("kind", KINDS[: KINDS.index("cancel")])
def test_every_kind_of_event_has_a_verb_in_every_language(kind):
    asked = query(("laptop", kind))
    if kind == "search":
        asked = replace(asked, history=replace(asked.history, text=objects(["red shoes"])))
    name = "“laptop”" if kind == "search" else "“Tern 14 laptop”"  # a search is named by its words
    texts = [reason_line(explained(asked, [1.0]), asked, TITLES.get, language).text for language in ("en", "zh")]
    assert texts[0].startswith("Because you ") and name in texts[0]
    assert texts[1].startswith("因为你") and name.replace("“", "「").replace("”", "」") in texts[1]


def test_articles_are_read_and_videos_watched():
    asked = query(("guide", "view"), ("guide", "purchase"))
    e = explained(asked, [1.0, 0.5])
    kinds = {"guide": "article"}.get
    assert reason_line(e, asked, TITLES.get, "en", item_kinds=kinds).text == "Because you read “Choosing a laptop”"
    assert reason_line(e, asked, TITLES.get, "zh", item_kinds=kinds).text == "因为你读过「Choosing a laptop」"
    video = reason_line(e, asked, TITLES.get, "en", item_kinds={"guide": "video"}.get)
    assert video.text == "Because you watched “Choosing a laptop”"


def test_items_on_the_page_are_named_without_a_date():
    asked = Query(at=NOW, scenario="related", context=("laptop",))
    e = Explanation("dock", "leave-one-out", 1.0, 0.0, 0.0, (Reason("context", "laptop", 1.0, at=NOW),))
    assert say(e, asked, TITLES.get, "en").text == "Because you are looking at “Tern 14 laptop”."
    assert say(e, asked, TITLES.get, "zh").text == "因为你正在看「Tern 14 laptop」。"


def test_a_set_model_counts_the_strongest_kind():
    asked = query(("laptop", "view"), ("laptop", "purchase"), ("laptop", "view"))
    e = Explanation("dock", "exact", 1.0, 0.0, 0.0, (Reason("item", "laptop", 1.0, (0, 1, 2), at=NOW),))
    assert say(e, asked, TITLES.get, "en").text == "Because you bought “Tern 14 laptop” (12 July 2017)."


def test_dates_are_those_of_the_time_zone():
    late = replace(ASKED, history=replace(ASKED.history, at=ASKED.history.at * 0 + 1_500_076_800.0))  # 15 July, 0:00
    assert "15 July" in say(explained(late, [1.0, 0, 0]), late, TITLES.get, "en").text
    assert "14 July" in say(explained(late, [1.0, 0, 0]), late, TITLES.get, "en", time_zone="America/New_York").text
    for zone in ("Mars/Olympus", "", "../etc"):
        with pytest.raises(SettingsError) as told:
            say(explained(late, [1.0, 0, 0]), late, TITLES.get, "en", time_zone=zone)
        assert str(told.value) == (
            f"whyrec.toml: [shop] time_zone: expected a name such as Asia/Shanghai or UTC, got {zone!r}."
        )


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh-TW", "zh"), ("ZH_hans", "zh"), ("en-US", "en"), ("fr", "en"), ("", "en"), ("x", "en")],
)
def test_an_unknown_language_reads_english(locale, language):
    assert language_of(locale) == language


def test_the_language_of_the_query_is_the_default():
    assert reason_line(explained(ASKED, [1.0, 0, 0]), replace(ASKED, locale="zh-CN"), TITLES.get).text.startswith(
        "因为"
    )


def test_all_languages_have_the_same_messages():
    keys = {
        language: {line.split(" =")[0] for line in lines if " =" in line and line[0].isalpha()}
        for language, lines in ((name, _lines(name)) for name in languages())
    }
    assert len(keys) >= 2 and len(keys["en"]) > 40
    assert all(found == keys["en"] for found in keys.values())


def _lines(language):
    return (files("whyrec.words") / f"{language}.ftl").read_text(encoding="utf-8").splitlines()


def test_a_missing_message_or_slot_is_told_by_its_name():
    with pytest.raises(LookupError, match=r"words/en.ftl: message 'nothing' cannot be filled"):
        message("en", "nothing")
    with pytest.raises(LookupError, match=r"words/zh.ftl: message 'because' cannot be filled"):
        message("zh", "because")


def test_a_rating_says_its_value_where_all_ratings_of_the_item_agree():
    history = replace(
        History.of([("tea", "rating", NOW - DAY_S), ("cup", "rating", NOW - DAY_S), ("cup", "rating", NOW)]),
        value=np.array([2.0, 1.0, 5.0], np.float32),
    )
    reasons = tuple(
        Reason("event", str(history.item[slot]), 1.0, (slot,), (f"slot-{slot}",), NOW - DAY_S) for slot in range(3)
    )
    explanation = Explanation("pot", "exact", 3.0, 0.0, 0.0, reasons)
    query = Query(at=NOW, history=history)
    assert say(explanation, query, str, "en", timed=False).text == "Because you rated “tea” with 2 and “cup” (2 times)."
    assert say(explanation, query, str, "zh", timed=False).text == "因为你评价过「tea」 2 分和「cup」（2 次）。"

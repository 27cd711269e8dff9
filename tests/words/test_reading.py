"""Sentences are read back: what a reader can take from the text is exactly what the record holds.

The reader here is written by hand for each language and knows nothing of the message files.
"""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from additive import DAY_S, NOW
from whyrec.core.types import KIND_CODE, KINDS, Counterfactual, Explanation, History, Query, Reason, objects
from whyrec.words.say import say

MONTHS = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]
VERBS = {
    "en": {
        "purchase": "bought {}", "cart": "added {} to the cart", "favourite": "saved {}", "like": "liked {}",
        "share": "shared {}", "bookmark": "bookmarked {}", "comment": "commented on {}", "follow": "followed {}",
        "rating": "rated {}", "view": "viewed {}", "click": "clicked on {}", "search": "searched for {}",
        "dwell": "spent time on {}", "dislike": "disliked {}", "read": "read {}", "watch": "watched {}",
        "context": "are looking at {}",
    },
    "zh": {
        "purchase": "买过{}", "cart": "把{}加入过购物车", "favourite": "收藏过{}", "like": "喜欢{}",
        "share": "分享过{}",
        "bookmark": "把{}存为书签", "comment": "评论过{}", "follow": "关注了{}", "rating": "评价过{}", "view": "看过{}",
        "click": "点过{}", "search": "搜索过{}", "dwell": "细看过{}", "dislike": "不喜欢{}", "read": "读过{}",
        "watch": "观看过{}", "context": "正在看{}",
    },
}  # fmt: skip
NUMBER = r"([\d,]+)"
VALUE = r"(-?[\d,]+(?:\.\d+)?)"
QUOTED = {"en": "“([^“”]*)”", "zh": "「([^「」]*)」"}
NAME = "\ue000(\\d+)\ue001"  # a name while the sentence around it is read
DATE = {"en": r"(\d+ [A-Z][a-z]+ \d{4})", "zh": r"(\d{4} 年 \d+ 月 \d+ 日)"}
THING = {
    "en": NAME + rf"(?: with {VALUE})?(?: \((?:{NUMBER} times(?:, last on {DATE['en']})?|{DATE['en']})\))?",
    "zh": NAME + rf"(?: {VALUE} 分)?(?:（(?:{NUMBER} 次(?:，最近一次是 {DATE['zh']})?|{DATE['zh']})）)?",
}
JOINT = {"en": "(?:, | and )", "zh": "(?:、|和)"}
NEXT = {"en": "(?:, and |, )", "zh": "(?:，还|，)"}
DAYS = {
    "en": rf"visited from {DATE['en']} to {DATE['en']} \({NUMBER} times?\)",
    "zh": rf"在 {DATE['zh']} 至 {DATE['zh']} 来过（{NUMBER} 次）",
}
EARLY = {"en": rf"visited before \({NUMBER} times?\)", "zh": f"以前来过（{NUMBER} 次）"}
OTHERS = {"en": rf"(.*), together with {NUMBER} other events?", "zh": f"(.*)，再加上另外 {NUMBER} 次行为"}
PART = {
    "en": rf"(the search for )?{NAME}(?: \({NUMBER} of {NUMBER} times\))?",
    "zh": rf"(对)?{NAME}(?:的搜索)?(?:（{NUMBER} 次中的 {NUMBER} 次）)?",
}
MORE = {"en": f"(.*){JOINT['en']}{NUMBER} more", "zh": f"(.*)(?:、|和)另外 {NUMBER} 项"}
SENTENCES = {
    "en": {
        "because": r"Because you (.+)\.",
        "mostly": r"Mostly because it is popular now \((\d+)%\); also because you (.+)\.",
        "only": r"Because it is popular now\.",
        "none": r"Nothing you did raises it\.",
        "checked": r"(.*) Checked: without (.+) this would be ([\d,]+(?:st|nd|rd|th))\.",
    },
    "zh": {
        "because": "因为你(.+)。",
        "mostly": r"主要因为它现在很热门（(\d+)%）；也因为你(.+)。",
        "only": "因为它现在很热门。",
        "none": "你的行为都没有提高它。",
        "checked": r"(.*)已核对：如果没有(.+)，它会降到第 ([\d,]+) 位。",
    },
}


def number(text):
    return int(text.replace(",", ""))


def day(text, language):
    if not text:
        return None
    if language == "zh":
        return date(*map(int, re.findall(r"\d+", text))).isoformat()
    day_, month, year = text.split()
    return date(int(year), MONTHS.index(month) + 1, int(day_)).isoformat()


def rank_of(text, language):
    if language == "zh":
        return number(text)
    rank = number(text[:-2])
    teen = rank % 100 in (11, 12, 13)
    assert text[-2:] == ("th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th"))
    return rank


def read(text, language):
    """The record of a text, without ids."""
    names = re.findall(QUOTED[language], text)
    places = iter(range(len(names)))
    text = re.sub(QUOTED[language], lambda _: f"\ue000{next(places)}\ue001", text)
    forms = SENTENCES[language]
    record = {"because": [], "others": 0, "popular": None, "percent": None, "checked": None}
    if found := re.fullmatch(forms["checked"], text):
        text, without, rank = found.groups()
        record["checked"] = {**read_parts(without, names, language), "rank": rank_of(rank, language)}
    if found := re.fullmatch(forms["mostly"], text):
        record.update(popular="mostly", percent=int(found[1]), **read_clauses(found[2], names, language))
    elif re.fullmatch(forms["only"], text) or re.fullmatch(forms["none"], text):
        record["popular"] = "only" if re.fullmatch(forms["only"], text) else "none"
    else:
        found = re.fullmatch(forms["because"], text)
        assert found, f"cannot be read: {text!r}"
        record.update(read_clauses(found[1], names, language))
    return record


def read_clauses(text, names, language):
    """What the shopper did, clause by clause."""
    found, others = [], 0
    if match := re.fullmatch(OTHERS[language], text):
        text, others = match[1], number(match[2])
    thing = THING[language]
    while text:
        for verb, form in VERBS[language].items():
            before, after = map(re.escape, form.split("{}"))
            clause = re.match(
                f"{before}((?:{thing})(?:{JOINT[language]}(?:{thing}))*){after}(?={NEXT[language]}|$)", text
            )
            if clause:
                for name, value, count, last, once in re.findall(thing, clause[1]):
                    found.append({
                        "verb": verb, "name": names[int(name)], "count": number(count) if count else 1,
                        "date": day(last or once, language),
                        **({"value": float(value.replace(",", ""))} if value else {}),
                    })  # fmt: skip
                break
        else:
            clause = re.match(DAYS[language], text) or re.match(EARLY[language], text)
            assert clause, f"cannot be read: {text!r}"
            first, last, count = clause.groups() if clause.re.pattern == DAYS[language] else (None, None, clause[1])
            found.append({"verb": "days", "count": number(count), "first": day(first, language),
                          "last": day(last, language)})  # fmt: skip
        text = re.sub(f"^{NEXT[language]}", "", text[clause.end() :])
    return {"because": found, "others": others}


def read_parts(text, names, language):
    """What was taken away."""
    others = 0
    if match := re.fullmatch(MORE[language], text):
        text, others = match[1], number(match[2])
    part = PART[language]
    assert re.fullmatch(f"(?:{part})(?:{JOINT[language]}(?:{part}))*", text), f"cannot be read: {text!r}"
    parts = []
    for search, name, *numbers in re.findall(part, text):
        count, of = numbers if language == "en" else reversed(numbers)
        parts.append({"kind": "search" if search else "item", "name": names[int(name)],
                      "part": (number(count), number(of)) if count else None})  # fmt: skip
    return {"without": parts, "others": others}


def day_of(at):
    return datetime.fromtimestamp(at, ZoneInfo("Asia/Shanghai")).date().isoformat()


def displayed(record):
    """The record as the reader can know it: no ids; whole counts of a removal are not written."""
    drop = ("item_id",)
    because = [{key: value for key, value in entry.items() if key not in drop} for entry in record["because"]]
    checked = record["checked"] and {
        **record["checked"],
        "without": [
            {"kind": entry["kind"], "name": entry["name"],
             "part": None if entry["count"] == entry["of"] else (entry["count"], entry["of"])}
            for entry in record["checked"]["without"]
        ],
    }  # fmt: skip
    return {**{key: record[key] for key in ("others", "popular", "percent")}, "because": because, "checked": checked}


NASTY = [
    "A, B and C", "“Best” tea", "「茶」", "和、，。", "It’s 3 times, last on 3 May 2017", "🧦 socks", "买过",
    ", and viewed", "x (2 times)", "100 %", "{ $name }", "line\nbreak", "\u202eabc", "   ", "",
    "the search for “x”", "的搜索", "a" * 200,
]  # fmt: skip
NAMES = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
KINDS_ = ["purchase", "cart", "favourite", "like", "share", "bookmark", "comment", "follow", "rating", "view", "click",
          "search", "dwell", "dislike"]  # fmt: skip


@st.composite
def explained(draw):
    """An Explanation with its query and the names of its items."""
    size = draw(st.integers(0, 12))
    kinds = [draw(st.sampled_from(KINDS_)) for _ in range(size)]
    items = [None if kind == "search" else f"i{draw(st.integers(0, 4))}" for kind in kinds]
    texts = [draw(NAMES.filter(bool)) if kind == "search" else None for kind in kinds]
    values = [draw(st.sampled_from([np.nan, 0.0, 2.0, 4.5, -1.25, 1234.0])) for _ in range(size)]
    at = NOW - DAY_S * 40 * np.arange(size, 0, -1) + draw(st.integers(0, 86399))
    history = History(
        objects(items), np.array([KIND_CODE[kind] for kind in kinds], np.int8), at, np.array(values, np.float32),
        objects([f"e{slot}" for slot in range(size)]), objects(texts),
    )  # fmt: skip
    weights = [draw(st.sampled_from([-1.0, 0.01, 0.3, 1.0, 1.5])) for _ in range(size)]
    reasons = [
        Reason("search" if kind == "search" else "event", str(item or text), weight, (slot,), (f"e{slot}",), at[slot])
        for slot, (kind, item, text, weight) in enumerate(zip(kinds, items, texts, weights, strict=True))
    ]
    if draw(st.booleans()) and size > 2:
        joined = Reason("group", "days=2016-01-02..2017-03-04", 5.0, (0, 1), ("e0", "e1"), at[1])
        reasons = [joined, *reasons[2:]]
    empty = draw(st.sampled_from([-1.0, 0.0, 0.5, 3.0, 20.0]))
    removed = sorted(draw(st.sets(st.integers(0, size - 1)))) if size else []
    necessary = None
    if removed:
        after = draw(st.integers(1, 5000))
        necessary = Counterfactual(tuple(f"e{slot}" for slot in removed), tuple(removed), 1, after)
    total = sum(reason.weight for reason in reasons)
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.weight))
    explanation = Explanation("target", "exact", empty + total, empty, 0.0, ordered, necessary=necessary)
    names = {f"i{k}": draw(NAMES) for k in range(5)}
    return explanation, Query(at=NOW, history=history, n=10), names


@given(explained(), st.sampled_from(["en", "zh"]), st.booleans(), st.sampled_from(["UTC", "Asia/Shanghai"]))
@settings(max_examples=300, deadline=None)
def test_a_text_is_read_back_to_its_record(case, language, timed, zone):
    explanation, query, names = case
    said = say(explanation, query, names.__getitem__, language, timed=timed, time_zone=zone)
    assert "\n" not in said.text and "None" not in re.sub(QUOTED[language], "", said.text)
    assert read(said.text, language) == displayed(said.record)


@given(explained(), st.sampled_from(["en", "zh"]))
@settings(max_examples=200, deadline=None)
def test_a_record_says_only_what_was_measured(case, language):
    explanation, query, names = case
    record = say(explanation, query, names.__getitem__, language, time_zone="Asia/Shanghai").record
    weight = {}
    for reason in explanation.reasons:
        verb = "days" if reason.kind == "group" else KINDS[int(query.history.kind[reason.slots[0]])]
        cause = weight.setdefault((verb, reason.reference), [0.0, [], 0.0])
        cause[0] += reason.weight
        cause[1] += reason.slots
        cause[2] = max(cause[2], reason.at)
    for entry in record["because"]:
        key = ("days", "days=2016-01-02..2017-03-04") if entry["verb"] == "days" else (entry["verb"], entry["item_id"])
        if entry["verb"] == "search":  # Its name is its text, perhaps shortened.
            key = next(k for k, cause in weight.items() if k[0] == "search" and len(cause[1]) == entry["count"]
                       and cause[0] > 0 and day_of(cause[2]) == entry["date"])  # fmt: skip
        total, slots, newest = weight[key]
        assert total > 0 and entry["count"] == len(slots)
        if entry["verb"] != "days":
            assert entry["date"] == day_of(newest)
    if record["checked"]:
        found = explanation.necessary
        assert record["checked"]["rank"] == found.rank_after > query.n
        total = sum(entry["count"] for entry in record["checked"]["without"])
        assert total <= len(found.slots) and (record["checked"]["others"] > 0) == (total < len(found.slots))
    if record["popular"] == "mostly":
        events = sum(reason.weight for reason in explanation.reasons)
        share = 100 * explanation.empty_score / (explanation.empty_score + events)
        assert abs(record["percent"] - share) <= 0.5 and share > 50

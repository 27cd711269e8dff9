"""What rules did is read back by hand-written readers: every language says what the record holds, and no more."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reading import NAMES

from whyrec.core.types import Item, Touch
from whyrec.words.messages import clean, languages
from whyrec.words.moved import KNOWN, line, moved, nothing_left

QUOTES = {"en": "“”", "zh": "「」", "ja": "「」", "es": "«»"}
RULES = {
    "en": (r"By the shop’s rules? {t} it moved from {p} to {p}\.", "what is new first"),
    "zh": (r"按商店规则{t}，它从第 {p} 位移到第 {p} 位。", "新品优先"),
    "ja": (r"ショップのルール{t}により、{p}位から{p}位に移りました。", "新着優先"),
    "es": (r"Por las? reglas? {t} de la tienda pasó del puesto {p} al {p}\.", "primero lo nuevo"),
}
OTHERS = {
    "en": (r"So that the list is varied it moved from {p} to {p}\.", r"The shop placed it here(?:: {n})?\.",
           r"Sponsored(?:: {n})?\.", r"We are trying this out here: chance put it on this place\."),
    "zh": (r"为了让列表多样，它从第 {p} 位移到第 {p} 位。", r"这个位置由商店指定(?:：{n})?。", r"赞助商品(?:：{n})?。",
           r"我们正在这里试推它：这个位置是随机给的。"),
    "ja": (r"リストに変化をつけるため、{p}位から{p}位に移りました。", r"この位置はショップが指定しました(?:：{n})?。",
           r"スポンサー枠です(?:：{n})?。", r"ここではお試しで表示しています。この位置は偶然に選ばれました。"),
    "es": (r"Para variar la lista pasó del puesto {p} al {p}\.", r"La tienda lo puso aquí(?:: {n})?\.",
           r"Patrocinado(?:: {n})?\.", r"Lo estamos probando aquí: el azar lo puso en este puesto\."),
}  # fmt: skip
JOINT = {"en": "(?:, and |, | and )", "zh": "(?:、|和)", "ja": "、", "es": "(?:, | y | e )"}
PLACE = r"(\d+)(?:st|nd|rd|th)?"


def read(text, language):
    """The record of a text, without knowing the message files."""
    opening, closing = QUOTES[language]
    names = []

    def hide(found):
        names.append(found[1])
        return f"\ue000{len(names) - 1}\ue001"

    text = re.sub(f"{opening}([^{closing}]*){closing}", hide, text)
    name = "\ue000(\\d+)\ue001"
    found = []
    rules, fresh = RULES[language]
    thing = f"(?:\ue000\\d+\ue001|{fresh})"
    forms = [rules.replace("{t}", f"({thing}(?:{JOINT[language]}{thing})*)"), *OTHERS[language]]
    patterns = [form.replace("{p}", PLACE).replace("{n}", name) for form in forms]
    while text:
        kinds = ("rules", "diversity", "pin", "sponsored", "explore")
        kind, match = next((k, m) for k, p in zip(kinds, patterns, strict=True) if (m := re.match(p, text)))
        slots = match.groups()
        if kind == "rules":
            said = [None if one == fresh else names[int(one[1:-1])] for one in re.findall(thing, slots[0])]
            found.append({"rule": kind, "names": said, "before": int(slots[1]), "after": int(slots[2])})
        elif kind == "explore":
            found.append({"rule": kind})
        elif kind == "diversity":
            found.append({"rule": kind, "before": int(slots[0]), "after": int(slots[1])})
        else:
            found.append({"rule": kind, "name": names[int(slots[0])] if slots[0] else None})
        text = text[match.end() :].strip()
    return found


places = st.integers(1, 999)
touches = st.lists(
    st.one_of(
        st.builds(Touch, st.sampled_from(["boost", "freshness"]), NAMES, places, places, st.just(0.5)),
        st.builds(Touch, st.just("diversity"), st.just(""), places, places),
        st.builds(Touch, st.just("cap"), NAMES, places, st.one_of(st.none(), places)),
        st.builds(Touch, st.just("pin"), st.one_of(st.just(""), NAMES), st.one_of(st.none(), places), places),
        st.builds(Touch, st.just("sponsored"), NAMES, st.none(), places),
        st.builds(Touch, st.just("explore"), st.just(""), places, places),
    ),
    max_size=4,
).map(tuple)


@pytest.mark.parametrize("language", languages())
@given(touches, st.one_of(st.just(""), NAMES))
@settings(max_examples=80, deadline=None)
def test_what_is_said_is_what_the_record_holds(language, done, label):
    sponsored = any(touch.rule == "sponsored" for touch in done)
    said = moved(Item("x", 1.0, (), touches=done, label=label if sponsored else None), language)
    if said is None:
        assert not sponsored and not any(touch.rule == "pin" for touch in done)
        return
    assert read(said.text, language) == said.record["rules"]
    told = said.record["rules"]
    if sponsored:
        assert told == [{"rule": "sponsored", "name": clean(label, "", language) if label else None}]
        return
    assert [one["rule"] for one in told if one["rule"] in ("pin", "diversity")] == [
        touch.rule for touch in done
        if touch.rule == "pin" or (touch.rule == "diversity" and touch.before != touch.after)
    ]  # fmt: skip
    moving = [t for t in done if t.rule in ("boost", "freshness", "cap") and t.after not in (None, t.before)]
    assert sum(len(one["names"]) for one in told if one["rule"] == "rules") == len(moving)


def test_an_untouched_item_is_told_nothing():
    for language in languages():
        assert moved(Item("x", 1.0, ("history",)), language) is None and line(Item("x", 1.0, ()), language) is None


def test_lines_of_a_list():
    ad = Item("x", 1.0, (), touches=(Touch("sponsored", "Jam", None, 3),), label="Jam “Inc.”")
    assert line(ad, "en") == "Sponsored: Jam ‘Inc.’" and line(ad, "zh-CN") == "赞助：Jam “Inc.”"
    pinned = Item("x", 1.0, (), touches=(Touch("pin", "Clearance", 7, 1),))
    assert [line(pinned, language) for language in languages()] == [
        "Placed by the shop", "Puesto por la tienda", "ショップ指定", "商店指定"
    ]  # fmt: skip


def test_nothing_left_names_every_filter_and_its_number():
    taken = [(name, 10 + place) for place, name in enumerate(KNOWN)] + [('filter: brand = "Acm"', 1200)]
    for language in languages():
        said = nothing_left(taken, language)
        numbers = [int(re.sub(r"\D", "", one)) for one in re.findall(r"[(（]([\d.,]+)[)）]", said.text)]
        assert numbers == [items for _, items in taken] and "Acm" in said.text
        assert re.search(r"1[.,]?365", said.text), "and how many there were"
        assert nothing_left([], language).text
    assert nothing_left([("seen", 1)], "en").text == "The only item was taken out by had before (1)."

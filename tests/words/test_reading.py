"""Sentences are read back: what a reader can take from the text is exactly what the record holds."""

import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import GRAMMARS, MOMENTS, displayed, read, read_short, short_of

from additive import DAY_S, NOW
from whyrec.core.types import (
    KIND_CODE,
    KINDS,
    Catalog,
    Counterfactual,
    Explanation,
    History,
    Query,
    Reason,
    Vocabulary,
    objects,
)
from whyrec.words.messages import languages
from whyrec.words.say import SMALL, reason_line, say


def day_of(at):
    return datetime.fromtimestamp(at, ZoneInfo("Asia/Shanghai")).date().isoformat()


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
        objects([draw(st.sampled_from(["app", "web", None])) for _ in range(size)]),
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
    # By weight, as exact reasons stand, or in any order, as a search may leave them.
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.weight) if draw(st.booleans()) else
                    draw(st.permutations(reasons)))  # fmt: skip
    explanation = Explanation("target", "exact", empty + total, empty, 0.0, ordered, necessary=necessary)
    names = {f"i{k}": draw(NAMES) for k in range(5)} | {"target": "A target"}
    return explanation, Query(at=NOW, history=history, n=10), names


IDS = ["target", *(f"i{k}" for k in range(5))]
BANDS = [1.0, 12.5, 250.0, 1250.75]


@st.composite
def catalogues(draw):
    """A catalogue of the items: a brand with its Japanese name, an attribute without a word, a price."""

    def values(*known):
        return objects([(draw(st.sampled_from(known)),) for _ in IDS])

    titles = objects([draw(NAMES) for _ in IDS])
    brands = values("Lumo", "“Tern”", "unknown")
    return Catalog(
        Vocabulary.of(IDS),
        titles={"": titles},
        categories={"brand": brands, "brand_ja": objects([(f"{one}社",) for (one,) in brands]),
                    "shape": values("round", "A, B")},
        kinds=objects([draw(st.sampled_from(["product", "video", None])) for _ in IDS]),
        numbers={"price": np.array([draw(st.sampled_from([1.0, 12.5, 99.99, 300.0, np.nan])) for _ in IDS])},
    )  # fmt: skip


@st.composite
def whole_cases(draw):
    """An Explanation with groups, members and a sufficient set, a catalogue, and what each value of the item gets."""
    explanation, query, names = draw(explained())
    catalog = draw(catalogues())
    live = query.history.live().tolist()
    references = ["brand=Lumo", "brand=“Tern”", "brand_ja=Lumo社", "shape=round", "shape=A, B", "platform=app",
                  "modality=video",
                  "days=2016-01-02..2017-03-04", *(f"kind={kind}" for kind in KINDS_),
                  *(f"price={low:g}..{high:g}" for low, high in pairwise(BANDS))]  # fmt: skip
    groups = []
    for reference in draw(st.lists(st.sampled_from(references), max_size=6, unique=True)):
        slots = sorted(draw(st.sets(st.sampled_from(live), min_size=1))) if live else []
        if draw(st.booleans()):  # those of the kind or platform, so that many are true
            past = query.history
            slots = [
                s for s in live if reference in (f"kind={KINDS[past.kind[s]]}", f"platform={past.platform[s]}")
            ] or slots
        weight = draw(st.sampled_from([-0.5, 0.01, 0.4, 2.0]))
        groups.append(Reason("group", reference, weight, tuple(slots), tuple(f"e{s}" for s in slots)))
    members = draw(
        st.sampled_from(
            [
                {},
                {"markov": 3.0, "popular": 1.0},
                {"a “model”": 1.0, "ease": 2.0, "ials": 2.0},
                {"similar": 0.5, "after": 0.5, "same": 7.0},
                {"events": 1.0, "popularity": -1.0},
            ]
        )
    )
    kept = sorted(draw(st.sets(st.sampled_from(live), min_size=1))) if live else []
    away = tuple(slot for slot in live if slot not in kept)
    sufficient = Counterfactual(
        tuple(f"e{s}" for s in away), away, 1, draw(st.integers(1, 15)), tuple(f"e{s}" for s in kept), tuple(kept)
    )  # fmt: skip
    units = tuple((slot,) for slot in live)
    given_ = {
        value: np.array([draw(st.sampled_from([-0.1, 0.0, 0.2, 0.6])) for _ in units])
        for value in [("brand", "Lumo"), ("shape", "A, B"), ("words", "tea"), ("words", "x"), ("after", "")]
        if units
    }
    explanation = replace(explanation, groups=tuple(groups), members=members, sufficient=sufficient)
    return explanation, query, names, catalog, (units, given_)


def lifts():
    return st.sampled_from([1.3, 3.4, 1234.0])


@st.composite
def some_facts(draw):
    """Facts of all kinds, as rank/facts gives them."""
    values = st.lists(st.sampled_from([["brand", "Lumo"], ["shape", "A, B"], ["category", "“Tern”"]]), max_size=2)
    each = [
        {"fact": "new", "count": draw(st.sampled_from([0, 1, 2, 1500]))},
        {"fact": "together", "item": "i1", "how": draw(st.sampled_from(["baskets", "people", "after"])),
         "count": draw(st.sampled_from([2, 1500])), "lift": draw(lifts())},
        {"fact": "shared", "item": "i2", "values": draw(values), "words": draw(st.sampled_from([1, 3]))},
        {"fact": "fresh", "days": draw(st.sampled_from([0, 1, 30]))},
        {"fact": "elsewhere", "item": "i0", "platform": draw(st.sampled_from(["app", "the “web”"]))},
        {"fact": "circumstance", "of": "locale", "value": "zh", "lift": draw(lifts())},
        {"fact": "circumstance", "of": "platform", "value": "app", "lift": draw(lifts())},
        *({"fact": "circumstance", "of": of, "value": draw(st.sampled_from(values)), "lift": draw(lifts())}
          for of, values in MOMENTS.items()),
    ]  # fmt: skip
    return [fact for fact in each if draw(st.booleans())]


@pytest.mark.parametrize("language", sorted(GRAMMARS))
@given(whole_cases(), some_facts(), st.booleans())
@settings(max_examples=60)
def test_facts_of_a_scenario_are_read_back(language, case, facts, long):
    explanation, query, names, catalog, alike = case
    said = say(explanation, query, names.__getitem__, language, long=long, catalog=catalog, alike=alike, facts=facts)
    made, told = read(said.text, language), displayed(said.record)
    for one, other in zip(made["facts"], told["facts"], strict=True):
        if one.get("fact") == "fresh" and one["days"] is None:
            one["days"] = other["days"]
            assert other["days"] in (0, 1)
    assert made == told
    line = reason_line(explanation, query, names.__getitem__, language, catalog=catalog, facts=facts)
    assert line.record["facts"] == said.record["facts"]
    bare = reason_line(explanation, query, names.__getitem__, language, catalog=catalog)
    if line.record["popular"] == bare.record["popular"]:
        assert line.text.startswith(bare.text)
        assert read_short(line.text[len(bare.text) :], language) == [short_of(fact) for fact in told["facts"]]
    if {"fact": "new", "count": 0} in facts:
        assert said.record["popular"] in (None, "none") and line.record["popular"] in (None, "none")


def test_every_language_can_be_read():
    assert set(languages()) == set(GRAMMARS)


@pytest.mark.parametrize("language", sorted(GRAMMARS))
@given(whole_cases(), st.booleans(), st.booleans(), st.sampled_from([("UTC", "USD"), ("Asia/Shanghai", "JPY")]),
       st.sampled_from([0.1, 0.5, 1.0]))  # fmt: skip
@settings(max_examples=50)
def test_a_text_is_read_back_to_its_record(language, case, long, timed, place, cover):
    explanation, query, names, catalog, alike = case
    zone, currency = place
    said = say(explanation, query, names.__getitem__, language, timed=timed, time_zone=zone, long=long, cover=cover,
               catalog=catalog, currency=currency, alike=alike)  # fmt: skip
    unquoted = re.sub("{}.*?{}".format(*GRAMMARS[language].quotes), "", said.text)
    assert "\n" not in said.text and "None" not in unquoted
    assert read(said.text, language) == displayed(said.record)


@given(whole_cases(), st.sampled_from(sorted(GRAMMARS)))
@settings(max_examples=60)
def test_claims_are_true_in_the_catalogue_and_move_the_score(case, language):
    explanation, query, names, catalog, alike = case
    record = say(explanation, query, names.__getitem__, language, long=True, catalog=catalog, alike=alike).record
    whole = explanation.empty_score + sum(reason.weight for reason in explanation.reasons)
    for claim in record["together"]:
        found = [g for g in explanation.groups if g.weight > 0 and len(g.slots) == claim["count"]
                 and (claim["percent"] is None or round(100 * g.weight / whole) == claim["percent"])
                 and g.reference.startswith(f"{claim['attribute']}=")]  # fmt: skip
        true = []
        for group in found:
            items = [query.history.item[slot] for slot in group.slots]
            value = group.reference.partition("=")[2]
            if claim["attribute"] in ("brand", "shape"):
                true.append(all(item and value in catalog.values(item, claim["attribute"]) for item in items))
                assert claim["own"] == (claim["value"] in catalog.values("target", claim["attribute"]))
            elif claim["attribute"] == "price":
                low, high = claim["value"]
                prices = [catalog.numbers["price"][catalog.items.index[item]] if item else np.nan for item in items]
                true.append(all(low <= price <= high for price in prices))
            elif claim["attribute"] == "platform":
                true.append(all(query.history.platform[slot] == value for slot in group.slots))
            elif claim["attribute"] == "modality":
                kinds = [catalog.kinds[catalog.items.index[item]] if item else None for item in items]
                true.append(all(kind == value for kind in kinds))
            elif claim["attribute"] == "kind":
                true.append(all(KINDS[query.history.kind[slot]] == value for slot in group.slots))
            else:
                true.append(True)
        assert any(true), claim
    for claim in record["alike"]:
        key = ("words", claim["name"]) if claim["attribute"] == "word" else (claim["attribute"], None)
        weight = next(w for (name, value), w in alike[1].items() if name == key[0] and value == (key[1] or value))
        assert weight.sum() > 0 and claim["percent"] > 0
        title = str(catalog.titles[""][0]).casefold()
        assert claim["name"] in title or claim["attribute"] in catalog.categories
    if record["covered"]:
        assert 0 < record["covered"]["percent"] <= 50
    if record["parts"]:
        assert sum(part["percent"] for part in record["parts"]) == 100
    if record["enough"]:
        assert record["enough"]["rank"] == explanation.sufficient.rank_after <= query.n


@given(explained(), st.sampled_from(sorted(GRAMMARS)))
@settings(max_examples=100)
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
    said = []
    for entry in record["because"]:
        key = ("days", "days=2016-01-02..2017-03-04") if entry["verb"] == "days" else (entry["verb"], entry["item_id"])
        if entry["verb"] == "search":  # Its name is its text, perhaps shortened.
            key = next(k for k, cause in weight.items() if k[0] == "search" and len(cause[1]) == entry["count"]
                       and cause[0] > 0 and day_of(cause[2]) == entry["date"])  # fmt: skip
        total, slots, newest = weight[key]
        assert total > 0 and entry["count"] == len(slots)
        if entry["verb"] != "days":
            assert entry["date"] == day_of(newest)
        said.append(key)
    real = max((cause[0] for cause in weight.values()), default=0.0) * SMALL
    assert said == [key for key, cause in weight.items() if key[1] and cause[0] > 0 and cause[0] >= real][: len(said)]
    if record["checked"]:
        found = explanation.necessary
        assert record["checked"]["rank"] == found.rank_after > query.n
        total = sum(entry["count"] for entry in record["checked"]["without"])
        assert total <= len(found.slots) and (record["checked"]["others"] > 0) == (total < len(found.slots))
    if record["popular"] == "mostly":
        events = sum(reason.weight for reason in explanation.reasons)
        share = 100 * explanation.empty_score / (explanation.empty_score + events)
        assert abs(record["percent"] - share) <= 0.5 and share > 50

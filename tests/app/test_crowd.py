"""No words that could point at somebody: counts of people, and reasons that are left out."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_service import make_shop

from whyrec.app import answers, transparency, view_shopper
from whyrec.app.answers import list_answer
from whyrec.app.crowd import Crowd
from whyrec.core.config import PrivacySettings, Settings
from whyrec.core.types import Events, Vocabulary, objects
from whyrec.words.messages import languages


def log(pairs):
    return Events(
        users=Vocabulary.of([f"u{n}" for n in range(5)]), items=Vocabulary.of([f"i{n}" for n in range(4)]),
        user=np.array([user for user, _ in pairs], np.int32), item=np.array([item for _, item in pairs], np.int32),
        kind=np.zeros(len(pairs), np.int8), at=np.arange(len(pairs), dtype=float),
        value=np.full(len(pairs), np.nan, np.float32), event_id=objects([str(n) for n in range(len(pairs))]),
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 3)), max_size=25))
def test_people_are_counted_once(pairs):
    crowd = Crowd.of(log(pairs))
    had = [{user for user, item in pairs if item == n} for n in range(4)]
    for one in range(4):
        assert crowd.n(f"i{one}") == len(had[one])
        for other in range(4):
            assert crowd.both(f"i{one}", f"i{other}") == len(had[one] & had[other])
    assert crowd.both("i0", "never") == crowd.n("never") == 0


def test_words_leave_out_what_could_point_at_somebody(tmp_path):
    with make_shop(tmp_path) as shop:
        query = shop.query("u/1")
        item = shop.recommend_query(query).items[0].item_id
        whole = shop.explain(query=query, item=item)
        cause = query.history.item[whole.reasons[0].slots[0]]
        both = shop.crowd.both(cause, item)
        assert both > 0 and cause.replace("item", "Thing") in shop.say(whole, query).text
        for fewest, said in ((both, True), (both + 1, False), (10_000, False)):
            shop.settings = Settings(**{**vars(shop.settings), "privacy": PrivacySettings(min_people=fewest)})
            kept = shop.crowd.spoken(whole, query, fewest)
            assert (whole.reasons[0] in kept.reasons) is said
            assert ((shop.speech.reason_line(whole, query) or "").count(cause.replace("item", "Thing")) > 0) is said
        assert shop.speech.reason_line(whole, query) is None, "nothing is said in the place of what is left out"
        assert shop.crowd.spoken(whole, query, 1) is whole
        assert sum(reason.weight for reason in whole.reasons) == pytest.approx(
            whole.score - whole.empty_score - whole.gap
        )


def test_the_line_names_the_largest_reason_that_may_be_said(tmp_path):
    with make_shop(tmp_path) as shop:
        query = shop.query("u/0")
        tried = 0
        for place in shop.recommend_query(query).items:
            whole = shop.explain(query=query, item=place.item_id)
            crowds = [shop.crowd.both(reason.reference, place.item_id) for reason in whole.reasons]
            if crowds[0] >= max(crowds):
                continue
            tried += 1
            fewest = crowds[0] + 1  # the largest reason points at too few, another one does not
            shop.settings = Settings(**{**vars(shop.settings), "privacy": PrivacySettings(min_people=fewest)})
            first = whole.reasons[0].reference.replace("item", "Thing")
            spoken = shop.crowd.spoken(whole, query, fewest).reasons[0].reference.replace("item", "Thing")
            line = shop.speech.reason_line(whole, query)
            assert first not in line and spoken in line, line
            (listed,) = [one["reason"] for one in list_answer(shop, shop.recommend_query(query))["items"]
                         if one["item_id"] == place.item_id]  # fmt: skip
            assert listed == line
        assert tried > 2


def outlets(shop, made, found, locale):
    """Every text about one item of a list that a person may read, by where it stands."""
    query = made.query
    place = next(one for one in made.items if one.item_id == found.item_id)
    why = answers.why_answer(shop, made, found, locale)
    listed = {one["item_id"]: one for one in answers.list_answer(shop, made, locale)["items"]}[found.item_id]
    told = shop.speech.panel(found, query, locale)
    return {
        "line of the list": listed["reason"],
        "line": shop.speech.reason_line(found, query, locale, place),
        "sentence": shop.speech.say(found, query, locale, place=place).text,
        "long sentence": shop.say(found, query, locale, long=True).text,
        "sentence of console and report": view_shopper.spoken(shop.say(found, query, locale, long=True)),
        "panel": [told.main, told.covers, told.checked, *(line.text for line in told.lines)],
        "panel of the component": [why["main"], why["checked"], *(one["text"] for one in why["reasons"])],
        "marks of its time line": [one["name"] for one in why["marks"]],
    }


@pytest.mark.parametrize("fewest", [2, 5, 15])
def test_no_outlet_says_what_fewer_people_did(tmp_path, fewest):
    with make_shop(tmp_path) as shop:
        shop.settings = Settings(**{**vars(shop.settings), "privacy": PrivacySettings(min_people=fewest)})
        unsaid = said = 0
        for user in range(0, 40, 4):
            made = shop.recommend_query(shop.query(f"u/{user}", n=6))
            for found, locale in zip(shop.explain_page(made.query, made), [*languages()] * 2, strict=False):
                texts = outlets(shop, made, found, locale)
                for reason in found.reasons:
                    cause = made.query.history.item[reason.slots[-1]]
                    few = 0 < shop.crowd.both(cause, found.item_id) < fewest and cause != found.item_id
                    name = shop.title(cause, locale)
                    named = [where for where, text in texts.items() if _names(name, text)]
                    assert not (few and named), (name, found.item_id, locale, named)
                    unsaid, said = unsaid + few, said + bool(named)
        assert unsaid and (said or fewest == 15), "both happened, or the test says nothing"


def _names(name, text):
    """Whether a text holds a title, and not one that begins with it."""
    texts = [text] if isinstance(text, str) else [one for one in text or () if one]
    return any(re.search(rf"{re.escape(name)}(?!\d)", one) for one in texts)


def test_counts_of_few_people_are_no_facts(tmp_path):
    with make_shop(tmp_path) as shop:
        pages = [(f"item {n}", shop.query(scenario="related", context=[f"item {n}"], n=8)) for n in range(0, 30, 3)]
        counts = {}
        for fewest in (1, 12):
            shop.settings = Settings(**{**vars(shop.settings), "privacy": PrivacySettings(min_people=fewest)})
            counts[fewest] = [
                shop.crowd.both(page, found.item_id)
                for page, query in pages
                for found in shop.explain_page(query, shop.recommend_query(query), sets=False)
                for fact in shop.speech.facts(query, found)
                if fact["fact"] == "together"
            ]
        assert counts[12] == [n for n in counts[1] if n >= 12] != counts[1] and counts[12]


def test_a_global_explanation_of_fewer_people_is_none(tmp_path):
    with make_shop(tmp_path) as shop:
        shop.settings = Settings(**{**vars(shop.settings), "privacy": PrivacySettings(min_people=41)})
        assert transparency.measure(shop).overall.n_shoppers == 0
        shop.settings = Settings(**{**vars(shop.settings), "privacy": PrivacySettings(min_people=40)})
        assert transparency.measure(shop).overall.n_shoppers == 40


def test_people_of_an_item_are_counted_by_platform():
    events = log([(0, 1), (0, 1), (1, 1), (2, 1), (3, 0)])
    events = Events(**{**vars(events), "platform": objects(["web", "app", "app", "web", "app"])})
    crowd = Crowd.of(events)
    assert crowd.where(events, "platform", "app", "i1") == 2 and crowd.where(events, "platform", "web", "i1") == 2
    assert crowd.where(events, "platform", "tv", "i1") == crowd.where(events, "locale", "en", "i1") == 0

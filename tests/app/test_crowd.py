"""No words that could point at somebody: counts of people, and reasons that are left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_service import make_shop

from whyrec.app.answers import list_answer
from whyrec.app.crowd import Crowd
from whyrec.core.config import PrivacySettings, Settings
from whyrec.core.types import Events, Vocabulary, objects


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

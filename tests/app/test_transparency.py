"""The global explanation of a real small shop: it follows the live snapshot, and proves what is not used."""

import json
from dataclasses import replace

import pytest
from httpx import Client
from small_service import FIRST_AT, fit, make_shop, served

from whyrec.app import transparency
from whyrec.app.shop import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = make_shop(tmp_path_factory.mktemp("public"))
    yield made
    made.close()


def test_it_is_measured_again_for_every_snapshot_and_kept_for_the_same_one(shop):
    first = transparency.measure(shop)
    assert first.snapshot == shop.live.meta.id and first.overall.n_shoppers == 40
    assert transparency.measure(shop) == first == transparency.measure(Shop(shop.folder))
    assert {amount.kind for amount in first.overall.kinds} == {"purchase", "view"}
    fit(shop, "popular", FIRST_AT + 21 * 86400)
    second = transparency.measure(shop)
    assert (second.snapshot, second.model) == (shop.live.meta.id, "popular") and second.snapshot != first.snapshot
    assert {amount.kind for amount in second.overall.parts} == {"popular"}
    assert len(list((shop.folder / transparency.FOLDER).glob("*.json"))) == 1


def test_never_used_is_only_what_changes_no_score(shop, monkeypatch):
    fit(shop, "markov", FIRST_AT + 22 * 86400)
    assert transparency.measure(shop).overall.unused == ("hour", "language", "platform", "profile", "shopper")
    model = shop.live.model

    class Nosy:
        items, contributions = model.items, staticmethod(model.contributions)

        def score(self, queries, items=None):
            found = model.score(queries, items).copy()
            found[[query.platform is None for query in queries]] += 0.5
            found[["age" in query.profile for query in queries]] += 0.5
            return found

    monkeypatch.setattr(shop, "_live", type(shop.live)(shop.live.meta, Nosy()))
    queries = transparency._sample(shop, 5, transparency.measure(shop).as_of)
    queries[3] = replace(queries[3], profile={"age": "40"})
    found = transparency._measure(shop, queries, lambda done, text: None)
    assert found.unused == ("hour", "language", "shopper")


def test_the_service_has_the_page_and_the_numbers_and_lists_without_the_shopper(shop):
    with served(shop) as address, Client(base_url=address, timeout=30) as client:
        answer = client.get("/v1/transparency", params={"locale": "es"}).json()
        assert answer["words"]["language"] == "es"
        assert answer["measured"]["snapshot"] == shop.live.meta.id
        assert json.loads(json.dumps(answer)) == answer
        for language in ("en", "zh", "ja", "es"):
            page = client.get("/transparency", params={"lang": language})
            assert page.status_code == 200 and f'<html lang="{language}">' in page.text
            assert shop.live.meta.id in page.text and "<script" not in page.text
        assert client.get("/transparency", params={"lang": "<b>"}).status_code == 422

        def listed(**asked):
            made = client.post("/v1/recommendations", json=asked).json()
            return [(place["item_id"], place["score"]) for place in made["items"]]

        nobody = listed()
        assert listed(user_id="u/1", personalised=False) == listed(user_id="u/2", personalised=False) == nobody
        assert listed(user_id="u/1") != nobody

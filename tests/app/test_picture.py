"""The README's picture shows the simulated shop; its numbers are those of the simulation."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

from fake_shop import IDS, USER, FakeShop

from whyrec.words.show import percentages

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "shop.svg"
PHONE = "p-002"


def test_the_picture_of_the_readme_shows_what_the_simulated_shop_computes():
    shop = FakeShop()
    query = shop.query(USER)
    made = shop.recommend_query(query)
    ids = [item.item_id for item in made.items]
    explained = shop.explain_page(query, made)[ids.index(PHONE)]
    named, others = explained.reasons[:3], explained.reasons[3:]
    shares = percentages([*(r.weight for r in named), sum(r.weight for r in others), explained.empty_score])
    twice = [slot for r in named[:2] for slot in r.slots]
    after = [i.item_id for i in shop.recommend_query(replace(query.without(twice), n=len(IDS))).items]

    root = ET.fromstring(PICTURE.read_text(encoding="utf-8"))
    lines = ["".join(line.itertext()) for line in root.iter("{http://www.w3.org/2000/svg}text")]
    text = "\n".join(lines)
    assert [shop.title(r.reference) for r in named] == ["Lumo 9 phone", "Lumo 9 phone", "Lumo 8 phone"]
    assert [int(line[:-2]) for line in lines if re.fullmatch(r"\d+ %", line)] == shares[:3]
    told = (
        f"{sum(shares[:3])} % of the score {explained.score:.2f}; nine others {shares[3]} %, popularity {shares[4]} %"
    )
    assert told in text and len(others) == 9
    assert f"{100 - shares[4]} % what you did" in text and f"{shares[4]} % popular" in text
    assert f"从第 {ids.index(PHONE) + 1} 位降到第 {after.index(PHONE) + 1} 位" in text
    assert (ids.index(PHONE) + 1, after.index(PHONE) + 1) == (4, 11)
    assert "falls from 4th to 11th" in text
    for item_id in ids[:4]:
        assert shop.title(item_id) in text and shop.title(item_id, "zh") in text


def test_the_picture_needs_nothing_from_outside():
    text = PICTURE.read_text(encoding="utf-8")
    assert re.findall(r'https?://[^"\s]+', text) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in text and "<image" not in text
    assert "Simulated shop" in text and "模拟商店" in text

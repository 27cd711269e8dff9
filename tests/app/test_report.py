"""The report: one file without network, all text escaped, all numbers those of the record."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from fake_shop import NOW, TITLES, USER, FakeShop

from whyrec.app import audit
from whyrec.app.report import write_report
from whyrec.core.errors import ShopError

HOSTILE = [
    '"><script>alert(1)</script>',
    "</style><img src=x onerror=alert(2)>",
    "{{ 7 * 7 }} {% raw %} &amp; <b>",
    "'; DROP TABLE events; -- https://evil.example/x.js",
]
VOID = {"meta", "input", "br", "col", "img", "link", "hr"}


class Reading(HTMLParser):
    """Collects tags, attributes and cells; raises where tags do not match."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text, self.rows, self.language = [], [], [], [], None
        self.sentences = {"en": [], "zh": [], "ja": [], "es": []}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag == "main":
            self.language = attrs["lang"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)
        if self.open[-1:] == ["p"] and self.language:
            self.sentences[self.language].append(data)


def read(path):
    page = Reading()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def hostile_titles():
    titles = list(TITLES)
    for place, text in zip((0, 18, 2, 22), HOSTILE, strict=True):
        titles[place] = (text, text)
    return titles


def test_the_report_is_one_well_formed_file_that_asks_for_nothing(tmp_path):
    path = write_report(FakeShop(tmp_path), USER, tmp_path / "report.html", at=NOW)
    text = path.read_text(encoding="utf-8")
    page = read(path)
    names = {tag for tag, _ in page.tags}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form"})
    assert not re.search(r"(?:https?:)?//[a-z]", text), "an address of another host"
    assert not re.search(r"url\(|@import|srcset|javascript:", text)
    assert all(not key.startswith("on") for _, attrs in page.tags for key in attrs)
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "script" not in policy
    for language in ("Who is joined to what?", "谁和谁相连？", "What is the score of", "的得分由什么组成？"):
        assert language in text  # the network and the pictures of the first item


def test_both_languages_are_in_the_file_and_the_reader_s_comes_first(tmp_path):
    for locale, first in (("en", "en"), ("zh-CN", "zh"), ("fr", "en"), ("ja", "ja"), ("es-MX", "es")):
        page = read(write_report(FakeShop(tmp_path), USER, tmp_path / "r.html", locale=locale, at=NOW))
        own = [] if first in ("en", "zh") else [first]
        assert [a["lang"] for t, a in page.tags if t == "main"] == ["en", "zh", *own]
        chosen = [a["id"] for t, a in page.tags if t == "input" and "checked" in a]
        assert chosen == [f"in-{first}"]
        assert any("Because you bought “Tern 14 laptop”" in text for text in page.sentences["en"])
        assert any("因为你买过「燕 14 笔记本」" in text for text in page.sentences["zh"])
        assert any(text.startswith("已核对") for text in page.text)


def test_hostile_titles_users_and_shop_names_stay_text(tmp_path):
    shop = FakeShop(tmp_path, titles=hostile_titles())
    path = write_report(shop, HOSTILE[0], tmp_path / "r.html", query=shop.query(USER, at=NOW), at=NOW)
    page = read(path)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "b>"})
    assert all(not key.startswith("on") for _, attrs in page.tags for key in attrs)
    shown = "".join(page.text)
    assert HOSTILE[0] in shown and HOSTILE[1] in shown and HOSTILE[2] in shown


def test_every_number_in_the_matrix_is_the_record_s(tmp_path):
    shop = FakeShop(tmp_path)
    query = shop.query(USER, at=NOW)
    made = shop.recommend_query(query)
    explained = shop.explain_page(query, made)
    text = write_report(shop, USER, tmp_path / "r.html", at=NOW).read_text(encoding="utf-8")
    for half in text.split("<main ")[1:]:
        table = half[half.index('<table class="matrix') : half.index("</table>")]
        rows = [
            [float(value) for value in re.findall(r'data-value="([^"]+)"', row)]
            for row in re.findall(r"<tr.*?</tr>", table, flags=re.S)
        ]
        rows = [row for row in rows if row]
        scores = [float(value) for value in re.findall(r'data-score="([^"]+)"', table)]
        assert len(rows) == len(query.history) + 1 and len(scores) == len(made.items) == 10
        assert scores == [explanation.score for explanation in explained]
        assert [sum(column) for column in zip(*rows, strict=True)] == pytest.approx(scores, abs=1e-9)
        listed = [float(value) for value in re.findall(r'class="score" data-score="([^"]+)"', half)]
        assert listed == scores


def test_more_events_than_rows_are_added_up_and_the_columns_still_sum(tmp_path):
    from whyrec.app.reader import Reader
    from whyrec.app.view_matrix import matrix

    shop = FakeShop(tmp_path)
    query = shop.query(USER, at=NOW)
    explained = shop.explain_page(query, shop.recommend_query(query))
    board = matrix(shop, query, explained, Reader(), largest=4)
    assert len(board.rows) == 4 and len(board.rest) == 8
    assert [row.at for row in board.rows] == sorted(row.at for row in board.rows)
    for place, column in enumerate(board.columns):
        whole = column.empty + column.gap + sum(row.values[place] for row in (*board.rows, board.other))
        assert whole == pytest.approx(column.score, abs=1e-9)
        assert board.other.values[place] == pytest.approx(sum(row.values[place] for row in board.rest))


def test_where_the_model_looks_stands_beside_what_that_is_worth(tmp_path):
    shop = FakeShop(tmp_path)
    query = shop.query(USER, at=NOW)
    assert "look" not in write_report(shop, USER, tmp_path / "r.html", at=NOW).read_text(encoding="utf-8")
    n = len(query.history)
    looks = np.tile(np.arange(n) / np.arange(n).sum(), (2, 1))
    model = shop.model
    shop.model = SimpleNamespace(items=model.items, score=model.score, parts=model.parts, empty=model.empty,
                                 weight=model.weight, attention=lambda query: looks)  # fmt: skip
    explanation = shop.explain_page(query, shop.recommend_query(query))[0]
    found = audit.attention(shop, shop.live, query, explanation)
    text = write_report(shop, USER, tmp_path / "r.html", at=NOW).read_text(encoding="utf-8")
    half = text[text.index("Where does the model look") :]
    worth = re.search(r"looked at most, ([\d.]+)\s%.*?first five reasons, ([\d.]+)\s%", half)
    measures = [found["measures"][name]["DEL@5"] for name in ("attention", "reasons")]
    assert [float(number) / 100 for number in worth.groups()] == pytest.approx(measures, abs=6e-4)
    table = half[half.index("<tbody>") : half.index("</tbody>")]
    looks = [float(x) for x in re.findall(r'<td class="num">([\d.]+)\s%</td>', table)]
    assert looks == sorted(looks, reverse=True) and sum(looks) == pytest.approx(100, abs=0.1 * n)
    assert len(re.findall("<tr>", table)) == n


def test_a_shopper_without_events_gets_the_popular_list_said_so(tmp_path):
    page = read(write_report(FakeShop(tmp_path), "nobody", tmp_path / "r.html", at=NOW))
    assert any("nobody has no events that the model knows" in text for text in page.text)
    assert not any(attrs.get("class", "").startswith("matrix") for _, attrs in page.tags)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ShopError, match=r"Expected to write the report to .*missing.*No such file"):
        write_report(FakeShop(tmp_path), USER, tmp_path / "missing" / "r.html", at=NOW)

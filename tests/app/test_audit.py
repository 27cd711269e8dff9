"""whyrec audit: what the service claims is measured, and a record with one number changed is caught."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import whyrec
from whyrec.app import audit, audit_record, cli, lxr, panels, view_models
from whyrec.app.reader import Reader
from whyrec.core.errors import InputError, MissingExtraError, TrainingError
from whyrec.core.types import Contributions, History, Query, Vocabulary
from whyrec.learn.run import silent
from whyrec.store.records import query_from_json

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "electronics"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "shop"
    made = whyrec.init(folder, EXAMPLE / "events.csv", EXAMPLE / "items.csv")
    made.train(["markov"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def found(shop):
    return audit.audit(shop, users=4, seed=0, progress=silent)


def test_what_the_service_says_is_what_happens(shop, found):
    assert len(found.records) == 4
    for record in found.records:
        assert record["rank"] == 1
        total = record["empty_score"] + sum(reason["weight"] for reason in record["reasons"]) + record["gap"]
        assert total == pytest.approx(record["score"], abs=1e-6)
        for reason in record["reasons"]:  # an additive model: what is lost is what was claimed
            assert record["score"] - reason["score_without"] == pytest.approx(reason["weight"], abs=1e-5)
        for kind in ("necessary", "sufficient"):
            assert record[kind] is None or record[kind]["holds"]
    ours = found.means()
    assert set(ours) == {"service", "random", "recency", "popularity", "leave-one-out", "lime", "shapley"}
    assert ours["service"]["DEL@5"].value <= ours["random"]["DEL@5"].value
    assert found.sets()["necessary"]["true"] in (1.0, None)


def test_the_order_is_that_of_the_reasons_with_idle_causes_before_those_against(shop, found):
    query = shop.query("li", at=2e9)
    item = shop.recommend_query(query).items[0].item_id
    explanation = shop.explain(query=query, item=item)
    case = audit.case_of(shop, shop.live, query, item, explanation)
    weight = {reason.slots: reason.weight for reason in explanation.reasons}
    sorted_weights = [weight.get(case.units[u], 0.0) for u in audit.order_of(case, explanation)]
    assert sorted_weights == sorted(sorted_weights, reverse=True) and len(sorted_weights) == len(query.history.live())


class Looking:
    """A model that says how much it looks at each event: at the oldest most, with either of two heads."""

    def __init__(self, model):
        self.score, self.items, self.contributions = model.score, model.items, model.contributions

    def attention(self, query):
        looks = 1.0 / (1 + np.arange(len(query.history)))
        return np.stack([looks, looks])


def test_attention_comes_with_what_its_order_is_worth(shop):
    query = shop.query("li", at=2e9)
    explanation = shop.explain(query=query, item=shop.recommend_query(query).items[0].item_id)
    assert audit.attention(shop, shop.live, query, explanation) is None
    live = replace(shop.live, model=Looking(shop.live.model))
    made = audit.attention(shop, live, query, explanation)
    assert [event["event_id"] for event in made["events"]] == query.history.event_id.tolist()
    assert [event["weight"] for event in made["events"]] == sorted((e["weight"] for e in made["events"]), reverse=True)
    ours, looks = made["measures"]["reasons"], made["measures"]["attention"]
    assert ours["DEL@1"] < looks["DEL@1"], "markov knows the newest event best"


def numbers(value, path=()):
    """Paths of all numbers in a record."""
    if isinstance(value, dict):
        return [p for name, one in value.items() for p in numbers(one, (*path, name))]
    if isinstance(value, list):
        return [p for k, one in enumerate(value) for p in numbers(one, (*path, k))]
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) else []


def changed(record, path):
    copy = json.loads(json.dumps(record))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = place[path[-1]] * 1.001 + 0.001
    return copy


def test_a_record_holds_and_one_changed_number_is_caught(shop, found, tmp_path):
    path = tmp_path / "audit.jsonl"
    audit_record.export(found, path)
    assert audit_record.verify(shop, path, silent) == []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rng = np.random.default_rng(0)
    tried = 0
    for row in range(2):  # the summary, and a case
        places = numbers(lines[row])
        # Whatever is claimed; what was asked for (times and values of the history, seeds) is input, not a claim.
        claims = [p for p in places if p[0] not in ("query", "seed", "format")]
        for k in rng.choice(len(claims), 8, replace=False):
            bad = [*lines]
            bad[row] = changed(lines[row], claims[k])
            path.write_text("".join(json.dumps(line) + "\n" for line in bad), encoding="utf-8")
            assert audit_record.verify(shop, path, silent), f"not caught: {claims[k]} in line {row + 1}"
            tried += 1
    assert tried == 16


def test_a_swapped_event_is_caught(shop, found, tmp_path):
    path = tmp_path / "audit.jsonl"
    record = json.loads(json.dumps(found.records[0]))
    record["query"]["history"]["item"][-1] = next(
        name for name in shop.live.model.items.ids if name not in record["query"]["history"]["item"]
    )
    audit_record.export(audit.Audit((record, *found.records[1:]), found.head), path)
    assert any(one.startswith("line 2") for one in audit_record.verify(shop, path, silent))


def test_the_command_line_measures_exports_and_verifies(shop, tmp_path, capsys):
    path = tmp_path / "record.jsonl"
    with pytest.raises(SystemExit) as stopped:
        cli.main(["audit", str(shop.folder), "--users", "2", "--export", str(path)])
    shown = capsys.readouterr().out
    assert stopped.value.code == 0 and "Faithfulness" in shown and "than lxr: better" in shown
    assert "lxr: learned from" in shown
    with pytest.raises(SystemExit) as stopped:
        cli.main(["audit", str(shop.folder), "--verify", str(path), "--json"])
    assert stopped.value.code == 0 and json.loads(capsys.readouterr().out) == {"holds": True, "wrong": []}
    head, *rest = path.read_text(encoding="utf-8").splitlines()
    bad = json.loads(rest[0])
    bad["score"] += 0.5
    path.write_text("\n".join([head, json.dumps(bad), *rest[1:]]), encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        cli.main(["audit", str(shop.folder), "--verify", str(path)])
    assert stopped.value.code == 1 and "does not hold" in capsys.readouterr().out
    path.write_text("no record", encoding="utf-8")
    with pytest.raises(InputError, match="Expected an audit record"):
        audit_record.verify(shop, path, silent)


def test_differences_are_named():
    assert audit_record.differences({"a": [1.0, {"b": "x"}]}, {"a": [1.0 + 1e-9, {"b": "x"}]}) == []
    assert audit_record.differences({"a": [1.0, 2]}, {"a": [1.1, 2]}) == ["a[0] is 1.0, recomputed 1.1"]
    assert (
        audit_record.differences({"a": True}, {"a": 1})
        and audit_record.differences({"a": 1}, {})
        and audit_record.differences([1], [])
    )


class Straight:
    """A sum whose items all come from the event on the item before: what a mask should find."""

    def __init__(self, model):
        self.model, self.items, self.settings = model, model.items, model.settings

    def score(self, queries, items=None):
        columns = slice(None) if items is None else self.items.codes(items)
        rows = np.zeros((len(queries), len(self.items)), np.float32)
        for row, query in zip(rows, queries, strict=True):
            for code in self.items.codes(query.history.item):
                row[(code + 1) % len(row)] += 1
        return rows[:, columns]

    def contributions(self, query, items):
        codes = self.items.codes(query.history.item)
        weight = (codes[:, None] + 1) % len(self.items) == self.items.codes(items)[None]
        return Contributions(tuple((k,) for k in range(len(codes))), weight.astype(float), np.zeros(len(items)))


def test_the_rival_that_learns_finds_what_an_item_came_from(shop):
    model, rng = Straight(shop.live.model), np.random.default_rng(0)
    ids = [f"i{k}" for k in range(12)]
    model.items = Vocabulary.of(ids)
    made = [[ids[k] for k in rng.permutation(12)[:4]] for _ in range(400)]
    queries = [Query(at=9.0, history=History.of([(item, "purchase", 1.0) for item in items])) for items in made]
    wanted = [int(rng.integers(4)) for _ in made]
    items = [ids[(ids.index(row[k]) + 1) % 12] for row, k in zip(made, wanted, strict=True)]
    learned = lxr.learn("straight", model, queries[:350], items[:350], 0, silent)
    assert learned.lessons == 350
    found = [int(learned.weights(q, item).argmax()) for q, item in zip(queries[350:], items[350:], strict=True)]
    assert np.mean(np.array(found) == wanted[350:]) > 0.8, "by chance one of four"
    gone = replace(queries[0], history=queries[0].history.mask([2]))
    assert learned.weights(gone, items[0])[2] == -1


def test_a_rival_that_cannot_be_had_is_left_out_with_a_reason(shop, monkeypatch):
    monkeypatch.setattr(audit, "LESSONS", 10)
    with pytest.raises(TrainingError, match=r"LXR learns from at least 32 histories .* there are"):
        audit.audit(shop, users=2, seed=0, progress=silent, learned=True)
    found = audit.audit(shop, users=2, seed=0, progress=silent, learned=None)
    assert found.head["lxr"].startswith("left out: LXR learns from at least 32") and "lxr" not in found.means()
    with pytest.raises(TrainingError, match="no soft version of 'gru4rec'"):
        lxr.soft(None, "gru4rec", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"LXR, a rival of an audit, needs the package 'torch'"):
        audit.audit(shop, users=2, seed=0, progress=silent, learned=True)


def test_its_order_is_kept_in_the_record_and_its_measures_are_made_again(shop, found, tmp_path):
    with_order = audit.record(shop, shop.live, *asked(found, 0), {"lxr": order_of(found, 0)})
    assert with_order["measures"]["lxr"]["DEL@1"] is not None and with_order["orders"] == {"lxr": order_of(found, 0)}
    path = tmp_path / "audit.jsonl"
    audit_record.export(audit.Audit((with_order,), found.head), path)
    assert audit_record.verify(shop, path, silent) == []
    wrong = {**with_order, "orders": {"lxr": order_of(found, 0)[::-1]}}
    audit_record.export(audit.Audit((wrong,), found.head), path)
    assert any("measures.lxr" in one for one in audit_record.verify(shop, path, silent))


def asked(found, k):
    """What a case was made from."""
    record = found.records[k]
    return query_from_json(json.dumps(record["query"])), record["item"], record["seed"]


def order_of(found, k):
    """Any order of the causes of a case."""
    return list(range(len(asked(found, k)[0].history.live())))


def test_a_summary_is_kept_in_the_shop_folder_for_the_live_snapshot(shop, found):
    path = audit_record.keep(shop, found)
    assert path == shop.folder / "audits" / f"{shop.live.meta.id}.json"
    kept = audit_record.kept(shop)
    assert kept["scale"] == "score" and kept["cases"] == 4
    spots = view_models.holds(kept)
    assert {spot.key for spot in spots} == set(found.means())
    assert [spot.value for spot in spots] == sorted(spot.value for spot in spots)
    assert all(spot.low <= spot.value <= spot.high for spot in spots)
    recency = next(spot.value for spot in spots if spot.key == "recency")
    assert all(spot.sure == (spot.value <= recency) for spot in spots)
    for reader in (Reader("en"), Reader("zh")):
        html = str(panels.holds(kept, reader).html())
        assert html.count("<em") == len(spots) and html.count("<s ") == len(spots)
        shares = [reader.share(spot.value) for spot in spots]
        assert re.findall(r'<span class="value">(.*?)</span>', html) == shares
        assert re.findall(r'<td class="num">([^–]*?)</td>', html) == shares, "the table says what is drawn"

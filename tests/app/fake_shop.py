"""A simulated electronics shop that knows the Shop's interface: 30 invented items, additive scores, fixed seed.

Every weight is drawn once from a seeded generator around hand-set affinities, so that pictures look like a shop
and all sums are known. Nothing here is data of a real shop.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np

from whyrec.core.config import Settings, ShopSettings
from whyrec.core.errors import TrainingError
from whyrec.core.types import (
    KIND_CODE,
    REMOVED,
    Catalog,
    Counterfactual,
    Events,
    Explanation,
    History,
    Item,
    Query,
    Reason,
    Recommendation,
    Touch,
    Vocabulary,
    objects,
)
from whyrec.rank.trace import trace
from whyrec.words.say import say

TITLES = [
    ("11-in-1 dock", "十一合一扩展坞"),
    ("14-inch sleeve", "14 英寸内胆包"),
    ("Lumo 9 Pro phone", "流明 9 Pro 手机"),
    ("K3 quiet keyboard", "静音键盘 K3"),
    ("100 W charger", "100 W 充电器"),
    ("Lumo 9 case", "流明 9 保护壳"),
    ("27-inch 4K monitor", "27 英寸 4K 显示器"),
    ("Portable SSD 1 TB", "移动固态硬盘 1 TB"),
    ("Aria 2 headphones", "雅音 2 降噪耳机"),
    ("Tern 16 Max laptop", "燕 16 Max 笔记本"),
    ("Lumo 9 Lite phone", "流明 9 Lite 手机"),
    ("Pulse 2 watch", "脉动 2 手表"),
    ("Tern 14 Pro laptop", "燕 14 Pro 笔记本"),
    ("Lumo 9 screen glass", "流明 9 钢化膜"),
    ("Aria Mini earbuds", "雅音 Mini 耳塞"),
    ("Lumo 8 phone", "流明 8 手机"),
    ("65 W charger", "65 W 充电器"),
    ("Article: choosing a laptop", "文章：怎样选笔记本"),
    ("Tern 14 laptop", "燕 14 笔记本"),
    ("Aria headphones", "雅音降噪耳机"),
    ("Pulse watch", "脉动手表"),
    ("Lumo 9 phone", "流明 9 手机"),
    ("G1 gaming mouse", "游戏鼠标 G1"),
    ("K2 keyboard", "机械键盘 K2"),
    ("7-in-1 hub", "七合一扩展坞"),
    ("USB-C cable", "USB-C 数据线"),
    ("Desk lamp", "台灯"),
    ("Web camera", "摄像头"),
    ("Tablet stand", "平板支架"),
    ("Power bank", "充电宝"),
]
PAST = [
    ("purchase", 15, "09-28"), ("purchase", 16, "09-30"), ("view", 17, "10-08"), ("view", 12, "10-15"),
    ("purchase", 18, "10-16"), ("view", 19, "10-20"), ("view", 20, "11-02"), ("favourite", 21, "11-09"),
    ("view", 21, "11-14"), ("dislike", 22, "11-18"), ("view", 23, "11-21"), ("view", 24, "11-22"),
]  # fmt: skip
AFFINITY = {
    (15, 2): 0.62, (15, 4): 0.41, (15, 5): 0.39, (16, 0): 0.44, (16, 4): 0.52, (17, 9): 0.66, (12, 1): 0.38,
    (12, 6): 0.42, (12, 7): 0.23, (12, 9): 0.94, (18, 0): 1.62, (18, 1): 1.71, (18, 3): 0.66, (18, 4): 0.81,
    (18, 6): 0.92, (18, 7): 0.98, (18, 9): -0.82, (19, 8): 1.45, (20, 8): 0.21, (21, 2): 0.93, (21, 5): 0.97,
    (22, 0): -0.28, (22, 3): -0.31, (22, 6): -0.18, (23, 0): 0.48, (23, 3): 1.62, (23, 6): 0.67, (23, 7): 0.38,
    (23, 9): 0.54, (24, 0): 0.95, (24, 1): 0.31, (24, 3): 0.42, (24, 4): 0.35, (24, 6): 0.39, (24, 7): 0.43,
    (21, 10): 0.9, (20, 11): 1.1, (12, 12): 0.7, (21, 13): 0.9, (19, 14): 1.2,
}  # fmt: skip
IDS = [f"p-{n:03d}" for n in range(len(TITLES))]
NOW = datetime(2025, 11, 24, 10, 2, tzinfo=UTC).timestamp()
USER = "u-2041"


def _row(shown, clicks, corrected, conversion=0.2, satisfaction=None):
    return {"impressions": shown, "click_through": clicks, "corrected_click_through": corrected,
            "conversion": conversion, "satisfaction": satisfaction}  # fmt: skip


STATS = {
    "days": 30.0, "lists": 5210, "based_on": "impressions", **_row(52_100, 0.041, 0.066, 0.21, 0.87),
    "by_scenario": {"personal": _row(40_000, 0.043, 0.07), "related": _row(12_100, 0.034, 0.05, None)},
    "by_model": {"glass": _row(52_100, 0.041, 0.066)},
    "by_source": {"history": _row(45_000, 0.044, 0.071), "popular": _row(6_000, 0.02, 0.03),
                  "explore": _row(1_000, 0.011, 0.027), "shop's own": _row(100, 0.0, None)},
    "by_reason": {"bought": _row(30_000, 0.046, 0.072, 0.2, 0.91), "content": _row(22_100, 0.033, 0.058, 0.2, 0.79)},
    "by_mix": {"as trained": _row(52_100, 0.041, 0.066)},
}  # fmt: skip


def moment(day: str) -> float:
    return datetime.fromisoformat(f"2025-{day}T12:00:00+00:00").timestamp()


@dataclass(frozen=True, eq=False)
class Additive:
    """score[i] = empty[i] + sum of weight[item of the event, i] over live events."""

    items: Vocabulary
    weight: np.ndarray
    empty: np.ndarray

    def parts(self, query: Query) -> np.ndarray:
        codes = self.items.codes(query.history.item)
        live = (query.history.kind != REMOVED) & (codes >= 0)
        return np.where(live[:, None], self.weight[codes], 0.0)

    def score(self, queries, items=None):
        found = np.stack([self.empty + self.parts(query).sum(0) for query in queries]).astype(np.float32)
        return found if items is None else found[:, self.items.codes(items)]


def model(seed: int = 7) -> Additive:
    rng = np.random.default_rng(seed)
    weight = rng.normal(0.03, 0.035, (len(IDS), len(IDS)))
    for (event, item), value in AFFINITY.items():
        weight[event, item] = value
    empty = np.concatenate([rng.uniform(0.7, 1.1, 15), rng.uniform(0.2, 0.9, 15)])
    empty[0] = 0.31
    return Additive(Vocabulary.of(IDS), weight.round(3), empty.round(3))


class FakeShop:
    """The parts of app.shop.Shop that the console and the report call."""

    def __init__(self, folder=None, titles=TITLES, trained: bool = True):
        shop = ShopSettings(name="Hoshino Electronics (simulated)", demo=True)
        self.settings = replace(Settings(), shop=shop)
        self.folder = folder
        self.trained = trained
        self.repeats = False
        items = Vocabulary.of(IDS)
        self.catalog = Catalog(items, {"": objects([t[0] for t in titles]), "zh": objects([t[1] for t in titles])})
        users = Vocabulary.of([USER, "u-2042", "u-2043", "u-3000", "u-9"])
        code = [item for _, item, _ in PAST]
        events = Events(
            users=users,
            items=items,
            user=np.zeros(len(PAST), np.int32),
            item=np.array(code, np.int32),
            kind=np.array([KIND_CODE[kind] for kind, _, _ in PAST], np.int8),
            at=np.array([moment(day) for _, _, day in PAST]),
            value=np.full(len(PAST), np.nan, np.float32),
            event_id=objects([f"e-{n}" for n in range(len(PAST))]),
        )
        self.tables = SimpleNamespace(events=events, catalog=self.catalog, users=None)
        self.model = model()

    @property
    def live(self):
        if not self.trained:
            raise TrainingError("Expected a trained model in shop, found none. Run: whyrec train shop")
        return SimpleNamespace(meta=SimpleNamespace(id="additive-1123", model="markov"), model=self.model)

    def scored(self, query, live=None):
        return (live or self.live).model

    def query(self, user=None, *, n=None, at=None, locale=None, **_):
        events = self.tables.events
        code = events.users.index.get(user)
        history = History.empty() if code is None else events.history(events.rows_of(code))
        seen = frozenset(i for i in history.item if i is not None)
        return Query(at=at or NOW, user=user, history=history, seen=seen, n=n or 10, locale=locale or "en")

    def recommend_query(self, query):
        score = self.live.model.score([query])[0].astype(float)
        order = [i for i in np.argsort(-score, kind="stable") if IDS[i] not in query.seen]
        items = tuple(Item(IDS[i], float(score[i]), ("history",)) for i in order[: query.n])
        return Recommendation("r-88f2", query, items, "additive-1123", "0", self.settings.digest())

    @property
    def store(self):
        """One stored list, of another shopper's, in which the shop placed an item and sold a place."""
        made = self.recommend_query(self.query("u-2042"))
        pinned = replace(made.items[3], touches=(Touch("pin", "Week of docks", 4, 1),), sources=("pinned",))
        sold = replace(made.items[5], touches=(Touch("sponsored", "", 6, 2),), sources=("sponsored",), label="Lumo")
        kept = replace(made, id="kept", items=(pinned, sold, *made.items[:3], made.items[4], *made.items[6:]))
        return SimpleNamespace(recommendation=lambda name: kept if name == "kept" else None)

    def trace(self, made, item=None):
        return trace(made.query, made.items, self.live.model, self.catalog, self.repeats, item)

    def stats(self, days):
        return STATS if self.trained else {**STATS, "impressions": 0, "lists": 0}

    def explain_page(self, query, made, sets=True):
        return tuple(self._explain(query, item.item_id) for item in made.items)

    def explain_items(self, query, items):
        return tuple(self._explain(query, item) for item in items)

    def _explain(self, query, item):
        column = IDS.index(item)
        weight = self.model.parts(query)[:, column]
        past = query.history
        reasons = [
            Reason("event", past.item[s], float(weight[s]), (s,), (past.event_id[s],), float(past.at[s]))
            for s in past.live()
        ]
        reasons.sort(key=lambda reason: -reason.weight)
        empty = float(self.model.empty[column])
        score = empty + float(weight.sum())
        return Explanation(
            item, "exact", score, empty, score - empty - float(weight.sum()), tuple(reasons),
            necessary=self._necessary(query, item, reasons),
            members={"events": float(weight.sum()), "popularity": empty},
        )  # fmt: skip

    def _necessary(self, query, item, reasons):
        if not reasons:
            return None
        slots = reasons[0].slots
        ids = [i.item_id for i in self.recommend_query(replace(query, n=len(IDS))).items]
        after = [i.item_id for i in self.recommend_query(replace(query.without(slots), n=len(IDS))).items]
        if item not in ids or after.index(item) < query.n:
            return None
        return Counterfactual(reasons[0].event_ids, slots, ids.index(item) + 1, after.index(item) + 1)

    def say(self, explanation, query, locale=None, long=False):
        return say(explanation, query, lambda item: self.title(item, locale), locale or "en", long=long)

    def title(self, item, locale=None):
        return self.catalog.title(item, locale or "en")

    def board(self, protocol, seen):
        if seen == "keep" or not self.trained:
            return None
        shift = 1.0 if protocol == "loo" else 0.7
        rows = [
            ("ease", 0.0549, 62.0, 410),
            ("markov", 0.0524, 0.2, 166),
            ("itemknn", 0.0381, 0.4, 211),
            ("popular", 0.0063, 0.0, 123),
        ]

        def spread(value):
            return {"ndcg@10_low": value - 0.0019, "ndcg@10_high": value + 0.0019} if protocol == "loo" else {}

        return {
            "protocol": protocol,
            "users_left_out": 41,
            "models": {
                name: {"ndcg@10": v * shift, **spread(v), "hr@10": v * 1.7, "recall@10": v * 1.7, "mrr": v * 0.8,
                       "coverage@10": v * 6,
                       "users": 2041, "fit_cpu_s": s, "peak_mb": mb}
                for name, v, s, mb in rows
            },
        }  # fmt: skip

    def check(self):
        def finding(check, severity, count, share, action, samples=()):
            return SimpleNamespace(
                check=check, severity=severity, count=count, share=share, samples=list(samples), action=action
            )

        rows = [
            {"user_id": u, "item_id": f"p-{n}", "timestamp": "2025-01-01 14:46", "quantity": 0}
            for n, u in enumerate("abc")
        ]
        found = [
            finding("items with one event", "note", 24, 0.353, "Placed by content (cold)"),
            finding("price zero or below", "warning", 112, 0.0076, "Kept; price set to unknown"),
            finding("quantity zero or below", "error", 88, 0.006, "Sent to quarantine", rows),
            finding("duplicates", "note", 14, 0.00001, "Merged, quantities added"),
        ]
        facts = {
            "repeat_rate": 0.1,
            "first_at": moment("01-01"),
            "last_at": moment("11-22"),
            "user_histogram": [
                [1, 223],
                [50, 195],
                [100, 313],
                [200, 490],
                [400, 566],
                [800, 519],
                [1600, 154],
                [3200, 9],
            ],
            "item_histogram": [
                [1, 24200],
                [2, 8200],
                [3, 8000],
                [5, 8300],
                [10, 6600],
                [20, 7000],
                [50, 3600],
                [100, 2800],
            ],
            "hour_histogram": [
                104,
                74,
                43,
                25,
                12,
                6,
                4,
                3,
                2,
                2,
                5,
                13,
                30,
                54,
                81,
                103,
                108,
                115,
                118,
                130,
                149,
                151,
                129,
                110,
            ],
        }
        return SimpleNamespace(
            rows_read=14730, rows_kept=14628, rows_set_aside=88, rows_merged=14, findings=found, facts=facts
        )

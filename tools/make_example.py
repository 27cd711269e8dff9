"""Make examples/electronics: a small simulated shop for the tour, the tests and the pictures. Seeded.

    python tools/make_example.py

Shoppers follow journeys (phone -> case -> charger), mixed with noise. The brands are invented. One shopper is
小李 (user id "li"), who looks at Lumo phones; what he is shown, and why, is the running example of the docs.
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "examples" / "electronics"
START = datetime(2026, 8, 24, tzinfo=UTC)
DAYS = 90
SHOPPERS = 300

PRODUCTS = """
lumo-8|Lumo 8 phone|Lumo 8 手机|Lumo|phones|499
lumo-9|Lumo 9 phone|Lumo 9 手机|Lumo|phones|649
lumo-9-pro|Lumo 9 Pro phone|Lumo 9 Pro 手机|Lumo|phones|849
lumo-9-lite|Lumo 9 Lite phone|Lumo 9 Lite 手机|Lumo|phones|399
ori-5|Ori 5 phone|Ori 5 手机|Ori|phones|459
ori-fold|Ori Fold phone|Ori Fold 折叠手机|Ori|phones|1199
lumo-9-case|Lumo 9 case|Lumo 9 手机壳|Lumo|phone accessories|19
lumo-9-glass|Lumo 9 screen glass|Lumo 9 钢化膜|Lumo|phone accessories|12
ori-5-case|Ori 5 case|Ori 5 手机壳|Ori|phone accessories|17
charger-65|65 W charger|65 W 充电器|Volta|phone accessories|39
charger-100|100 W charger|100 W 充电器|Volta|phone accessories|59
power-bank|Power bank 20,000 mAh|20000 毫安移动电源|Volta|phone accessories|45
tern-14|Tern 14 laptop|Tern 14 笔记本电脑|Tern|laptops|899
tern-14-pro|Tern 14 Pro laptop|Tern 14 Pro 笔记本电脑|Tern|laptops|1299
tern-16-max|Tern 16 Max laptop|Tern 16 Max 笔记本电脑|Tern|laptops|1899
ori-book|Ori Book laptop|Ori Book 笔记本电脑|Ori|laptops|749
dock-11|11-in-1 dock|11 合 1 扩展坞|Volta|laptop accessories|129
hub-7|7-in-1 hub|7 合 1 集线器|Volta|laptop accessories|59
sleeve-14|14-inch sleeve|14 英寸内胆包|Tern|laptop accessories|29
ssd-1|Portable SSD 1 TB|1 TB 移动固态硬盘|Kest|laptop accessories|99
monitor-27|27-inch 4K monitor|27 英寸 4K 显示器|Kest|screens|329
monitor-34|34-inch wide monitor|34 英寸带鱼屏|Kest|screens|499
keys-k2|K2 keyboard|K2 键盘|Kest|input|79
keys-k3|K3 quiet keyboard|K3 静音键盘|Kest|input|99
mouse-g1|G1 gaming mouse|G1 游戏鼠标|Kest|input|49
mouse-m2|M2 quiet mouse|M2 静音鼠标|Kest|input|35
aria-1|Aria headphones|Aria 耳机|Aria|audio|149
aria-2|Aria 2 headphones|Aria 2 耳机|Aria|audio|199
aria-mini|Aria Mini earbuds|Aria Mini 无线耳塞|Aria|audio|89
boom-s|Boom S speaker|Boom S 音箱|Aria|audio|69
pulse-1|Pulse watch|Pulse 手表|Pulse|wearables|179
pulse-2|Pulse 2 watch|Pulse 2 手表|Pulse|wearables|229
pulse-strap|Pulse sport strap|Pulse 运动表带|Pulse|wearables|25
pulse-scale|Pulse smart scale|Pulse 体脂秤|Pulse|wearables|59
""".strip()

JOURNEYS = {
    "lumo": ["lumo-8", "lumo-9", "lumo-9-pro", "lumo-9-case", "lumo-9-glass", "charger-65", "aria-mini"],
    "ori": ["ori-5", "ori-fold", "ori-5-case", "charger-100", "power-bank", "ori-book"],
    "work": ["tern-14", "tern-14-pro", "dock-11", "sleeve-14", "monitor-27", "keys-k3", "mouse-m2", "ssd-1"],
    "play": ["tern-16-max", "monitor-34", "keys-k2", "mouse-g1", "aria-2", "ssd-1"],
    "sport": ["pulse-1", "pulse-2", "pulse-strap", "pulse-scale", "aria-mini", "boom-s"],
    "sound": ["aria-1", "aria-2", "aria-mini", "boom-s"],
}
LI = [  # (day, hour, kind, item): the shopper of the docs
    (36, 12, "purchase", "lumo-8"), (38, 20, "purchase", "charger-65"), (52, 21, "view", "tern-14-pro"),
    (53, 20, "purchase", "tern-14"), (57, 13, "view", "aria-1"), (77, 22, "favourite", "lumo-9"),
    (82, 9, "view", "lumo-9"), (86, 19, "dislike", "mouse-g1"), (88, 21, "view", "keys-k2"), (89, 10, "view", "hub-7"),
]  # fmt: skip


def journey(rng: np.random.Generator) -> list[tuple[float, str, str]]:
    """Return one shopper's (day, kind, item) events: one or two journeys with noise between."""
    day, events = float(rng.uniform(0, 40)), []
    items = [row.split("|")[0] for row in PRODUCTS.splitlines()]
    for name in rng.choice(list(JOURNEYS), size=rng.integers(1, 3), replace=False):
        for item in JOURNEYS[name][int(rng.integers(0, 3)) :]:
            if rng.random() < 0.15:
                events.append((day, "view", str(rng.choice(items))))
            if rng.random() < 0.2:
                continue
            day += float(rng.exponential(2.5))
            kind = rng.choice(["purchase", "view", "favourite", "cart"], p=[0.45, 0.35, 0.1, 0.1])
            events.append((day, str(kind), item))
    return [row for row in events if row[0] < DAYS]


def main() -> None:
    """Write events.csv, items.csv and a README."""
    rng = np.random.default_rng(20261124)
    PLACE.mkdir(parents=True, exist_ok=True)
    rows = [("li", day + hour / 24, kind, item) for day, hour, kind, item in LI]
    for n in range(1, SHOPPERS):
        rows += [(f"u-{2000 + n}", *row) for row in journey(rng)]
    rows.sort(key=lambda row: row[1])
    prices = {row.split("|")[0]: row.split("|")[-1] for row in PRODUCTS.splitlines()}
    with (PLACE / "events.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["user_id", "item_id", "event_type", "timestamp", "price"])
        for user, day, kind, item in rows:
            at = (START + timedelta(days=day)).replace(microsecond=0)
            out.writerow([user, item, kind, at.isoformat(), prices[item] if kind == "purchase" else ""])
    with (PLACE / "items.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["item_id", "title", "title_zh", "brand", "category", "price"])
        out.writerows(row.split("|") for row in PRODUCTS.splitlines())
    about = {"rows": len(rows), "shoppers": len({row[0] for row in rows}), "products": len(prices)}
    print(json.dumps(about))


if __name__ == "__main__":
    main()

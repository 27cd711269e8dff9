"""Goods of the simulated shop: products in lines and generations, articles and videos, named in four languages.

What leads to what is a table made here (`Goods.leads_to`): the next generation of a line, the case of a phone, the lens
of a camera, the bag of a sport, the glass of a grape, the next text on a topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

LANGUAGES = ("en", "zh", "es", "ja")
DAY_S = 86400.0
OPENS = 1_751_328_000.0
"""2025-07-01 UTC, the first day of the log."""
DAYS = 365
COLOURS = {
    "black": ("black", "黑色", "negro", "ブラック"),
    "white": ("white", "白色", "blanco", "ホワイト"),
    "red": ("red", "红色", "rojo", "レッド"),
    "blue": ("blue", "蓝色", "azul", "ブルー"),
    "green": ("green", "绿色", "verde", "グリーン"),
}
NOUNS = {
    "phone": ("phone", "手机", "teléfono", "スマートフォン"),
    "phone case": ("phone case", "手机壳", "funda de teléfono", "スマホケース"),
    "laptop": ("laptop", "笔记本电脑", "portátil", "ノートパソコン"),
    "headphones": ("headphones", "耳机", "auriculares", "ヘッドホン"),
    "speaker": ("speaker", "音箱", "altavoz", "スピーカー"),
    "watch": ("smart watch", "智能手表", "reloj inteligente", "スマートウォッチ"),
    "camera": ("camera", "相机", "cámara", "カメラ"),
    "lens": ("lens", "镜头", "objetivo", "レンズ"),
    "shoes": ("shoes", "运动鞋", "zapatillas", "シューズ"),
    "sports bag": ("sports bag", "运动包", "bolsa de deporte", "スポーツバッグ"),
    "wine": ("wine", "葡萄酒", "vino", "ワイン"),
    "wine glass": ("wine glass", "葡萄酒杯", "copa de vino", "ワイングラス"),
    "book": ("book on wine", "葡萄酒书", "libro de vino", "ワインの本"),
    "article": ("article", "文章", "artículo", "記事"),
    "video": ("video", "视频", "vídeo", "動画"),
}
LINES = {
    "phone": (("Norda", "Kelvo", "Mirai", "Talo", "Zenko", "Ostra"), ("Air", "Pro", "Mini")),
    "laptop": (("Norda", "Kelvo", "Mirai", "Talo", "Zenko", "Ostra"), ("Book", "Studio")),
    "headphones": (("Aurela", "Boomi", "Senno", "Tonik"), ("Calm", "Beat", "Sport")),
    "speaker": (("Aurela", "Boomi", "Senno", "Tonik"), ("Cube", "Splash", "Tower")),
    "watch": (("Tikka", "Chron", "Pulso"), ("One", "Run", "Lux")),
    "camera": (("Lumo", "Optra", "Fokal"), ("X", "Z", "M")),
}
GENERATIONS = 5
SPORTS = {
    "running": ("running", "跑步", "correr", "ランニング"),
    "tennis": ("tennis", "网球", "tenis", "テニス"),
    "football": ("football", "足球", "fútbol", "サッカー"),
    "hiking": ("hiking", "徒步", "senderismo", "ハイキング"),
    "climbing": ("climbing", "攀岩", "escalada", "クライミング"),
    "cycling": ("cycling", "骑行", "ciclismo", "サイクリング"),
}
GRAPES = {
    "riesling": ("Riesling", "雷司令", "Riesling", "リースリング"),
    "merlot": ("Merlot", "梅洛", "Merlot", "メルロー"),
    "malbec": ("Malbec", "马尔贝克", "Malbec", "マルベック"),
    "syrah": ("Syrah", "西拉", "Syrah", "シラー"),
    "pinot": ("Pinot", "黑皮诺", "Pinot", "ピノ"),
}
TOPICS = {
    "yoga": ("yoga", "瑜伽", "yoga", "ヨガ"),
    "photography": ("photography", "摄影", "fotografía", "写真"),
    "cooking": ("cooking", "烹饪", "cocina", "料理"),
    "travel": ("travel", "旅行", "viajes", "旅行"),
    "music": ("music", "音乐", "música", "音楽"),
    "gardening": ("gardening", "园艺", "jardinería", "園芸"),
}
PRICES = {
    "phone": 600, "phone case": 20, "laptop": 1100, "headphones": 150, "speaker": 120, "watch": 250, "camera": 900,
    "lens": 400, "shoes": 90, "sports bag": 45, "wine": 18, "wine glass": 25, "book": 22,
}  # fmt: skip
BRANDS = {"shoes": ("Strida", "Velo", "Pikko"), "wine": ("Sol", "Vall", "Roc", "Alba")}


BRAND_NAMES = {
    "Norda": ("诺达", "ノルダ"), "Kelvo": ("凯沃", "ケルボ"), "Mirai": ("米来", "ミライ"),
    "Talo": ("塔洛", "タロ"), "Zenko": ("禅科", "ゼンコ"), "Ostra": ("奥斯特", "オストラ"),
    "Aurela": ("奥蕾拉", "オーレラ"), "Boomi": ("博米", "ブーミ"), "Senno": ("森诺", "センノ"),
    "Tonik": ("托尼克", "トニック"), "Tikka": ("蒂卡", "ティッカ"), "Chron": ("克隆恩", "クロン"),
    "Pulso": ("普索", "プルソ"), "Lumo": ("卢莫", "ルモ"), "Optra": ("奥普特拉", "オプトラ"),
    "Fokal": ("福卡", "フォカル"), "Strida": ("斯特里达", "ストリーダ"), "Velo": ("维洛", "ベロ"),
    "Pikko": ("皮科", "ピッコ"), "Sol": ("索尔", "ソル"), "Vall": ("瓦尔", "バル"),
    "Roc": ("罗克", "ロック"), "Alba": ("阿尔巴", "アルバ"), "Klara": ("克拉拉", "クララ"),
    "Pagina": ("帕吉纳", "パジナ"),
}  # fmt: skip
"""Brands as they are called in Chinese and in Japanese; in Spanish and English they have one name."""
WORDS = {"category": NOUNS, "colour": COLOURS, "topic": {**SPORTS, **GRAPES, **TOPICS}}
"""Values of attributes in the order of LANGUAGES."""


def value_name(attribute: str, value: str, language: str) -> str:
    """Return a value of an attribute in a language."""
    if attribute == "brand":
        return dict(zip(("zh", "ja"), BRAND_NAMES.get(value, ()), strict=False)).get(language, value)
    return WORDS[attribute][value][LANGUAGES.index(language)]


@dataclass(frozen=True)
class Item:
    """One product, article or video."""

    id: str
    kind: str
    category: str
    brand: str
    titles: Mapping[str, str]
    since: float
    colour: str = ""
    price: float | None = None
    topic: str = ""  # sport, grape or topic
    line: str = ""
    generation: int = 0


@dataclass
class Goods:
    """All items, what each leads to, and groups of items by name."""

    items: list[Item] = field(default_factory=list)
    leads_to: dict[str, dict[str, str]] = field(default_factory=dict)  # why -> item -> item
    groups: dict[tuple[str, str], list[Item]] = field(default_factory=dict)

    def add(self, item: Item) -> Item:
        """Put an item on the shelf."""
        self.items.append(item)
        self.groups.setdefault((item.category, item.topic or item.brand), []).append(item)
        return item

    def lead(self, why: str, first: Item, second: Item) -> None:
        """Say that who has the first wants the second."""
        self.leads_to.setdefault(why, {})[first.id] = second.id


def make(rng: np.random.Generator) -> Goods:
    """Fill the shelves."""
    goods = Goods()
    _lines(goods, rng)
    _sports(goods, rng)
    _wine(goods, rng)
    _reading(goods, rng)
    return goods


def _lines(goods: Goods, rng: np.random.Generator) -> None:
    """Electronics: each line has generations, half of them sold before the shop's log begins."""
    for category, (brands, lines) in LINES.items():
        for brand in brands:
            for line in lines:
                begin = OPENS + DAY_S * (rng.uniform(-300, -200))
                made = []
                for generation in range(1, GENERATIONS + 1):
                    since = begin + generation * DAY_S * rng.uniform(110, 130)
                    made.append(_product(goods, rng, category, brand, line, generation, since))
                for old, new in pairwise(made):
                    goods.lead("newer model", old, new)
                for one in made:
                    if category == "phone":
                        goods.lead(
                            "its case", one, _product(goods, rng, "phone case", brand, line, one.generation, one.since)
                        )
                    if category == "camera":
                        goods.lead(
                            "its lens", one, _product(goods, rng, "lens", brand, line, one.generation, one.since)
                        )
    laptops = {(one.brand, one.generation): one for one in goods.items if one.category == "laptop"}
    for one in [one for one in goods.items if one.category == "phone"]:
        goods.lead("laptop of the brand", one, laptops[one.brand, one.generation])


def _sports(goods: Goods, rng: np.random.Generator) -> None:
    for sport in SPORTS:
        for brand in BRANDS["shoes"]:
            for number in range(1, 4):
                shoes = _named(goods, rng, "shoes", brand, sport, SPORTS[sport], number)
                goods.lead(
                    "bag for the sport", shoes, _named(goods, rng, "sports bag", brand, sport, SPORTS[sport], number)
                )


def _wine(goods: Goods, rng: np.random.Generator) -> None:
    for grape in GRAPES:
        glass = [_named(goods, rng, "wine glass", "Klara", grape, GRAPES[grape], number) for number in (1, 2)]
        book = [_named(goods, rng, "book", "Pagina", grape, GRAPES[grape], number) for number in (1, 2)]
        for brand in BRANDS["wine"]:
            for number in range(1, 4):
                bottle = _named(goods, rng, "wine", brand, grape, GRAPES[grape], number)
                goods.lead("glass for the grape", bottle, glass[number % 2])
                goods.lead("book on the grape", bottle, book[number % 2])


def _reading(goods: Goods, rng: np.random.Generator) -> None:
    """Articles lead to the next article and to the video of the same part of a topic."""
    for topic in TOPICS:
        made = []
        for number in range(1, 13):
            since = OPENS + DAY_S * rng.uniform(-30, 200)
            article = _named(goods, rng, "article", "", topic, TOPICS[topic], number, since)
            video = _named(goods, rng, "video", "", topic, TOPICS[topic], number, since)
            goods.lead("video of the article", article, video)
            made.append(article)
        for first, second in pairwise(made):
            goods.lead("next article", first, second)


def _product(
    goods: Goods, rng: np.random.Generator, category: str, brand: str, line: str, generation: int, since: float
) -> Item:
    colour = str(rng.choice(list(COLOURS)))
    name = {language: f"{value_name('brand', brand, language)} {line} {generation}" for language in LANGUAGES}
    en, zh, es, ja = NOUNS[category]
    titles = {
        "en": f"{name['en']} {en}, {COLOURS[colour][0]}",
        "zh": f"{name['zh']} {zh}（{COLOURS[colour][1]}）",
        "es": f"{es} {name['es']} {COLOURS[colour][2]}",
        "ja": f"{name['ja']} {ja} {COLOURS[colour][3]}",
    }
    price = float(np.round(PRICES[category] * rng.uniform(0.6, 1.6) * (1 + 0.05 * generation), 2))
    number = len(goods.items)
    return goods.add(
        Item(
            f"p{number:04d}", "product", category, brand, _some(titles, rng), since, colour, price, "", line, generation
        )
    )


def _named(
    goods: Goods, rng: np.random.Generator, category: str, brand: str, topic: str, word: tuple[str, ...], number: int,
    since: float = OPENS - 90 * DAY_S,
) -> Item:  # fmt: skip
    reading = category in ("article", "video")
    nouns = dict(zip(LANGUAGES, NOUNS[category], strict=True))
    words = dict(zip(LANGUAGES, word, strict=True))
    titles = {
        "en": f"{brand} {words['en']} {nouns['en']} {number}".strip(),
        "zh": f"{value_name('brand', brand, 'zh')} {words['zh']}{nouns['zh']} {number}".strip(),
        "es": f"{nouns['es']} {brand} {words['es']} {number}".replace("  ", " "),
        "ja": f"{value_name('brand', brand, 'ja')} {words['ja']}{nouns['ja']} {number}".strip(),
    }
    colour = "" if reading else str(rng.choice(list(COLOURS)))
    price = None if reading else float(np.round(PRICES[category] * rng.uniform(0.6, 1.6), 2))
    identity = f"{'a' if category == 'article' else 'v' if category == 'video' else 'p'}{len(goods.items):04d}"
    return goods.add(
        Item(
            identity,
            category if reading else "product",
            category,
            brand,
            _some(titles, rng),
            since,
            colour,
            price,
            topic,
        )
    )


def _some(titles: dict[str, str], rng: np.random.Generator) -> dict[str, str]:
    """Leave out a language here and there, as shops do; English is always there."""
    return {language: title for language, title in titles.items() if language == "en" or rng.random() > 0.08}

"""Reads sentences back, language by language, by hand: it knows nothing of the message files.

`read(text, language)` gives the record of a text without ids; `displayed(record, language)` is what a reader can know
of a record.
"""

import re
from dataclasses import dataclass
from datetime import date

NAME = "\ue000(\\d+)\ue001"  # a name while the sentence around it is read
WHOLE = r"([\d.,]+)"
PARTS = ("events", "order", "together", "taste", "same", "alike", "popular", "recent", "fresh", "context", "search")
KINDS = ("purchase", "cart", "favourite", "like", "share", "bookmark", "comment", "follow", "rating", "view", "click",
         "search", "dwell", "dislike")  # fmt: skip
ATTRIBUTES = ("brand", "category", "platform", "modality")


@dataclass(frozen=True)
class Grammar:
    """One language. `{n}` stands for a number, `{d}` a date, `{m}` money, `{p}` a share, `{x}` a name, `{a}` an
    attribute, `{g}` a group, `{t}` any text."""

    quotes: str
    decimal: str
    date: str  # day first or year first is told by `months`
    months: tuple[str, ...]
    money: str
    percent: str
    joint: str
    next: str
    thing: str  # value, number of times, last date, only date
    verbs: dict[str, str]
    days: str
    early: str
    others: str
    part: str  # of a set: search, name, count, of (or of, count)
    more: str
    because: str
    mostly: str
    only: str
    none: str
    tail: str  # what may follow the first sentence
    share: str
    phrases: tuple[str, ...]  # of PARTS
    value: str  # of a group
    value_own: str
    price: str
    price_own: str
    window: str
    counted: tuple[str, ...]  # of KINDS
    alike: str
    word: str
    attributes: tuple[str, ...]  # of ATTRIBUTES
    of_first: bool = False  # "2 of 3" is written 3, 2


EN = Grammar(
    quotes="“”", decimal=".", date=r"(\d+ [A-Z][a-z]+ \d{4})",
    months=tuple(date(2000, month, 1).strftime("%B") for month in range(1, 13)),
    money=r"(?:US\$|JP¥)([\d,.]+)", percent=r"(\d+)%", joint="(?:, | and )", next="(?:, and |, )",
    thing=r"{x}(?: with {v})?(?: \((?:{n} times(?:, last on {d})?|{d})\))?",
    verbs={
        "purchase": "bought {}", "cart": "added {} to the cart", "favourite": "saved {}", "like": "liked {}",
        "share": "shared {}", "bookmark": "bookmarked {}", "comment": "commented on {}", "follow": "followed {}",
        "rating": "rated {}", "view": "viewed {}", "click": "clicked on {}", "search": "searched for {}",
        "dwell": "spent time on {}", "dislike": "disliked {}", "read": "read {}", "watch": "watched {}",
        "context": "are looking at {}",
    },
    days=r"visited from {d} to {d} \({n} times?\)", early=r"visited before \({n} times?\)",
    others="(?P<rest>.*), together with {n} other events?",
    part=r"(the search for )?{x}(?: \({n} of {n} times\))?", more="(.*)(?:, | and ){n} more",
    because=r"Because you {t}\.", mostly=r"Mostly because it is popular now \({p}\); also because you {t}\.",
    only=r"Because it is popular now\.", none=r"Nothing you did raises it\.",
    tail=r"(?: The reasons named here are {p} of its score(?:, its popularity is {p})?\.)?"
         r"(?: Its score is made up like this: {t}\.)?((?: Together, {g}\.)*)(?: What you did speaks for {t}\.)?"
         r"(?: Checked: without {t} this would be {o}\.)?(?: Checked: {t} alone would keep it on the list, {o}\.)?",
    share="{p} {q}",
    phrases=("what you did", "the order of your visits", "what is often chosen with what you chose",
             "your taste as a whole", "that you had it before", "how alike it is to what you chose",
             "how popular it is",
             "how wanted it is lately", "how new it is", "the circumstances of your visit", "what you searched for"),
    value="{n} events with the {a} {x}", value_own="{n} events with its own {a} {x}",
    price="{n} events at a price from {m} to {m}", price_own="{n} events at a price from {m} to {m}, as its own,",
    window="{n} events from {d} to {d}",
    counted=("purchases", "things put into the cart", "things saved", "likes", "things shared", "bookmarks", "comments",
             "follows", "ratings", "views", "clicks", "searches", "longer looks", "dislikes"),
    alike=r"its {a} {x} \({p}, most of it {x}\)", word=r"the word {x} in its title \({p}, most of it {x}\)",
    attributes=("brand", "category", "platform", "medium"),
)  # fmt: skip
ZH = Grammar(
    quotes="「」", decimal=".", date=r"(\d{4} 年 \d+ 月 \d+ 日)", months=(), money=r"(?:US\$|JP¥)([\d,.]+)",
    percent=r"(\d+)%", joint="(?:、|和)", next="(?:，还|，)",
    thing="{x}(?: {v} 分)?(?:（(?:{n} 次(?:，最近一次是 {d})?|{d})）)?",
    verbs={
        "purchase": "买过{}", "cart": "把{}加入过购物车", "favourite": "收藏过{}", "like": "喜欢{}",
        "share": "分享过{}", "bookmark": "把{}存为书签", "comment": "评论过{}", "follow": "关注了{}",
        "rating": "评价过{}", "view": "看过{}", "click": "点过{}", "search": "搜索过{}", "dwell": "细看过{}",
        "dislike": "不喜欢{}", "read": "读过{}", "watch": "观看过{}", "context": "正在看{}",
    },
    days="在 {d} 至 {d} 来过（{n} 次）", early="以前来过（{n} 次）", others="(?P<rest>.*)，再加上另外 {n} 次行为",
    part="(对)?{x}(?:的搜索)?(?:（{n} 次中的 {n} 次）)?", more="(.*)(?:、|和)另外 {n} 项", of_first=True,
    because="因为你{t}。", mostly="主要因为它现在很热门（{p}）；也因为你{t}。", only="因为它现在很热门。",
    none="你的行为都没有提高它。",
    tail="(?:这里说出的原因占得分的 {p}(?:，热门占 {p})?。)?(?:它的得分这样组成：{t}。)?((?:{g}。)*)"
         "(?:你的行为看重{t}。)?(?:已核对：如果没有{t}，它会降到第 {o} 位。)?"
         "(?:已核对：只留下{t}，它仍在列表里，排第 {o} 位。)?",
    share="{q}占 {p}",
    phrases=("你的行为", "你浏览的先后顺序", "常与你选过的一起被选", "你整体的喜好", "你以前有过它", "它与你选过的相像",
             "它的热门程度",
             "它近来的热度", "它的新旧", "你这次访问的情境", "你搜索过的词"),
    value="{a}为{x}的 {n} 次行为", value_own="{a}与它相同（{x}）的 {n} 次行为",
    price="价格在 {m} 至 {m} 的 {n} 次行为", price_own="价格与它同在 {m} 至 {m} 的 {n} 次行为",
    window="{d}至 {d}的 {n} 次行为",
    counted=("次购买", "次加入购物车", "次收藏", "次喜欢", "次分享", "次存书签", "次评论", "次关注", "次评分", "次浏览",
             "次点击", "次搜索", "次细看", "次不喜欢"),
    alike="它的{a}{x}（{p}，主要来自{x}）", word="标题里的{x}（{p}，主要来自{x}）",
    attributes=("品牌", "类别", "平台", "媒体"),
)  # fmt: skip
JA = Grammar(
    quotes="「」", decimal=".", date=r"(\d{4}年\d+月\d+日)", months=(), money=r"(?:\$|￥)([\d,.]+)", percent=r"(\d+)%",
    joint="、", next="(?:、また|、)", thing="{x}(?:［{v}点］)?(?:（(?:{n}回(?:、最後は{d})?|{d})）)?",
    verbs={
        "purchase": "{}を購入", "cart": "{}をカートに追加", "favourite": "{}をお気に入りに登録", "like": "{}にいいね",
        "share": "{}を共有", "bookmark": "{}をブックマーク", "comment": "{}にコメント", "follow": "{}をフォロー",
        "rating": "{}を評価", "view": "{}を閲覧", "click": "{}をクリック", "search": "{}を検索",
        "dwell": "{}をじっくり閲覧", "dislike": "{}を低く評価", "read": "{}を通読", "watch": "{}を視聴",
        "context": "いま{}を表示",
    },
    days="{d}から{d}に訪問（{n}回）", early="以前に訪問（{n}回）", others="ほかの{n}件の行動に加えて(?P<rest>.*)",
    part="()?{x}(?P<s>の検索)?(?:（{n}回のうち{n}回）)?", more="(.*)、ほか{n}件", of_first=True,
    because="{t}したためです。", mostly="主な理由はいま人気があることです（{p}）。{t}したためでもあります。",
    only="いま人気があるためです。", none="あなたの行動で得点が上がったものはありません。",
    tail="(?:ここに挙げた理由は得点の{p}(?:、人気は{p})?です。)?(?:得点の内訳は、{t}です。)?((?:{g}。)*)"
         "(?:あなたの行動は、{t}に合っています。)?(?:確認済み：{t}がなければ{o}位になります。)?"
         "(?:確認済み：{t}だけでもリストに残り、{o}位になります。)?",
    share="{q}が{p}",
    phrases=("あなたの行動", "閲覧の順序", "選んだものと一緒によく選ばれること", "全体的な好み", "以前に選んだこと",
             "選んだものと似ていること", "人気",
             "最近の注目度", "新しさ", "訪問時の状況", "検索したこと"),
    value="{a}が{x}の{n}件の行動", value_own="{a}が同じ{x}の{n}件の行動", price="価格が{m}から{m}の{n}件の行動",
    price_own="価格が同じく{m}から{m}の{n}件の行動", window="{d}から{d}の{n}件の行動",
    counted=("件の購入", "件のカートへの追加", "件のお気に入り登録", "件のいいね", "件の共有", "件のブックマーク",
             "件のコメント", "件のフォロー", "件の評価", "件の閲覧", "件のクリック", "件の検索",
             "件のじっくりした閲覧", "件の低い評価"),
    alike="{a}の{x}（{p}、主に{x}による）", word="題名の{x}（{p}、主に{x}による）",
    attributes=("ブランド", "カテゴリー", "プラットフォーム", "媒体"),
)  # fmt: skip
ES = Grammar(
    quotes="«»", decimal=",", date=r"(\d+ de [a-z]+ de \d{4})",
    months=("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
            "noviembre", "diciembre"),
    money="([\\d,.]+)\xa0(?:US\\$|JPY)", percent="(\\d+)\xa0%", joint="(?:, | y )", next="(?:, y |, )",
    thing=r"{x}(?: con {v})?(?: \((?:{n} veces(?:, la última el {d})?|{d})\))?",
    verbs={
        "purchase": "compraste {}", "cart": "pusiste {} en el carrito", "favourite": "guardaste {}",
        "like": "diste me gusta a {}", "share": "compartiste {}", "bookmark": "pusiste {} en marcadores",
        "comment": "comentaste {}", "follow": "seguiste {}", "rating": "valoraste {}", "view": "viste {}",
        "click": "pulsaste {}", "search": "buscaste {}", "dwell": "te detuviste en {}", "dislike": "rechazaste {}",
        "read": "leíste {}", "watch": "miraste {}", "context": "estás viendo {}",
    },
    days=r"entraste del {d} al {d} \({n} (?:vez|veces)\)", early=r"entraste antes \({n} (?:vez|veces)\)",
    others="(?P<rest>.*), junto con (?:otra acción|otras {n} acciones)",
    part=r"(la búsqueda de )?{x}(?: \({n} de {n} veces\))?", more="(.*)(?:, | y ){n} más",
    because=r"Porque {t}\.", mostly=r"Sobre todo porque es popular ahora \({p}\); también porque {t}\.",
    only=r"Porque es popular ahora\.", none=r"Nada de lo que hiciste aumenta su puntuación\.",
    tail=r"(?: Las razones dichas aquí son el {p} de su puntuación(?:; su popularidad es el {p})?\.)?"
         r"(?: Su puntuación se compone así: {t}\.)?((?: En conjunto, {g}\.)*)(?: Lo que hiciste apunta a {t}\.)?"
         r"(?: Comprobado: sin {t} quedaría en el puesto {o}\.)?"
         r"(?: Comprobado: con solo {t} seguiría en la lista, en el puesto {o}\.)?",
    share="{p} por {q}",
    phrases=("lo que hiciste", "el orden de tus visitas", "lo que suele elegirse junto a lo que elegiste",
             "tu gusto en conjunto", "haberlo tenido antes", "su parecido con lo que elegiste", "su popularidad",
             "lo pedido que está últimamente", "lo nuevo que es", "las circunstancias de tu visita", "lo que buscaste"),
    value="{n} acciones con {a} {x}", value_own="{n} acciones con {a} {x}, igual que esto,",
    price="{n} acciones a un precio de {m} a {m}", price_own="{n} acciones a un precio de {m} a {m}, como el suyo,",
    window="{n} acciones del {d} al {d}",
    counted=("compras", "adiciones al carrito", "favoritos", "me gusta", "veces que compartiste", "marcadores",
             "comentarios", "seguimientos", "valoraciones", "vistas", "clics", "búsquedas", "vistas largas",
             "rechazos"),
    alike=r"su {a} {x} \({p}, sobre todo por {x}\)",
    word=r"la palabra {x} de su título \({p}, sobre todo por {x}\)",
    attributes=("marca", "categoría", "plataforma", "medio"),
)  # fmt: skip
GRAMMARS = {"en": EN, "zh": ZH, "ja": JA, "es": ES}
SHARED = {  # how a group's share is said
    "en": (r"{g} are {p} of its score", "{g} raise it"),
    "zh": (r"{g}合起来占得分的 {p}", "{g}合起来提高了它"),
    "ja": ("{g}は、合わせて得点の{p}です", "{g}は、合わせて得点を上げています"),
    "es": (r"{g} son el {p} de su puntuación", "{g} aumentan su puntuación"),
}


def pattern(form, g):
    """A form of the grammar as a regular expression."""
    slots = {
        "x": NAME, "n": WHOLE, "v": r"(-?[\d.,]+)", "d": g.date, "m": g.money, "p": g.percent, "t": "(.+?)",
        "o": r"([\d.,]+(?:st|nd|rd|th)?)", "q": "(.+?)",
        "a": "(" + "|".join([*map(re.escape, g.attributes), "\ue000\\d+\ue001"]) + ")", "g": "[^。]+?",
    }  # fmt: skip
    for slot, expression in slots.items():
        form = form.replace("{" + slot + "}", expression)
    return form


def number(text, g):
    """A number as the language writes it."""
    group = "." if g.decimal == "," else ","
    return float(text.replace(group, "").replace(g.decimal, "."))


def day(text, g):
    """An ISO date, None for no text."""
    if not text:
        return None
    if not g.months:
        return date(*map(int, re.findall(r"\d+", text))).isoformat()
    day_, month, year = re.sub(r" de ", " ", text).split()
    return date(int(year), g.months.index(month) + 1, int(day_)).isoformat()


def rank_of(text, g):
    if g is not EN:
        return int(number(text, g))
    rank = int(number(text[:-2], g))
    teen = rank % 100 in (11, 12, 13)
    assert text[-2:] == ("th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th"))
    return rank


def marked(text, g):
    """A text with places for its names, and the names."""
    opened, closed = g.quotes
    names = re.findall(f"{opened}([^{g.quotes}]*){closed}", text)
    places = iter(range(len(names)))
    return re.sub(f"{opened}[^{g.quotes}]*{closed}", lambda _: f"\ue000{next(places)}\ue001", text), names


def read(text, language):
    """The record of a text, without ids."""
    g = GRAMMARS[language]
    text, names = marked(text, g)
    text, facts = read_facts(text, names, language)
    uncounted = [pattern(form.replace("{p}", g.percent.replace("(", "(?:")), g) for form in SHARED[language]]
    tail = pattern(g.tail.replace("{g}", "(?:" + "|".join(uncounted) + ")"), g)
    record = {"because": [], "others": 0, "popular": None, "percent": None, "facts": facts}
    for kind in ("mostly", "only", "none", "because"):
        found = re.fullmatch(pattern(getattr(g, kind), g) + tail, text)
        if found:
            break
    assert found, f"cannot be read: {text!r}"
    slots = list(found.groups())
    if kind == "mostly":
        record.update(popular="mostly", percent=int(slots.pop(0)))
    elif kind != "because":
        record["popular"] = kind
    if kind in ("mostly", "because"):
        record.update(read_clauses(slots.pop(0), names, g))
    named, popular, parts, together, alike, without, rank, kept, kept_rank = slots
    record["covered"] = {"percent": int(named), "popular": int(popular) if popular else None} if named else None
    record["parts"] = read_shares(parts, names, g) if parts else []
    record["together"] = [read_group(one, names, language) for one in split_groups(together, language)]
    record["alike"] = read_alike(alike, names, g) if alike else []
    record["checked"] = {**read_set(without, names, g), "rank": rank_of(rank, g)} if without else None
    record["enough"] = {**read_set(kept, names, g), "rank": rank_of(kept_rank, g)} if kept else None
    return record


def read_clauses(text, names, g):
    """What the shopper did, clause by clause."""
    found, others = [], 0
    if match := re.fullmatch(pattern(g.others, g), text):
        rest = match.re.groupindex["rest"] - 1
        (counted,) = [slot for place, slot in enumerate(match.groups()) if place != rest]
        others = int(number(counted, g)) if counted else 1  # Spanish has a word for one other
        text = match["rest"]
    thing, joint = pattern(g.thing, g), g.joint
    while text:
        for verb, form in g.verbs.items():
            before, after = map(re.escape, form.split("{}"))
            clause = re.match(f"{before}((?:{thing})(?:{joint}(?:{thing}))*){after}(?={g.next}|$)", text)
            if clause:
                for name, value, count, last, once in re.findall(thing, clause[1]):
                    found.append({
                        "verb": verb, "name": names[int(name)], "count": number(count, g) if count else 1,
                        "date": day(last or once, g), **({"value": number(value, g)} if value else {}),
                    })  # fmt: skip
                break
        else:
            whole, early = re.match(pattern(g.days, g), text), re.match(pattern(g.early, g), text)
            clause = whole or early
            assert clause, f"cannot be read: {text!r}"
            first, last, count = whole.groups() if whole else (None, None, early[1])
            found.append({"verb": "days", "count": number(count, g), "first": day(first, g), "last": day(last, g)})
        text = re.sub(f"^{g.next}", "", text[clause.end() :])
    return {"because": found, "others": others}


def read_set(text, names, g):
    """Events that were taken away, or kept."""
    others = 0
    if match := re.fullmatch(pattern(g.more, g), text):
        text, others = match[1], int(number(match[2], g))
    part = pattern(g.part, g)
    single = part.replace("(?P<s>", "(?:")
    assert re.fullmatch(f"(?:{single})(?:{g.joint}(?:{single}))*", text), f"cannot be read: {text!r}"
    parts = []
    for found in re.finditer(part, text):
        before, name, *rest = found.groups()
        after = rest.pop(0) if "s" in found.groupdict() else None
        count, of = reversed(rest) if g.of_first else rest
        parts.append({"kind": "search" if before or after else "item", "name": names[int(name)],
                      "part": (number(count, g), number(of, g)) if count else None})  # fmt: skip
    return {"without": parts, "others": others}


def read_shares(text, names, g):
    phrases = [*map(re.escape, g.phrases), "\ue000\\d+\ue001"]
    one = pattern(g.share.replace("{q}", "(" + "|".join(phrases) + ")"), g)
    assert re.fullmatch(f"(?:{one})(?:{g.joint}(?:{one}))*", text), f"cannot be read: {text!r}"
    found = []
    for match in re.findall(one, text):
        share, phrase = match if g.share.startswith("{p}") else reversed(match)
        quoted = re.fullmatch(NAME, phrase)
        part = names[int(quoted[1])] if quoted else PARTS[g.phrases.index(phrase)]
        found.append({"part": part, "percent": int(share)})
    return found


def split_groups(text, language):
    """The sentences about groups, without what is before and after each."""
    before = {"en": " Together, ", "es": " En conjunto, "}.get(language)
    if before:
        return [one.removesuffix(".") for one in text.split(before)[1:]]
    return text.split("。")[:-1]


def read_group(text, names, language):
    g = GRAMMARS[language]
    with_share, without = SHARED[language]
    found = re.fullmatch(pattern(with_share.replace("{g}", "(.+)"), g), text)
    share = int(found[2]) if found else None
    body = found[1] if found else re.fullmatch(pattern(without.replace("{g}", "(.+)"), g), text)[1]
    for kind, word in zip(KINDS, g.counted, strict=True):
        if match := re.fullmatch(WHOLE + " ?" + re.escape(word), body):
            return {"attribute": "kind", "value": kind, "count": number(match[1], g), "percent": share, "own": False}
    for form in ("price_own", "price", "value_own", "value", "window"):
        if match := re.fullmatch(pattern(getattr(g, form), g), body):
            break
    assert match, f"cannot be read: {body!r}"
    slots = list(match.groups())
    count = number(slots.pop(0 if getattr(g, form).startswith("{n}") else -1), g)
    made = {"count": count, "percent": share, "own": form.endswith("own")}
    if form.startswith("price"):
        return {**made, "attribute": "price", "value": [number(slot, g) for slot in slots]}
    if form == "window":
        return {**made, "attribute": "days", "value": [day(slot, g) for slot in slots]}
    return {**made, "attribute": attribute_of(slots[0], names, g), "name": names[int(slots[1])]}


def attribute_of(text, names, g):
    quoted = re.fullmatch(NAME, text)
    return names[int(quoted[1])] if quoted else ATTRIBUTES[g.attributes.index(text)]


def read_alike(text, names, g):
    word, value = pattern(g.word, g), pattern(g.alike, g)
    found = []
    while text:
        if match := re.match(word, text):
            name, share, most = match.groups()
            found.append({"attribute": "word", "name": names[int(name)]})
        else:
            match = re.match(value, text)
            assert match, f"cannot be read: {text!r}"
            attribute, name, share, most = match.groups()
            found.append({"attribute": attribute_of(attribute, names, g), "name": names[int(name)]})
        found[-1].update(percent=int(share), most=names[int(most)])
        text = re.sub(f"^{g.joint}", "", text[match.end() :])
    return found


FACTS = {  # one form for each fact, as a sentence; {w} stands for what two things share
    "en": {
        "new-none": r"New: nobody has chosen it yet\.", "new": r"New: chosen (?:once|{n} times) so far\.",
        "shared": r"Like {x}: {w}\.", "fresh": r"Published (?:today|1 day ago|{n} days ago)\.",
        "baskets": r"In one basket with {x} {n} times, {n} times as often as by chance\.",
        "people": r"{n} shoppers chose it and {x}, {n} times as many as by chance\.",
        "after": r"Chosen soon after {x} {n} times, {n} times as often as by chance\.",
        "elsewhere": r"{x} was on {x}\.",
        "locale": r"In your language it is chosen {n} times as often as in others\.",
        "platform": r"On {x} it is chosen {n} times as often as elsewhere\.",
        "value": "same {a} {x}", "words": "{n} words? of the title in common",
    },
    "zh": {
        "new-none": "新上架：还没有人选过。", "new": "新上架：至今被选过 {n} 次。", "shared": "与{x}相像：{w}。",
        "fresh": "(?:今天|{n} 天前)发布。", "baskets": "与{x}同在一个购物篮 {n} 次，是碰巧的 {n} 倍。",
        "people": "{n} 位顾客选过它和{x}，是碰巧的 {n} 倍。",
        "after": "在{x}之后不久被选 {n} 次，是碰巧的 {n} 倍。", "elsewhere": "{x}是在{x}上。",
        "locale": "用你的语言的人选它，是其他语言的 {n} 倍。", "platform": "在{x}上选它，是别处的 {n} 倍。",
        "value": "{a}同为{x}", "words": "标题有 {n} 个词相同",
    },
    "ja": {
        "new-none": "新着：まだ誰も選んでいません。", "new": "新着：これまでに{n}回選ばれました。",
        "shared": "{x}に似ています：{w}。", "fresh": "(?:今日|{n}日前に)公開されました。",
        "baskets": "{x}と同じかごに{n}回、偶然の{n}倍。", "people": "{n}人がこれと{x}を選び、偶然の{n}倍。",
        "after": "{x}のすぐ後に{n}回選ばれ、偶然の{n}倍。", "elsewhere": "{x}は{x}でのことです。",
        "locale": "あなたの言語では、ほかの{n}倍選ばれています。", "platform": "{x}では、ほかの{n}倍選ばれています。",
        "value": "{a}が同じ{x}", "words": "題名の{n}語が同じ",
    },
    "es": {
        "new-none": r"Novedad: nadie lo ha elegido aún\.", "new": r"Novedad: elegido {n} (?:vez|veces) hasta ahora\.",
        "shared": r"Se parece a {x}: {w}\.", "fresh": r"Publicado (?:hoy|hace {n} días?)\.",
        "baskets": r"En una cesta con {x} {n} veces, {n} veces lo esperado por azar\.",
        "people": r"{n} clientes eligieron esto y {x}, {n} veces lo esperado por azar\.",
        "after": r"Elegido poco después de {x} {n} veces, {n} veces lo esperado por azar\.",
        "elsewhere": r"{x} fue en {x}\.", "locale": r"En tu idioma se elige {n} veces lo que en otros\.",
        "platform": r"En {x} se elige {n} veces lo que en otros sitios\.",
        "value": "{a} {x} en común", "words": "{n} palabras? del título en común",
    },
}  # fmt: skip

MOMENTS = {
    "daypart": ("night", "morning", "afternoon", "evening"),
    "weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
WHEN = {
    "en": (r"{w} it is chosen {n} times as often as usual\.", ("At night", "In the morning", "In the afternoon",
           "In the evening"), [f"On {day.title()}s" for day in MOMENTS["weekday"]]),
    "zh": ("{w}选它的人，是平时的 {n} 倍。",
           ("夜里", "上午", "下午", "晚上"), ["星期" + day for day in "一二三四五六日"]),
    "ja": ("{w}には、ふだんの{n}倍選ばれています。",
           ("深夜", "午前", "午後", "夜"), [day + "曜日" for day in "月火水木金土日"]),
    "es": (r"{w} se elige {n} veces lo habitual\.", ("De madrugada", "Por la mañana", "Por la tarde", "Por la noche"),
           ["Los " + day for day in ("lunes", "martes", "miércoles", "jueves", "viernes", "sábados", "domingos")]),
}  # fmt: skip
for _language, (_form, *_words) in WHEN.items():
    for (_of, _values), _said in zip(MOMENTS.items(), _words, strict=True):
        FACTS[_language] |= {
            f"{_of}-{value}": _form.replace("{w}", word) for value, word in zip(_values, _said, strict=True)
        }


def read_facts(text, names, language):
    """The facts at the end of a text, and the text without them."""
    g, found = GRAMMARS[language], []
    forms = {name: pattern(form.replace("{w}", "([^。.]+?)"), g) for name, form in FACTS[language].items()}
    while True:
        for name in [name for name in forms if name not in ("value", "words")]:
            # A number before the fact belongs to it, and not to a sentence that ends in one.
            match = re.search(f"(?:^|(?<=[。. ])){forms[name]}$", text)
            if match:
                found.insert(0, fact_of(name, match.groups(), names, language))
                text = text[: match.start()].rstrip(" ")
                break
        else:
            return text, found


def fact_of(name, slots, names, language):
    g = GRAMMARS[language]
    numbers = [number(slot, g) for slot in slots if slot and re.fullmatch(WHOLE, slot) and f"\ue000{slot}" not in slot]
    if name in ("new-none", "new"):
        return {"fact": "new", "count": 0 if name == "new-none" else number(slots[0], g) if slots[0] else 1}
    if name == "fresh":
        said = slots[0]
        return {"fact": "fresh", "days": number(said, g) if said else None}
    of, _, value = name.partition("-")
    if of in MOMENTS:
        return {"fact": "circumstance", "of": of, "value": value, "lift": numbers[-1]}
    if name in ("locale", "platform"):
        return {"fact": "circumstance", "of": name, "lift": numbers[-1],
                **({"value": names[int(slots[0])]} if name == "platform" else {})}  # fmt: skip
    if name == "elsewhere":
        return {"fact": "elsewhere", "name": names[int(slots[0])], "platform": names[int(slots[1])]}
    if name == "shared":
        return {"fact": "shared", "name": names[int(slots[0])], **shared_of(slots[1], names, language)}
    first = FACTS[language][name].index("{n}") < FACTS[language][name].index("{x}")
    count, place, lift = slots if first else (slots[1], slots[0], slots[2])
    return {"fact": "together", "how": name, "name": names[int(place)], "count": number(count, g),
            "lift": number(lift, g)}  # fmt: skip


def shared_of(text, names, language):
    g = GRAMMARS[language]
    value, common = (pattern(FACTS[language][name], g) for name in ("value", "words"))
    made = {"values": [], "words": 0}
    while text:
        if match := re.match(value, text):
            made["values"].append([attribute_of(match[1], names, g), names[int(match[2])]])
        else:
            match = re.match(common, text)
            assert match, f"cannot be read: {text!r}"
            made["words"] = number(match[1], g)
        text = re.sub(f"^{g.joint}", "", text[match.end() :])
    return made


def read_short(text, language):
    """Numbers and names behind a line of a list, fact by fact."""
    if not text:
        return []
    g = GRAMMARS[language]
    text, names = marked(text, g)
    opened, closed, between = ("（", "）", "；") if language in ("zh", "ja") else (" (", ")", "; ")
    assert text.startswith(opened) and text.endswith(closed), f"cannot be read: {text!r}"
    found = []
    for part in text[len(opened) : -len(closed)].split(between):
        own = sorted(names[int(place)] for place in re.findall(NAME, part))
        counted = sorted(number(one.strip(".,"), g) for one in re.findall(r"\d[\d.,]*", re.sub(NAME, "", part)))
        found.append((own, [one for one in counted if one > 1]))  # once, 1 day, 1 word: also written as words
    return found


def short_of(fact):
    """What `read_short` finds of a fact."""
    own = [fact[key] for key in ("platform", "value") if key in fact and fact.get("of") not in MOMENTS] + [
        v for _, v in fact.get("values", ())
    ]
    own += [a for a, _ in fact.get("values", ()) if a not in ATTRIBUTES]
    return sorted(own), sorted(n for key in ("count", "lift", "days", "words") if (n := fact.get(key, 0)) > 1)


def shown_fact(fact):
    """A fact as the reader can know it."""
    made = {key: value for key, value in fact.items() if key != "item_id"}
    if fact["fact"] == "circumstance" and fact["of"] == "locale":
        del made["value"]
    return made


def displayed(record):
    """The record as the reader can know it: no ids; whole counts of a removal are not written."""

    def without(entry, *keys):
        return {key: value for key, value in entry.items() if key not in keys}

    def shown_set(found):
        entries = found and [
            {"kind": entry["kind"], "name": entry["name"],
             "part": None if entry["count"] == entry["of"] else (entry["count"], entry["of"])}
            for entry in found["without"]
        ]  # fmt: skip
        return found and {**found, "without": entries}

    def group(entry):
        if entry["attribute"] == "price":
            digits = {"USD": 2, "JPY": 0}[entry["currency"]]
            entry = {**entry, "value": [round(end, digits) for end in entry["value"]]}
        drop = ("value", "currency") if "name" in entry else ("currency",)
        return without(entry, *drop)

    return {
        **{key: record[key] for key in ("others", "popular", "percent", "covered")},
        "because": [without(entry, "item_id") for entry in record["because"]],
        "parts": [without(entry, "known") for entry in record["parts"]],
        "together": [group(entry) for entry in record["together"]],
        "alike": record["alike"],
        "facts": [shown_fact(fact) for fact in record["facts"]],
        "checked": shown_set(record["checked"]),
        "enough": shown_set(record["enough"]),
    }

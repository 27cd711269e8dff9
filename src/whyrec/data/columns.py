"""Canonical column names, the names other systems use for them, and how a mapping is guessed.

Names are compared without case and punctuation, so USER_ID, userId and "User Id" are one name. The tables below
list, for each canonical column, the spellings of other systems in the order in which they are preferred. A guess
is never silent: it is kept with how it was made (`by name`, `alias of Gorse FeedbackType`, `by content`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from whyrec.core.errors import UsageError, nearest
from whyrec.core.types import KINDS

EVENT_COLUMNS = (
    "event_id", "user_id", "item_id", "event_type", "timestamp", "position", "value", "quantity", "price", "amount",
    "basket_id", "session_id", "platform", "locale", "text", "answers",
)  # fmt: skip
"""Canonical columns of an event log; `amount` is the money of the whole line, from which the price is computed."""

ITEM_COLUMNS = ("item_id", "kind", "title", "description", "price", "language", "since", "available", "image", "audio")
"""Canonical columns of an item table; all others are category or number attributes under their own names."""

USER_COLUMNS = ("user_id", "locale")

LINK_COLUMNS = ("user_id", "person_id", "platform", "sharing")
"""Columns of a table of links: an account, whose it is, where it is, and whether it may be used with the others."""

# canonical -> system -> its spellings. "common" stands for spellings that belong to no one system.
_USER = {
    "Google": "visitorId",
    "GA4": "user_pseudo_id",
    "Complete Journey": "household_id",
    "Online Retail": "CustomerID",
    "Amazon reviews": "reviewerID",
    "AIRec": "imei",
    "common": "user uid customer customer_id client_id member_id buyer_id shopper_id account_id person_id visitor_id "
    "device_id 用户id 用户 会员id",
}
_ITEM = {
    "Volcano": "goods_id doc_id",
    "Complete Journey": "product_id",
    "Amazon reviews": "parent_asin asin",
    "MovieLens": "movieId",
    "Online Retail": "StockCode",
    "Yelp": "business_id",
    "Deskdrop": "contentId",
    "common": "item product sku sku_id article_id content_id track_id book_id isbn upc goods 商品id 商品 物品id",
}
EVENT_ALIASES: dict[str, dict[str, str]] = {
    "event_id": {"GA4": "insert_id", "common": "message_id"},
    "user_id": _USER,
    "item_id": _ITEM,
    "event_type": {
        "Gorse": "FeedbackType",
        "GA4": "event_name",
        "AIRec": "bhv_type",
        "Tianchi": "behavior_type action_type",
        "Metarank": "type",
        "common": "event behavior behaviour action interaction interaction_type kind activity 行为类型 行为",
    },
    "timestamp": {
        "Google": "eventTime",
        "GA4": "event_timestamp",
        "AIRec": "bhv_time",
        "Cicerone": "occurred_at",
        "Personalize": "sentAt",
        "Complete Journey": "transaction_timestamp",
        "Online Retail": "InvoiceDate",
        "Amazon reviews": "unixReviewTime",
        "H&M": "t_dat",
        "common": "time ts at datetime date created_at time_stamp purchased_at ordered_at order_date purchase_date "
        "transaction_date transaction_time event_date 时间 时间戳",
    },
    "position": {"common": "ordinal sequence seq step order_index"},
    "value": {
        "Personalize": "EVENT_VALUE",
        "AIRec": "bhv_value",
        "Amazon reviews": "overall",
        "Yelp": "stars",
        "common": "rating score strength 评分",
    },
    "quantity": {"common": "qty units n_units item_count 数量"},
    "price": {"Online Retail": "UnitPrice", "common": "item_price sale_price selling_price 价格 单价"},
    "amount": {
        "Complete Journey": "sales_value",
        "GA4": "item_revenue",
        "common": "line_total total_price revenue line_amount 金额",
    },
    "basket_id": {
        "Online Retail": "InvoiceNo Invoice",
        "GA4": "transaction_id",
        "common": "basket order_id order_no receipt_id cart_id 订单id 订单号",
    },
    "session_id": {"GA4": "ga_session_id", "Metarank": "session", "common": "visit_id"},
    "platform": {"common": "device device_type channel"},
    "locale": {"XMarket": "market marketplace", "common": "lang"},
    "text": {"GA4": "search_term", "Google": "searchQuery", "common": "query search_query keyword keywords q"},
    "answers": {
        "Personalize": "recommendationId",
        "AIRec": "trace_id",
        "Google": "attributionToken",
        "Volcano": "scm",
        "common": "request_id",
    },
}
ITEM_ALIASES: dict[str, dict[str, str]] = {
    "item_id": {**_ITEM, "common": _ITEM["common"] + " id"},
    "kind": {"AIRec": "item_type"},
    "title": {
        "Volcano": "goods_title",
        "common": "name product_name item_name product_title item_title short_title 标题 名称 商品名称",
    },
    "description": {"Gorse": "Comment", "AIRec": "content", "common": "desc summary abstract 描述"},
    "price": {"AIRec": "current_price", "common": "unit_price sale_price list_price selling_price 价格"},
    "language": {"common": "lang"},
    "since": {
        "Gorse": "Timestamp",
        "Personalize": "CREATION_TIMESTAMP",
        "AIRec": "pub_time",
        "Google": "availableTime",
        "common": "created_at published_at release_date launch_date publish_time 上架时间",
    },
    "available": {
        "Gorse": "IsHidden",
        "AIRec": "status",
        "Google": "availability",
        "Cicerone": "published in_stock",
        "common": "is_available active on_shelf",
    },
    "image": {"common": "image_url img_url picture picture_url poster_url thumbnail poster photo jpeg png 图片"},
    "audio": {"common": "audio_url sound wav 音频"},
}
USER_ALIASES: dict[str, dict[str, str]] = {"user_id": {**_USER, "common": _USER["common"] + " id"}}
LINK_ALIASES: dict[str, dict[str, str]] = {
    "user_id": {"common": "account account_id login user uid member_id client_id visitor_id device_id 账号 用户id"},
    "person_id": {"common": "person identity identity_id owner customer customer_id golden_id master_id 自然人"},
    "platform": {"common": "device device_type channel site shop store 平台"},
    "sharing": {"common": "consent share shared allowed permission opt_in 授权 同意"},
}
ALIASES = {"events": EVENT_ALIASES, "items": ITEM_ALIASES, "users": USER_ALIASES, "links": LINK_ALIASES}
CANONICAL = {"events": EVENT_COLUMNS, "items": ITEM_COLUMNS, "users": USER_COLUMNS, "links": LINK_COLUMNS}

TRANSLATED = ("en", "es", "ja", "zh")
"""Languages of reasons: a column such as brand_zh beside brand has the names of brands in one of them."""

# Attributes of the item that logs without an item table carry in every event.
CARRIED = "title description category categories category_id subcategory source_category category_code department "\
    "product_category product_type brand manufacturer_id genre genres image_url"  # fmt: skip
_CARRIED_ALIASES = {"Online Retail": "Description", "common": "name product_name item_name product_title 商品名称 标题"}

_KIND_WORDS = {
    "purchase": "buy bought purchases order ordered transaction checkout purchasecomplete paid pay sale conversion "
    "consume 购买 下单 支付",
    "cart": "addtocart addcart basket tocart cartadd viewcart shoppingcartpageview addtobasket 加购 "
    "加购物车 加入购物车",
    "favourite": "fav favorite favourites favorites collect star wishlist wish addtowishlist save 收藏",
    "like": "liked upvote thumbsup praise 点赞 喜欢",
    "share": "shared forward 分享 转发",
    "bookmark": "bookmarked",
    "comment": "commentcreated reply evaluate commented 评论",
    "follow": "followed subscribe 关注",
    "rating": "rate rated review reviewed grade score 评分 评价",
    "view": "pv viewitem detailpageview pageview read viewed visit open detail itemview productview homepageview "
    "categorypageview viewitemlist watch 浏览 曝光点击",
    "click": "clicked clk tap searchclick selectitem 点击",
    "search": "query searched viewsearchresults 搜索",
    "dwell": "stay duration play listen 停留",
    "dislike": "disliked downvote thumbsdown uncollect 不喜欢 踩",
    "cancel": "cancelled canceled cancellation refund return returned 取消 退货 退款",
    "impression": "expose exposure exposed show shown impress display displayed 曝光",
    "hide": "hidden notinterested block 隐藏",
    "not_because": "notbecause",
    "wrong_reason": "wrongreason",
}
_KIND_OF = {word: kind for kind, words in _KIND_WORDS.items() for word in (kind.replace("_", ""), *words.split())}
# Logs that number their kinds; the number means something only together with the name of its column.
_NUMBERED = {
    "behaviortype": {"1": "view", "2": "favourite", "3": "cart", "4": "purchase"},
    "actiontype": {"0": "click", "1": "cart", "2": "purchase", "3": "favourite"},
}


@dataclass(frozen=True)
class Guess:
    """Which source column stands for a canonical one, and how that was decided."""

    source: str
    how: str


def plain(name: str) -> str:
    """Return a name without case, spaces and punctuation, as names are compared."""
    return re.sub(r"[\W_]+", "", name.casefold())


def kind_of(word: str, column: str = "", given: Mapping[str, str] | None = None) -> str | None:
    """Return the kind of event that a log's word stands for, or None.

    `column` tells numbered kinds apart; `given` are the shop's own words, which go before all others.
    """
    for own, kind in (given or {}).items():
        if own.strip().casefold() == word.strip().casefold():
            return kind
    numbered = _NUMBERED.get(plain(column), {})
    return numbered.get(word.strip().removesuffix(".0")) or _KIND_OF.get(plain(word))


def recognise(name: str, role: str) -> tuple[str, str, int] | None:
    """Return (canonical, how, preference) for a source column, or None; a smaller preference wins."""
    known = plain(name)
    for canonical in CANONICAL[role]:
        if known == plain(canonical):
            return canonical, "by name", 0
    if role == "items" and re.fullmatch(r"title[_-][A-Za-z]{2}([_-][A-Za-z]{2,4})?", name):
        return name.lower().replace("-", "_"), "by name", 0
    for canonical, systems in ALIASES[role].items():
        order = 0
        for system, spellings in systems.items():
            for spelling in spellings.split():
                order += 1
                if known == plain(spelling):
                    how = f"alias of {system} {spelling}" if system != "common" else f"common alias {spelling}"
                    return canonical, how, order
    return None


def guess_mapping(names: Sequence[str], role: str, given: Mapping[str, str] | None = None) -> dict[str, Guess]:
    """Guess which column of a table is which; `given` (canonical -> source) goes before every guess.

    Raises UsageError where `given` names a column that is not there or a canonical name that does not exist.
    """
    mapping = {canonical: Guess(source, "given") for canonical, source in (given or {}).items()}
    for canonical, guess in mapping.items():
        if canonical not in CANONICAL[role] and not canonical.startswith("title_"):
            raise UsageError(
                f"Mapping: {canonical!r} is no column of {role}{nearest(canonical, CANONICAL[role])}. "
                f"Known: {', '.join(CANONICAL[role])}."
            )
        if guess.source not in names:
            raise UsageError(
                f"Mapping: the {role} have no column {guess.source!r} for {canonical}{nearest(guess.source, names)}. "
                f"Columns: {', '.join(names)}."
            )
    taken = {guess.source for guess in mapping.values()}
    best: dict[str, tuple[int, Guess]] = {}
    for name in names:
        found = recognise(name, role)
        if found is None or name in taken or found[0] in mapping:
            continue
        canonical, how, order = found
        if canonical not in best or order < best[canonical][0]:
            best[canonical] = (order, Guess(name, how))
    return mapping | {canonical: guess for canonical, (_, guess) in best.items()}


def guess_carried(names: Sequence[str]) -> dict[str, Guess]:
    """Guess which columns of an event log describe the item: (item column -> source column)."""
    carried = {}
    wanted = {plain(word): word for word in CARRIED.split()}
    titles = {plain(word): (system, word) for system, words in _CARRIED_ALIASES.items() for word in words.split()}
    for name in names:
        if plain(name) in titles and "title" not in carried:
            system, word = titles[plain(name)]
            carried["title"] = Guess(name, f"alias of {system} {word}")
        elif plain(name) in wanted:
            found = recognise(name, "items")
            carried[found[0] if found else name] = Guess(name, "carried by the events")
    return carried


def translates(name: str, names: Collection[str]) -> str | None:
    """Return the attribute whose values a column names in another language, None where it is no such column."""
    attribute, _, language = name.rpartition("_")
    return attribute if language in TRANSLATED and attribute in names else None


def unknown_kinds() -> str:
    """Return the sentence that lists the kinds for messages."""
    return (
        f"Known kinds: {', '.join(KINDS)}, and the words of other systems for them. "
        "Say what a word stands for with --kind WORD=KIND, e.g. --kind added=cart."
    )

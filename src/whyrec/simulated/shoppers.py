"""Shoppers of the simulated shop: each follows a few stories, in which one thing leads to another, and looks around.

A story is a cause (something bought, viewed, read or searched) and, days later, its effect; both are events of the log,
and `Cause` writes down which event brought which about. Between them come the shopper's other stories and idle looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from whyrec.simulated.goods import (
    COLOURS,
    DAY_S,
    DAYS,
    GRAPES,
    LANGUAGES,
    NOUNS,
    OPENS,
    SPORTS,
    TOPICS,
    Goods,
    Item,
    value_name,
)

STORIES: dict[str, tuple[str, str]] = {
    "newer model": ("phone watch headphones speaker", "purchase"),
    "laptop of the brand": ("phone", "purchase"),
    "its case": ("phone", "purchase"),
    "its lens": ("camera", "purchase"),
    "bag for the sport": ("shoes", "purchase"),
    "glass for the grape": ("wine", "purchase"),
    "book on the grape": ("wine", "purchase"),
    "next article": ("article", "view"),
    "video of the article": ("article", "view"),
}
"""Why one thing leads to another: the categories that it begins in, and the kind of event that the effect is."""
PLATFORMS = ("web", "app")
STARS = {
    "xiaoli": ("zh", ("newer model of phone", "newer model of phone", "laptop of the brand")),
    "runner": ("en", ("bag for the sport", "bag for the sport")),
    "watcher": ("es", ("newer model of watch", "newer model of watch")),
    "wine-lover": ("es", ("glass for the grape", "book on the grape")),
    "yogi": ("ja", ("next article", "video of the article")),
    "two-screens": ("en", ("its lens", "its case", "its lens", "its case")),
    "reader-zh": ("zh", ("next article", "newer model of speaker")),
    "reader-en": ("en", ("next article", "newer model of speaker")),
}
"""Shoppers of the examples: their language and their stories. xiaoli (小李) has phones of one line and is shown its
newer model and a laptop; reader-zh and reader-en have the same taste and other languages."""


TWO_ACCOUNTS = 6
"""Every so many shoppers have an account on each platform; every other one of them allows that both are used."""
APP = ".app"
"""Ends the name of the account on the app."""


@dataclass(frozen=True)
class Event:
    """One row of the log."""

    id: str
    user: str
    item: str | None
    kind: str
    at: float
    platform: str
    locale: str
    text: str | None = None


@dataclass(frozen=True)
class Cause:
    """Which events brought about an event."""

    effect: str
    causes: tuple[str, ...]
    why: str


@dataclass
class Log:
    """All that happened."""

    events: list[Event] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    users: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, user: str, item: str | None, kind: str, at: float, platform: str, text: str | None = None) -> str:
        """Write an event down; returns its id."""
        identity = f"e{len(self.events):06d}"
        at = min(at, OPENS + DAY_S * DAYS - 1)
        self.events.append(Event(identity, user, item, kind, at, platform, self.users[user]["locale"], text))
        return identity


def make(goods: Goods, n_shoppers: int, rng: np.random.Generator) -> Log:
    """Let shoppers live for a year."""
    log = Log()
    for number in range(n_shoppers):
        locale = str(rng.choice(LANGUAGES, p=(0.4, 0.3, 0.2, 0.1)))
        _live(log, goods, f"s{number:04d}", locale, _stories(rng), rng)
    for name, (locale, stories) in STARS.items():
        own = np.random.default_rng(int.from_bytes(name.split("-")[0].encode(), "big") % 2**32)
        _live(log, goods, name, locale, stories, own)
    _split_accounts(log, n_shoppers)
    return log


def _split_accounts(log: Log, n_shoppers: int) -> None:
    """Give some shoppers an account on each platform: what they did on the app is another account's."""
    sharing = {f"s{n:04d}": n % (2 * TWO_ACCOUNTS) == 0 for n in range(0, n_shoppers, TWO_ACCOUNTS)}
    sharing["two-screens"] = True
    log.users["xiaoli"]["sharing"] = "yes"  # one account on both platforms
    log.events = [
        replace(event, user=event.user + APP) if event.user in sharing and event.platform == "app" else event
        for event in log.events
    ]
    for user, allowed in sharing.items():
        person = {"person_id": user, "sharing": "yes" if allowed else "no"}
        log.users[user + APP] = {**log.users[user], **person, "platform": "app"}
        log.users[user] |= {**person, "platform": "web"}


def person(user: str) -> str:
    """Return who an account belongs to."""
    return user.removesuffix(APP)


def _stories(rng: np.random.Generator) -> tuple[str, ...]:
    """What a shopper does: mostly of one or two sorts, since tastes last."""
    taste = rng.choice(list(STORIES), 2, replace=False)
    return tuple(str(why) for why in rng.choice([*taste, *taste, *STORIES], int(rng.integers(2, 6))))


def _live(log: Log, goods: Goods, user: str, locale: str, stories: tuple[str, ...], rng: np.random.Generator) -> None:
    group = str(rng.choice(["a", "b"]))
    log.users[user] = {"locale": locale, "town": str(rng.choice(["north", "south", "west"])), "group": group}
    home = str(rng.choice(PLATFORMS))
    begin = rng.uniform(0, DAYS - 45.0)
    own: dict[str, Item] = {}
    for why in stories:
        begin = min(begin + rng.uniform(1, 30), DAYS - 25.0 + rng.uniform(0, 5))
        day = OPENS + DAY_S * begin
        _look_around(log, goods, user, day, home, rng)
        teller: Callable[..., None] = _search if rng.random() < 0.15 else _story
        teller(log, goods, user, why, day, home, own, rng)


def _story(
    log: Log, goods: Goods, user: str, why: str, day: float, home: str, own: dict[str, Item], rng: np.random.Generator
) -> None:
    """A cause, a few looks, and its effect some days later, now and then on the other platform."""
    by_id = {item.id: item for item in goods.items}
    why, _, only = why.partition(" of ") if why.startswith("newer model") else (why, "", "")
    leads = goods.leads_to[why]
    when = day + DAY_S * rng.uniform(1, 15)
    # Both must be on sale by the time that they are wanted, and a line that the shopper knows comes first.
    open_now = [by_id[one] for one in leads if by_id[one].since <= day and by_id[leads[one]].since <= when]
    open_now = [one for one in open_now if one.category in (only or STORIES[why][0]).split()]
    if not open_now:
        return
    known = own.get(why)
    same = [
        one for one in open_now if known and (one.brand, one.line, one.topic) == (known.brand, known.line, known.topic)
    ]
    first = (same or open_now)[int(rng.integers(len(same or open_now)))]
    second = by_id[leads[first.id]]
    viewed = log.add(user, first.id, "view", day, home)
    causes = [viewed]
    if first.kind == "product":
        if rng.random() < 0.3:
            causes.append(log.add(user, first.id, "cart", day + 300, home))
        causes.append(log.add(user, first.id, "purchase", day + 600, home))
    elif rng.random() < 0.2:
        causes.append(log.add(user, first.id, "favourite", day + 300, home))
    if rng.random() < 0.7:
        _look_around(log, goods, user, day + DAY_S * rng.uniform(0.1, 1), home, rng)
    platform = home if rng.random() < 0.7 else next(name for name in PLATFORMS if name != home)
    kind = STORIES[why][1]
    log.causes.append(Cause(log.add(user, second.id, kind, when, platform), tuple(causes), why))
    own[why] = second


def _search(
    log: Log, goods: Goods, user: str, why: str, day: float, home: str, own: dict[str, Item], rng: np.random.Generator
) -> None:
    """A search in the shopper's language, for a thing in a colour or on a topic, and what was found."""
    del why, own
    place = LANGUAGES.index(log.users[user]["locale"])
    wanted = [item for item in goods.items if item.since <= day and (item.topic or item.colour)]
    item = wanted[int(rng.integers(len(wanted)))]
    topic = {**SPORTS, **GRAPES, **TOPICS}.get(item.topic)
    words = [NOUNS[item.category][place], topic[place] if topic else COLOURS[item.colour][place]]
    text = " ".join([value_name("brand", item.brand, LANGUAGES[place]), *words]).strip()
    cause = log.add(user, None, "search", day, home, text)
    kind = "purchase" if item.kind == "product" else "view"
    log.causes.append(Cause(log.add(user, item.id, kind, day + 400, home), (cause,), "search"))


def _look_around(log: Log, goods: Goods, user: str, day: float, home: str, rng: np.random.Generator) -> None:
    """Views of what is on sale, the older the more popular, for no reason at all."""
    on_sale = [item for item in goods.items if item.since <= day]
    weight = 1.0 / (1.0 + np.arange(len(on_sale)) % 37)
    for n in range(int(rng.integers(0, 4))):
        item = on_sale[int(rng.choice(len(on_sale), p=weight / weight.sum()))]
        log.add(user, item.id, "view", day + 60.0 * (n + 1) + 1000, home)

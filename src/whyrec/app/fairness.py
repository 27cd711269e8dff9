"""Do prices and places depend on a group of shoppers more than chance? `whyrec audit --fairness GROUP` measures it.

The group is an attribute of the table of users, such as gender. Lists of a sample of shoppers are made as the service
makes them; of each list four numbers are taken:

    price          mean price of its items
    dear_first     rank correlation of price and nearness to the top: above 0, dear items stand first
    popularity     mean share of the shop's people who had an event with its items
    own_history    share of its items that popularity alone did not bring

A permutation test says how often the means of the groups would lie as far apart if the group were given to the shoppers
by chance (Holm's correction over the four). A small p does not say why: shoppers of a group may have bought other
things. Prices themselves are one for all, since the catalogue has one price an item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from whyrec.core.errors import UsageError, nearest
from whyrec.core.types import UNKNOWN, Bools, Floats, Ints, Recommendation

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

PERMUTATIONS = 5000
LEVEL = 0.05
SMALLEST_GROUP = 5
"""A group of fewer shoppers says nothing, and could point at somebody."""
MEASURES = ("price", "dear_first", "popularity", "own_history")


def fairness(shop: Shop, group: str, users: int = 500, seed: int = 0) -> dict[str, Any]:
    """Return the means of each group, how far they lie apart, and how often chance alone does that.

    Raises UsageError for a group that the table of users lacks, or that has not two values of enough shoppers.
    """
    people, values = _sample(shop, group, users, seed)
    rows = np.array([_numbers(shop, shop.recommend_query(shop.query(user))) for user in people])
    found = {}
    for place, name in enumerate(MEASURES):
        column = rows[:, place]
        known = np.isfinite(column)
        found[name] = _compare(column[known], values[known], seed)
    _holm(found)
    return {
        "group": group,
        "users": len(people),
        "permutations": PERMUTATIONS,
        "level": LEVEL,
        "measures": found,
        "depends": [name for name, row in found.items() if row["p_corrected"] < LEVEL],
    }


def _sample(shop: Shop, group: str, users: int, seed: int) -> tuple[list[str], Any]:
    table = shop.tables.users
    known = () if table is None else tuple(table.attributes)
    if table is None or group not in known:
        raise UsageError(
            f"Expected an attribute of the table of users, got {group!r}{nearest(group, known)}. "
            f"There are: {', '.join(known) or 'none; give one with whyrec init --users'}."
        )
    column = table.attributes[group].astype(str)
    names, counts = np.unique(column[column != UNKNOWN], return_counts=True)
    large = names[counts >= SMALLEST_GROUP]
    if len(large) < 2:
        raise UsageError(f"Expected two values of {group} with {SMALLEST_GROUP} shoppers each, got {len(large)}.")
    able = np.flatnonzero(np.isin(column, large))
    drawn = np.sort(np.random.default_rng(seed).permutation(able)[:users])
    return [str(table.users.ids[code]) for code in drawn], column[drawn]


def _numbers(shop: Shop, made: Recommendation) -> tuple[float, float, float, float]:
    if not made.items:
        return (np.nan,) * 4
    index = shop.catalog.items.index
    prices = shop.catalog.numbers.get("price")
    price = np.array([np.nan if prices is None else prices[index[item.item_id]] for item in made.items])
    known = np.flatnonzero(np.isfinite(price))
    dear = np.nan
    if len(known) > 1 and np.ptp(price[known]) > 0:
        dear = float(stats.spearmanr(price[known], -known).statistic)
    popularity = [shop.crowd.n(item.item_id) / max(1, len(shop.tables.events.users)) for item in made.items]
    own = [item.sources[:1] != ("popular",) for item in made.items]
    mean_price = float(price[known].mean()) if len(known) else np.nan
    return mean_price, dear, float(np.mean(popularity)), float(np.mean(own))


def _compare(column: Floats, values: Any, seed: int) -> dict[str, Any]:
    """Between-group sum of squares, and its share of permutations that are as large."""
    names, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    means = {str(name): float(column[codes == n].mean()) for n, name in enumerate(names)}
    p = 1.0
    if len(names) > 1 and len(column) and np.ptp(column) > 0:
        rng = np.random.default_rng(seed)
        real = _apart(column, codes, counts)
        as_far = sum(_apart(rng.permutation(column), codes, counts) >= real - 1e-12 for _ in range(PERMUTATIONS))
        p = (1 + as_far) / (1 + PERMUTATIONS)
    apart = max(means.values()) - min(means.values()) if means else 0.0
    sizes = dict(zip([str(name) for name in names], counts.tolist(), strict=True))
    return {"means": means, "shoppers": sizes, "apart": apart, "p": float(p)}


def _apart(column: Floats, codes: Ints | Bools, counts: Ints) -> float:
    return float(np.sum(np.bincount(codes, column) ** 2 / counts))


def _holm(found: dict[str, dict[str, Any]]) -> None:
    order = sorted(found, key=lambda name: float(found[name]["p"]))
    worst = 0.0
    for place, name in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - place) * found[name]["p"]))
        found[name]["p_corrected"] = worst

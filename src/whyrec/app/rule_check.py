"""Whether the rules of whyrec.toml fit the catalogue: attributes, values and items that it lacks, with the nearest.

rule       where it stands in [rules], with its scenario
severity   error: the service does not start with it; warning: it does nothing
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from whyrec.core.config import scenario_rules
from whyrec.core.errors import FilterError, nearest
from whyrec.core.rules import RuleSettings
from whyrec.rank import masks, order

if TYPE_CHECKING:
    from whyrec.app.shop import Shop
    from whyrec.core.types import Catalog


def findings(shop: Shop) -> list[dict[str, Any]]:
    """Return what does not fit, errors first."""
    rules, found = shop.settings.rules, list[dict[str, Any]]()
    for scenario in ("", *rules.scenario):
        where = f"rules.scenario.{scenario}" if scenario else "rules"
        own = scenario_rules(rules, scenario) if scenario else rules
        for severity, said in _of(own, shop.catalog):
            one = {"rule": where, "severity": severity, "said": said}
            if not any(said == other["said"] for other in found):  # a scenario's rules hold the others too
                found.append(one)
    return sorted(found, key=lambda one: str(one["severity"]))


def _of(rules: RuleSettings, catalog: Catalog) -> Iterator[tuple[str, str]]:
    try:
        order.known(rules, catalog)
    except FilterError as error:
        yield "error", str(error)
        return
    for text in [*(boost.where for boost in rules.boosts), *(slot.where for slot in rules.sponsored if slot.where)]:
        for hint in masks.absent(catalog, text):
            yield "warning", f"{text}: {hint}."
    named = [*(pin.item for pin in rules.pins), *(item for slot in rules.sponsored for item in slot.items)]
    for item in dict.fromkeys(named):
        if item not in catalog.items.index:
            near = nearest(item, [str(one) for one in catalog.items.ids[:5000]])
            yield "warning", f"the catalogue has no item {item!r}{near}."

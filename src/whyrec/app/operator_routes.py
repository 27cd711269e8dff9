"""The calls of operators and auditors: what became of lists, and what the service did by itself."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from whyrec.app import replies, request_parts
from whyrec.app.shop import Shop
from whyrec.core.errors import UsageError
from whyrec.store import ledger

Days = Annotated[float, Query(gt=0, le=3650, allow_inf_nan=False, description="How many days back.")]

Attribute = Annotated[request_parts.Attribute, Query(description="Attribute of the table of users.")]
Users = Annotated[int, Query(ge=2, le=5000, description="Shoppers to draw at most.")]
Seed = Annotated[int, Query(ge=0, le=2**31, description="Which shoppers are drawn, and the permutations.")]


def add(router: APIRouter, shop: Shop, missing: dict[int | str, dict[str, Any]]) -> None:
    """Add the calls of operators and auditors; `missing` describes a 404."""

    @router.get("/stats", tags=["operation"])
    def statistics(days: Days = 30.0) -> replies.Statistics:
        """Say what became of lists: click-through (as it is, and corrected for the place), conversion, satisfaction."""
        found: dict[str, Any] = shop.stats(days)
        return replies.Statistics.model_validate(found)

    @router.get("/jobs", tags=["operation"])
    def jobs() -> replies.Jobs:
        """Return what the service did by itself, newest first, and why a snapshot was promoted or not."""
        return replies.Jobs.model_validate({"jobs": ledger.newest(shop.store)})

    @router.get("/fairness", responses=missing, tags=["operation"])
    def fairness(group: Attribute, users: Users = 200, seed: Seed = 0) -> replies.Fairness:
        """Test whether prices and places of lists depend on an attribute of the table of users more than chance."""
        try:
            return replies.Fairness.model_validate(shop.fairness(group, users, seed))
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

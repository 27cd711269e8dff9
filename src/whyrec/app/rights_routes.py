"""The calls that serve a shopper's rights: see, change, delete a tag, take along."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, HTTPException, Query

from whyrec.app import access, replies, request_parts, requests
from whyrec.app.shop import Shop
from whyrec.core.errors import UsageError

UserId = Annotated[request_parts.Id, Query(description="Id of the shopper; it may hold any character.")]
Tag = Annotated[requests.Group, Query(description="attribute=value, as the profile shows it.")]
Source = Annotated[requests.TagSource, Query(description="events: what they did; users: the table of users.")]


Faults: TypeAlias = dict[int | str, dict[str, Any]]


def add(router: APIRouter, shop: Shop, missing: Faults, erased: Faults) -> None:
    """Add the calls of the shopper's rights; `missing` describes a 404, `erased` a 410."""

    @router.get("/profile", tags=["rights"])
    def profile(user_id: UserId) -> replies.Profile:
        """Return what is known and inferred of a shopper, each with where it comes from, and what they said."""
        access.own(user_id)
        return replies.Profile.model_validate(shop.profile(user_id))

    @router.put("/preferences", responses=erased, tags=["rights"])
    def preferences(said: requests.PreferencesIn) -> replies.PreferencesKept:
        """Switch personalisation or sharing over platforms on or off, or say that the shopper is a minor.

        With personalisation off, and for a minor, nothing of the shopper is used: the list is everybody's. What is left
        out stays as it is. Only the shop's back end may say who is a minor.
        """
        access.own(said.user_id)
        if said.minor is not None and access.CALLER.get().role == "shopper":
            raise HTTPException(403, "Expected a key of the back end to say who is a minor, got a shopper's token.")
        given = said.model_dump(exclude={"user_id"})
        return replies.PreferencesKept.model_validate(shop.set_preferences(said.user_id, **given))

    @router.delete("/profile/tags", responses=missing, tags=["rights"])
    def forget(user_id: UserId, tag: Tag, source: Source = "events") -> replies.FeedbackKept:
        """Delete a tag: nothing that led to it until now is used any more, in lists or in learning.

        Later events may lead to it again; to stop that too, hide the group or say "not because of this" to it.
        """
        access.own(user_id)
        try:
            return replies.FeedbackKept.model_validate(shop.forget(user_id, tag, source))
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

    @router.get("/export", tags=["rights"])
    def export(user_id: UserId) -> replies.Export:
        """Return everything that is kept about a shopper: profile, log, live events, lists that were given."""
        access.own(user_id)
        return replies.Export.model_validate(shop.export(user_id))

    @router.post("/erase", tags=["rights"])
    def erase(who: requests.EraseIn) -> replies.Receipt:
        """Erase a shopper for good: events, lists, explanations, rows of the log; returns the receipt.

        Their id stays on a list of keyed hashes, so that later events, imports and backups bring nothing back. Models
        forget them with the next training; snapshots that may have learned from them can no longer go live.
        """
        access.own(who.user_id)
        return replies.Receipt.model_validate(shop.erase(who.user_id))

"""The calls of the JSON API. Each says in its docstring what it does, since OpenAPI shows that text.

They are plain functions, which the framework runs in threads: model and store block. Lists have a thread of their own
and come one after the other. A list and its reasons come from one snapshot, also where a new one goes live meanwhile.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
import numpy as np
from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from whyrec.app import (
    access,
    answers,
    audit,
    goods,
    lines,
    operator_routes,
    replies,
    request_parts,
    requests,
    rights_routes,
    rule_requests,
)
from whyrec.app.folder import Live
from whyrec.app.shop import Shop
from whyrec.core.errors import ErasedError, nearest
from whyrec.core.types import Item, Recommendation
from whyrec.rank import rules
from whyrec.store.records import query_to_json

ListId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of a list.")]
ItemId = Annotated[request_parts.Id, Query(description="Id of an item; it may hold any character.")]
FAULTS: dict[int | str, dict[str, Any]] = {
    400: {"model": replies.FaultAnswer, "description": "The body is not JSON."},
    401: {"model": replies.FaultAnswer, "description": "There are keys, and none that holds was presented."},
    403: {"model": replies.FaultAnswer, "description": "The role of the key, or the shopper of the token, may not."},
    413: {"model": replies.FaultAnswer, "description": "The body is too large."},
    422: {"model": replies.FaultAnswer, "description": "The request says something that cannot be."},
    429: {"model": replies.FaultAnswer, "description": "Too many requests; Retry-After says when to come again."},
    503: {"model": replies.FaultAnswer, "description": "The store or the snapshot cannot be used now; try again."},
}
FUTURE: dict[int | str, dict[str, Any]] = {
    409: {"model": replies.FaultAnswer, "description": "A time is later than the shop's clock."}
}
ERASED: dict[int | str, dict[str, Any]] = {
    410: {"model": replies.FaultAnswer, "description": "The shopper was erased; nothing of them is kept."}
}
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": replies.FaultAnswer, "description": "There is no such thing."}
}
LISTS_AT_ONCE = 1
"""Python computes one list at a time: a second thread makes none sooner, and both later. The others wait in line."""
LISTS_AT_ONCE_AWAY = 8
"""The same where lists also wait for a database on the network."""
_AS_SAID = (
    "n", "scenario", "context", "relation", "text", "locale", "platform", "personalised", "exclude", "where",
)  # fmt: skip
"""Fields of a request that are taken as they are."""
PICTURE: dict[str, Any] = {"description": "The picture.", "content": {"image/*": {"schema": {"type": "string"}}}}
PICTURE_HEADERS = {
    "cache-control": "public, max-age=3600",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
}


def make_routes(shop: Shop) -> APIRouter:
    """Return all calls under /v1 for a shop."""
    router = APIRouter(prefix="/v1", responses=FAULTS)
    _add_lists(router, shop)
    _add_stored(router, shop)
    _add_feedback(router, shop)
    _add_items(router, shop)
    _add_tokens(router, shop)
    rights_routes.add(router, shop, MISSING, ERASED)
    operator_routes.add(router, shop, MISSING)
    return router


def _add_tokens(router: APIRouter, shop: Shop) -> None:
    @router.post("/tokens", tags=["access"])
    def token(request: requests.TokenRequest) -> replies.Token:
        """Make a short-lived token with which a page speaks for this shopper and for nobody else."""
        until = time.time() + 60 * (request.minutes or shop.settings.access.token_minutes)
        made = access.make_token(shop.secret, request.user_id, until, access.CALLER.get().key)
        return replies.Token(token=made, user_id=request.user_id, expires_at=until)


def _add_lists(router: APIRouter, shop: Shop) -> None:
    local = shop.store.engine.dialect.name == "sqlite"
    turns = anyio.CapacityLimiter(LISTS_AT_ONCE if local else LISTS_AT_ONCE_AWAY)

    async def in_turn(make: Callable[[], Response]) -> Response:
        return await anyio.to_thread.run_sync(make, limiter=turns)

    @router.post("/recommendations", responses={**FUTURE, **MISSING}, response_model=replies.Listed, tags=["lists"])
    async def recommend(request: requests.ListRequest) -> Response:
        """Recommend items, each with its largest reason. The list is kept under its id."""
        asked: dict[str, Any] = {name: getattr(request, name) for name in _AS_SAID}
        asked |= {"only": rule_requests.only(request.only), "rules": rule_requests.rules(request.rules)}
        if request.rules is not None:
            access.not_a_shopper("rules")
        past = request.history
        history = None if past is None else [None if e is None else (e.item_id, e.kind, e.at) for e in past]
        made = partial(_listed, shop, request.explain, user=request.user_id, history=history, **asked)
        # Whole explanations take their time, and no other list shall wait for them.
        return await (run_in_threadpool(made) if request.explain else in_turn(made))

    @router.get("/related", responses=MISSING, response_model=replies.Listed, tags=["lists"])
    async def related(
        item_id: ItemId,
        relation: requests.Relation | None = None,
        n: request_parts.Length | None = None,
        locale: request_parts.Locale | None = None,
        where: rule_requests.Where | None = None,
    ) -> Response:
        """Recommend items that go with this one, whoever asks. The list is kept under its id."""
        asked = {"context": (item_id,), "relation": relation, "n": n, "locale": locale, "where": where}
        return await in_turn(partial(_listed, shop, False, scenario="related", **asked))


def _listed(shop: Shop, whole: bool, **asked: Any) -> Response:
    """Make and keep a list; answered as it is, since to check the shape of what was made here takes longer."""
    if asked.get("user") is not None:
        access.own(asked["user"])
    shop.refresh()
    made = shop.recommend_query(shop.query(**asked))
    answer = answers.list_answer(shop, made)
    if whole:
        places = {place["item_id"]: place for place in answer["items"]}
        for found in shop.explain_page(made.query, made):
            places[found.item_id]["explanation"] = _explained(shop, made, found)
    owner = shop.known_as(asked.get("user") or access.CALLER.get().user)
    shown = [place["part"] or "none" for place in answer["items"]]
    shop.store.save_recommendation(made, wait=False, owner=owner, shown=shown)  # a list is not held up by the disk
    return JSONResponse(answer)


def _explained(shop: Shop, made: Recommendation, found: Any) -> dict[str, Any]:
    live, place = shop.snapshot(made.snapshot), _place(made, found.item_id)
    texts = [shop.speech.say(found, made.query, long=long, live=live, place=place).text for long in (False, True)]
    return answers.explanation_answer(found, *texts)


def _place(made: Recommendation, item_id: str) -> Item | None:
    return next((item for item in made.items if item.item_id == item_id), None)


def _stored(shop: Shop, list_id: str) -> Recommendation:
    made, owner = shop.store.owned_recommendation(list_id)
    if made is None or not access.may_read(made, owner, shop.known_as):
        raise HTTPException(404, f"Expected the id of a list that was given, got {list_id!r}. It may have been erased.")
    return made


def _knowing(shop: Shop, made: Recommendation, *item_ids: str) -> Live:
    """The snapshot that made a list, which must know these items."""
    live = shop.snapshot(made.snapshot)
    for item_id in item_ids:
        if item_id not in live.model.items.index:
            raise HTTPException(
                404,
                f"Expected an item that the snapshot of the list knows, got {item_id!r}. It was added later or does "
                "not exist; after the next training a new list can be explained with it.",
            )
    return live


def _places(made: Recommendation) -> list[replies.StoredPlace]:
    return [
        replies.StoredPlace(
            item_id=place.item_id,
            score=place.score,
            points=place.points,
            sources=list(place.sources),
            label=place.label,
            trace=list(place.trace),
            touches=[replies.Touched(**asdict(touch)) for touch in place.touches],
        )
        for place in made.items
    ]


def _add_stored(router: APIRouter, shop: Shop) -> None:
    @router.get("/recommendations/{list_id}", responses=MISSING, tags=["lists"])
    def stored(list_id: ListId) -> replies.Stored:
        """Return a list as it was given, with its resolved query and the trace of every item."""
        made = _stored(shop, list_id)
        return replies.Stored(
            id=made.id,
            snapshot=made.snapshot,
            catalog=made.catalog,
            settings=made.settings,
            query=json.loads(query_to_json(made.query)),
            items=_places(made),
        )

    @router.get("/recommendations/{list_id}/explanation", responses=MISSING, tags=["lists"])
    def explanation(
        list_id: ListId,
        item_id: ItemId,
        locale: request_parts.Locale | None = None,
        method: requests.Method | None = None,
        search: requests.Search | None = None,
        attention: requests.WithAttention = False,
    ) -> replies.Explained:
        """Explain an item of a list, or why another item is not on it, on the snapshot that made the list."""
        made = _stored(shop, list_id)
        live = _knowing(shop, made, item_id)
        (found,) = shop.explain_items(made.query, [item_id], live=live, method=method, search=search)
        place = next((n for n, item in enumerate(made.items, start=1) if item.item_id == item_id), None)
        fell_by = rules.fallen_by(made.query, item_id, live.model.items, shop.catalog, shop.repeats)
        tell = partial(shop.speech.say, found, made.query, locale, live=live, place=_place(made, item_id))
        texts = [tell(long=long).text for long in (False, True)]
        made_of = answers.attributes_answer(shop.attributes(made.query, item_id, live), made.query)
        looked = audit.attention(shop, live, made.query, found) if attention else None
        return replies.Explained(
            **answers.explanation_answer(found, *texts),
            attributes=[replies.ItemAttribute.model_validate(one) for one in made_of],
            snapshot=made.snapshot,
            place=place,
            fell_by=fell_by,
            attention=None if looked is None else replies.Attention.model_validate(looked),
        )

    @router.get("/recommendations/{list_id}/why", responses=MISSING, tags=["lists"])
    def why(list_id: ListId, item_id: ItemId, locale: request_parts.Locale | None = None) -> replies.Why:
        """Say why an item is on the list as the shop's panel shows it: sentences, shares, and a mark for each event."""
        made = _stored(shop, list_id)
        live = _knowing(shop, made, item_id)
        (found,) = shop.explain_items(made.query, [item_id], live=live)
        return replies.Why.model_validate(answers.why_answer(shop, made, found, locale))

    @router.get("/recommendations/{list_id}/trace", responses=MISSING, tags=["lists"])
    def trace(list_id: ListId, item_id: ItemId | None = None) -> replies.Traced:
        """Say why a list is as it is: what each filter took, which rules were followed; and why an item is not on it.

        The steps are those of the snapshot that made the list, on the catalogue as it is now.
        """
        made = _stored(shop, list_id)
        shop.store.refresh()
        return replies.Traced.model_validate(answers.trace_answer(shop, made, item_id))

    @router.get("/recommendations/{list_id}/contrast", responses=MISSING, tags=["lists"])
    def contrast(list_id: ListId, item_id: ItemId, other_id: ItemId) -> replies.Contrasted:
        """Say why one item stands before another, on the snapshot that made the list; the parts add up."""
        made = _stored(shop, list_id)
        live = _knowing(shop, made, item_id, other_id)
        found = shop.contrast(made.query, item_id, other_id, live=live)
        return replies.Contrasted(**answers.contrast_answer(found), snapshot=made.snapshot)

    @router.post("/recommendations/{list_id}/replay", responses=MISSING, tags=["lists"])
    def replay(list_id: ListId) -> replies.Replayed:
        """Run the stored query again on the snapshot that made the list, and say whether the same list comes out."""
        made = _stored(shop, list_id)
        again = shop.recommend_query(made.query, live=shop.snapshot(made.snapshot))
        changed = shop.changed_since(made)
        return replies.Replayed(id=made.id, same=again.items == made.items, changed=changed, items=_places(again))


def _add_feedback(router: APIRouter, shop: Shop) -> None:
    @router.post("/events", responses=FUTURE, tags=["events"])
    def events(batch: requests.EventsIn) -> replies.EventsKept:
        """Keep a batch of events. The answer comes when they are on the disk; the next list follows them."""
        for user in {event.user_id for event in batch.events}:
            access.own(user)
        kept = shop.add_events([event.model_dump(exclude_none=True) for event in batch.events])
        return replies.EventsKept(
            accepted=kept.accepted,
            duplicates=kept.duplicates,
            event_ids=list(kept.event_ids),
            suppressed=kept.suppressed,
        )

    @router.post("/feedback", responses={**MISSING, **ERASED}, tags=["events"])
    def feedback(said: requests.FeedbackIn) -> replies.FeedbackKept:
        """Keep what a shopper says about an item or a reason, or undo it. The next list follows it."""
        access.own(said.user_id)
        if said.kind == "undo":
            name = said.feedback_id or ""
            if not shop.undo(said.user_id, name):
                raise HTTPException(404, f"Expected the id of feedback of this shopper, got {name!r}.")
            return replies.FeedbackKept(feedback_id=name, accepted=True)
        row = said.model_dump(include={"user_id", "kind", "item_id", "answers", "position"}, exclude_none=True)
        if said.helpful is not None:
            row["value"] = float(said.helpful)
        name = said.feedback_id or uuid.uuid4().hex
        reference = _reference(shop, said)
        kept = shop.add_events([{**row, "event_id": name, **reference}])
        if kept.suppressed:
            raise ErasedError()
        return replies.FeedbackKept(feedback_id=name, accepted=kept.accepted == 1)


def _reference(shop: Shop, said: requests.FeedbackIn) -> dict[str, str]:
    """Check which events or which group is meant, and return it as the store keeps it."""
    if said.event_ids is not None:
        known = set(shop.query(said.user_id).history.event_id)
        unknown = [name for name in said.event_ids if name not in known]
        if unknown:
            raise HTTPException(404, f"Expected ids of events of this shopper, got {unknown[0]!r}.")
        return {"reference": json.dumps({"event_ids": said.event_ids})}
    if said.group is not None:
        attribute, value = said.group.split("=", 1)
        known_attributes = shop.catalog.categories
        if attribute not in known_attributes:
            raise HTTPException(
                404,
                f"group: expected attribute=value with an attribute of the catalogue, got {attribute!r}"
                f"{nearest(attribute, known_attributes)}. For another kind of group send its event_ids.",
            )
        return {"reference": json.dumps({"group": [attribute, value]})}
    return {}


def _add_items(router: APIRouter, shop: Shop) -> None:
    def put(documents: list[dict[str, Any]], whole: bool = False) -> replies.ItemsKept:
        shop.store.put_items(documents, time.time(), whole=whole)
        return replies.ItemsKept(changed=len(documents), catalog=shop.catalog.version)

    def require(item_id: str) -> int:
        shop.refresh()
        code = shop.catalog.items.index.get(item_id)
        if code is None:
            raise HTTPException(404, f"Expected an item of the catalogue, got {item_id!r}. POST /v1/items makes one.")
        return code

    @router.post("/items", tags=["items"], openapi_extra=lines.DESCRIBED)
    def change_items(batch: requests.ItemsIn) -> replies.ItemsKept:
        """Create or change items; fields that are left out stay as they are. All are kept or none.

        Thousands in one call: as {"items": [...]}, or as JSON lines (application/x-ndjson), one item a line. Stock,
        price and availability count in the very next list.
        """
        return put([item.model_dump(exclude_unset=True) for item in batch.items])

    @router.put("/items", tags=["items"])
    def replace_item(item_id: ItemId, fields: requests.ItemFields) -> replies.ItemsKept:
        """Create an item or replace all that is known of it; fields that are left out become unknown."""
        return put([{**fields.model_dump(), "item_id": item_id}], whole=True)

    @router.patch("/items", responses=MISSING, tags=["items"])
    def change_item(item_id: ItemId, fields: requests.ItemFields) -> replies.ItemsKept:
        """Change fields of one item; `{"available": true}` puts it back on the shelf."""
        require(item_id)
        return put([{**fields.model_dump(exclude_unset=True), "item_id": item_id}])

    @router.delete("/items", responses=MISSING, tags=["items"])
    def take_off_the_shelf(item_id: ItemId) -> replies.ItemsKept:
        """Take an item off the shelf: it is gone from the next list. What it taught the model stays."""
        require(item_id)
        return put([{"item_id": item_id, "available": False}])

    @router.get("/items/picture", responses={**MISSING, 200: PICTURE}, response_class=Response, tags=["items"])
    def picture(item_id: ItemId) -> Response:
        """Return the picture of an item, as the shop gave it."""
        require(item_id)
        found = goods.picture(shop, item_id)
        if found is None:
            raise HTTPException(404, f"Expected an item with a picture, got {item_id!r}, which has none.")
        data, media_type = found
        return Response(data, media_type=media_type, headers=PICTURE_HEADERS)

    @router.get("/items", responses=MISSING, tags=["items"])
    def item(item_id: ItemId, locale: request_parts.Locale | None = None) -> replies.ItemOut:
        """Return an item as the catalogue has it now."""
        code = require(item_id)
        catalog = shop.catalog
        return replies.ItemOut(
            item_id=item_id,
            title=catalog.title(item_id, locale or shop.settings.shop.locale),
            kind=shop.speech.kind(item_id),
            price=goods.price(catalog, item_id, shop.settings.shop.currency, locale or shop.settings.shop.locale),
            categories={name: list(column[code]) for name, column in catalog.categories.items()},
            numbers={name: float(c[code]) for name, c in catalog.numbers.items() if not np.isnan(c[code])},
            stock=None if catalog.stock is None or np.isnan(catalog.stock[code]) else int(catalog.stock[code]),
            available=(catalog.available is None or bool(catalog.available[code]))
            and not (catalog.stock is not None and catalog.stock[code] <= 0),
            learned=item_id in shop.live.model.items.index,
        )

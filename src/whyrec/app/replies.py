"""Answers of the JSON API, as OpenAPI shows them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class Because(BaseModel):
    """One cause and what the score loses without it."""

    kind: str = Field(description="event, item, group, search, context or popularity.")
    reference: str = Field(description="Item id, or attribute=value for a group.")
    event_id: str | None
    event_ids: list[str]
    weight: float
    error: float | None = Field(None, description="Standard error of the weight, where it was estimated (shapley).")
    at: float | None


class ValueEvent(BaseModel):
    """What one event gives to a value of the item."""

    event_ids: list[str] = Field(description="Empty for an item on the page.")
    weight: float


class ItemValue(BaseModel):
    """A value of the item, such as a brand, and what it gives to the score."""

    value: str
    weight: float
    events: list[ValueEvent]


class ItemAttribute(BaseModel):
    """What an attribute of the item gives to its score."""

    attribute: str
    weight: float
    mean: float = Field(description="What it gives to an item of the catalogue in the mean.")
    loses: float = Field(description="What the score loses with that mean in its place.")
    values: list[ItemValue]


class Looked(BaseModel):
    """How much a model looks at an event."""

    event_id: str
    weight: float = Field(description="Mean over heads; over all events they add up to 1, or to less.")


class Attention(BaseModel):
    """Where the model looks: a picture and no reason, with what its order is worth beside that of the reasons."""

    kind: Literal["self", "cross"] = Field(description="Of the newest event (self), or of a query of its own (cross).")
    scale: str = Field(description="What the measures are of: score, or probability.")
    events: list[Looked]
    measures: dict[str, dict[str, float | None]] = Field(
        description="Of the order by attention and of the reasons: DEL@1 and so on, lower is better but for INS."
    )


class Contrasted(BaseModel):
    """Why one item and not another: empty + the weights of reasons = difference."""

    item_id: str
    other_id: str
    method: str = Field(description="exact, or shapley where the model is no sum over events.")
    difference: float = Field(description="Score of the item less that of the other.")
    empty: float = Field(description="The same with nothing known of the shopper.")
    reasons: list[Because] = Field(description="What speaks for the item comes first, what speaks for the other last.")
    error: float = Field(description="Largest standard error of a weight; 0 where exact.")
    snapshot: str


class WhatIf(BaseModel):
    """Events that were removed, and the ranks measured before and after."""

    remove: list[str]
    rank_before: int
    rank_after: int


class EventSet(WhatIf):
    """A set of events, also by slot of the history."""

    slots: list[int]


class Explained(BaseModel):
    """Why an item: empty_score + the weights of reasons + gap = score."""

    item_id: str
    score: float
    empty_score: float
    gap: float
    method: str
    reasons: list[Because]
    groups: list[Because]
    necessary: EventSet | None
    sufficient: EventSet | None
    members: dict[str, float]
    counterfactual: WhatIf | None
    text: str
    text_long: str = Field(description="With what members gave, groups of events, and the events that alone keep it.")
    snapshot: str | None = None
    place: int | None = Field(None, description="Place on the stored list; null where it was not on it.")
    attributes: list[ItemAttribute] = Field([], description="Of models that are sums over what an item is made of.")
    fell_by: str | None = Field(None, description="The filter that keeps the item off the list; null where none does.")
    attention: Attention | None = Field(None, description="Where it was asked for and the model has attention.")


class PanelShare(BaseModel):
    """One part of the score; `percent` is null where a part lowers it, then bars around zero are drawn."""

    part: str = Field(description="Colour: bought, order, content, explore, popular.")
    label: str
    weight: float
    percent: int | None


class PanelMark(BaseModel):
    """One event in time and what it adds."""

    at: float
    name: str
    weight: float
    small: bool = Field(description="Hardly any effect: under 3 % of the largest.")


class PanelReason(BaseModel):
    """One reason in words, with the events that "not because of this" takes away."""

    text: str
    weight: float
    percent: int | None
    event_ids: list[str]


class Why(BaseModel):
    """What the shop's panel says of one item; every number of it was measured on the snapshot that made the list."""

    item_id: str
    title: str
    language: str
    time_zone: str
    timed: bool = Field(description="False where the log has no times: then there is no time line.")
    main: str
    shares: list[PanelShare]
    marks: list[PanelMark]
    reasons: list[PanelReason]
    covers: str | None = Field(description="How much of the score the reasons are; null where a share means nothing.")
    checked: str | None = Field(description="A statement that was run again and held; null where there is none.")


class Touched(BaseModel):
    """What one rule did to an item."""

    rule: str = Field(description="boost, freshness, diversity, cap, pin or sponsored.")
    name: str = Field(description="What the shop calls the rule, or what it says.")
    before: int | None = Field(description="Place before the rule; null where it was not among the candidates.")
    after: int | None
    points: float | None = Field(None, description="What a boost or freshness gave.")


class Taken(BaseModel):
    """What a filter took out of the items that those before it left."""

    filter: str
    items: int
    hints: list[str] = Field(description="Values of the filter that no item has, with the nearest that some item has.")


class Place(BaseModel):
    """One item of a list."""

    item_id: str
    title: str
    kind: str = Field(description="product, article or video.")
    price: str | None = Field(description="In the shop's currency, as the reader's language writes it.")
    picture: bool = Field(description="Whether /v1/items/picture has one.")
    part: str = Field(description="What moves its score most, as a colour: bought, order, content, explore, popular.")
    score: float
    sources: list[str] = Field(description="What recalled the item, such as history, together, popular or new.")
    reason: str | None = Field(description="The largest measured reason in one line; null for an item not yet learned.")
    facts: list[dict[str, Any]] = Field([], description="What the scenario says beside it, as numbers; see docs/tour.")
    explanation: Explained | None = None
    label: str | None = Field(None, description="Only on a sponsored place: its label, which may be empty.")
    points: float | None = Field(None, description="What boosts and freshness gave beside the score, where they did.")
    touches: list[Touched] | None = Field(None, description="What rules did to the item, where they did.")


class Listed(BaseModel):
    """A list, kept under its id."""

    id: str
    snapshot: str
    personalised: bool = Field(description="False where nothing of the shopper was used.")
    mix: str | None = Field(None, description="How parts of the model were mixed for the shopper, where they were.")
    items: list[Place]
    filtered: list[Taken] | None = Field(None, description="Where items are fewer than asked for: what filters took.")
    note: str | None = Field(None, description="The same in words, where nothing is left.")


class StoredPlace(BaseModel):
    """One item of a stored list, with the stages that it went through."""

    item_id: str
    score: float
    points: float = 0.0
    sources: list[str]
    label: str | None = None
    trace: list[str]
    touches: list[Touched] = []


class Stored(BaseModel):
    """A list as it was given, with the resolved query that it depends on."""

    id: str
    snapshot: str
    catalog: str
    settings: str
    query: dict[str, Any]
    items: list[StoredPlace]


class Replayed(BaseModel):
    """The stored query run again on the snapshot that made the list."""

    id: str
    same: bool = Field(description="Whether the list came out the same, scores included.")
    changed: list[str] = Field(description="What changed since then: catalog, settings.")
    items: list[StoredPlace]


class Off(BaseModel):
    """One item and the list: where it stands, or the first thing that kept it off."""

    item_id: str
    place: int | None
    fell_by: list[str] = Field(description="Every filter that takes it out, the first one first.")
    rule: Touched | None = Field(description="What a rule did to keep it off.")
    score: float | None = Field(description="Null where the snapshot does not know the item.")
    points: float
    rank: int | None = Field(description="Place by score alone among all that the filters leave.")
    rank_with_points: int | None = Field(description="The same with boosts and freshness.")
    lacks: float | None = Field(description="Points to the last item that its score brought to the list.")
    verdict: str


class Traced(BaseModel):
    """The way from all items of the snapshot to the list."""

    id: str
    snapshot: str
    changed: list[str] = Field(description="What changed since the list was made: catalog, settings.")
    n_items: int = Field(description="Items of the snapshot.")
    filtered: list[Taken]
    n_left: int
    rules: list[str] = Field(description="Rules that were followed, in their order.")
    items: list[StoredPlace]
    item: Off | None


class EventsKept(BaseModel):
    """What became of a batch; it is on the disk."""

    accepted: int
    duplicates: int = Field(description="Events whose event_id was there already.")
    event_ids: list[str]
    suppressed: int = Field(0, description="Events of people who were erased; not kept.")


class FeedbackKept(BaseModel):
    """What became of it; the next list follows it."""

    feedback_id: str
    accepted: bool = Field(description="False where it was there already.")


class PreferencesKept(FeedbackKept):
    """What holds for the shopper now; `feedback_id` undoes the change."""

    personalised: bool
    sharing: bool
    minor: bool
    profiled: bool = Field(description="Whether lists depend on the shopper: personalised, and not a minor.")


class ProfileTag(BaseModel):
    """Something known or inferred of a shopper."""

    tag: str = Field(description="attribute=value.")
    attribute: str
    value: str
    source: str = Field(description="events: inferred from so many of them; users: the table of users says so.")
    events: int
    kinds: dict[str, int]
    first_at: float | None
    last_at: float | None


class ProfileEvents(BaseModel):
    """How many events are kept, and of which time."""

    n: int
    imported: int = Field(description="Of them in the imported log; the others are live.")
    kinds: dict[str, int]
    first_at: float | None
    last_at: float | None


class SaidThing(BaseModel):
    """Something that the shopper said; `undo` with its feedback_id takes it back."""

    feedback_id: str
    kind: str
    at: float
    item_id: str | None
    event_ids: list[str]
    group: str | None = Field(description="attribute=value: of a hidden group, a switched-off reason, a deleted tag.")
    preferences: dict[str, bool]
    value: float | None


class Profile(BaseModel):
    """What is known and inferred of a shopper. While they are not profiled nothing is inferred from events."""

    user_id: str
    personalised: bool
    sharing: bool
    minor: bool
    profiled: bool
    events: ProfileEvents
    tags: list[ProfileTag]
    more_tags: int = Field(description="Tags that are left out here, the rarest.")
    said: list[SaidThing]


class Export(BaseModel):
    """Everything that is kept about a shopper."""

    profile: Profile
    users: dict[str, str] = Field(description="What the table of users says.")
    log: list[dict[str, Any]] = Field(description="Rows of the imported log.")
    events: list[dict[str, Any]] = Field(description="Live events, undone ones too.")
    lists: list[dict[str, Any]] = Field(description="Lists that were given.")


class Measures(BaseModel):
    """What became of items that were shown; null where there is nothing to divide by."""

    impressions: int
    clicks: int
    click_through: float | None
    corrected_click_through: float | None = Field(description="As if every place were looked at like the best one.")
    purchases: int
    conversion: float | None = Field(description="Purchases by click.")
    ratings: int
    satisfaction: float | None = Field(description="Share of ratings of reasons that say helpful.")
    wrong_reasons: int
    rejected: int = Field(description="Hidden or disliked.")


class Statistics(Measures):
    """What became of lists, whole and by group."""

    days: float
    lists: int
    based_on: str = Field(description="impressions where the shop sends them, else all that was listed.")
    looked_at: list[float] = Field(description="How likely each place is looked at, the best one 1.")
    by_scenario: dict[str, Measures]
    by_model: dict[str, Measures]
    by_source: dict[str, Measures]
    by_reason: dict[str, Measures]
    by_mix: dict[str, Measures] = Field(description="As trained, or how parts of the model were mixed ([adapt] on).")


class Job(BaseModel):
    """Something that the service did by itself."""

    id: str
    kind: str
    state: str = Field(description="running, promoted, kept or failed.")
    started_at: float
    ended_at: float | None
    reason: str | None
    found: dict[str, Any] = Field(description="The snapshot, the one that was live before, and the gates in numbers.")


class Jobs(BaseModel):
    """Jobs, the newest first."""

    jobs: list[Job]


class Compared(BaseModel):
    """One measure of lists by group."""

    means: dict[str, float]
    shoppers: dict[str, int]
    apart: float = Field(description="Largest mean less the smallest.")
    p: float = Field(description="Share of permutations whose means lie as far apart.")
    p_corrected: float = Field(description="By Holm, over the measures.")


class Fairness(BaseModel):
    """Whether prices and places depend on a group more than chance."""

    group: str
    users: int
    permutations: int
    level: float
    measures: dict[str, Compared]
    depends: list[str] = Field(description="Measures that do.")


class Receipt(BaseModel):
    """What was erased. The receipt that is kept names nobody."""

    id: str
    at: float
    events: int = Field(description="Live events.")
    lists: int = Field(description="Lists that were given, with their explanations.")
    log_rows: int = Field(description="Rows of the imported log.")
    user_rows: int = Field(description="Rows of the tables of users and links.")
    rejected_rows: int = Field(description="Rows that could not be read and hold the id.")
    snapshots: int = Field(description="Snapshots that can no longer go live.")
    files: int = Field(description="Reports, audits and exports that were removed.")
    left: list[str] = Field(description="Files of others in the shop folder that hold the id; remove them yourself.")
    hash: str | None = Field(None, description="Keyed hash of the id, as it stands on the suppression list.")


class Token(BaseModel):
    """A token for one shopper, to be sent as `Authorization: Bearer ...`."""

    token: str
    user_id: str
    expires_at: float


class ItemsKept(BaseModel):
    """The catalogue after the change; the next list follows it."""

    changed: int
    catalog: str = Field(description="Version of the catalogue.")


class ItemOut(BaseModel):
    """An item as the catalogue has it now."""

    item_id: str
    title: str
    kind: str
    categories: dict[str, list[str]]
    numbers: dict[str, float]
    price: str | None = Field(description="In the shop's currency, as the reader's language writes it.")
    stock: int | None = Field(None, description="How many there are, where that was said.")
    available: bool
    learned: bool = Field(description="Whether the live snapshot can score it; else it comes last, as new.")


class Transparency(BaseModel):
    """What moves scores over all shoppers."""

    words: dict[str, Any] = Field(description="The public page: title, facts, parameters with shares, never used.")
    measured: dict[str, Any] = Field(description="The numbers that the words were filled from, with 95 % intervals.")


class Fault(BaseModel):
    """What went wrong."""

    code: str
    message: str = Field(description="What was expected, what came, where, and what to do next.")
    request_id: str


class FaultAnswer(BaseModel):
    """Every answer that is not a success."""

    error: Fault


class Health(BaseModel):
    """The process runs."""

    status: Literal["ok"]


class Ready(BaseModel):
    """Lists can be made and events kept."""

    status: Literal["ready"]
    snapshot: str
    model: str
    items: int

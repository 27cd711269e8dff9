"""Names of other systems are recognised, and how a name was taken is told."""

import pytest

from whyrec.core.errors import UsageError
from whyrec.core.types import KINDS
from whyrec.data.columns import ALIASES, CANONICAL, Guess, guess_carried, guess_mapping, kind_of, recognise

SYSTEMS = {
    "Gorse": ("FeedbackType UserId ItemId Timestamp", "event_type user_id item_id timestamp"),
    "Amazon Personalize": ("USER_ID ITEM_ID EVENT_TYPE EVENT_VALUE", "user_id item_id event_type value"),
    "AIRec": ("user_id item_id bhv_type bhv_time trace_id", "user_id item_id event_type timestamp answers"),
    "Volcano": ("user_id goods_id bhv_type bhv_time scm", "user_id item_id event_type timestamp answers"),
    "Google": ("visitorId productId eventType eventTime searchQuery", "user_id item_id event_type timestamp text"),
    "GA4": ("user_pseudo_id event_name event_timestamp transaction_id", "user_id event_type timestamp basket_id"),
    "Cicerone": ("user_id item_id event_type quantity occurred_at", "user_id item_id event_type quantity timestamp"),
    "Complete Journey": (
        "household_id product_id transaction_timestamp sales_value basket_id",
        "user_id item_id timestamp amount basket_id",
    ),
    "Online Retail": (
        "InvoiceNo StockCode Quantity InvoiceDate UnitPrice CustomerID",
        "basket_id item_id quantity timestamp price user_id",
    ),
    "Amazon reviews": ("reviewerID parent_asin overall unixReviewTime", "user_id item_id value timestamp"),
}  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_names_of_a_system_are_known(system):
    theirs, ours = (names.split() for names in SYSTEMS[system])
    mapping = guess_mapping(theirs, "events")
    assert {canonical: guess.source for canonical, guess in mapping.items()} == dict(zip(ours, theirs, strict=True))


def test_a_guess_says_how_it_was_made():
    mapping = guess_mapping(["FeedbackType", "USER_ID", "sku"], "events")
    assert mapping["event_type"] == Guess("FeedbackType", "alias of Gorse FeedbackType")
    assert mapping["user_id"] == Guess("USER_ID", "by name")
    assert mapping["item_id"] == Guess("sku", "common alias sku")


def test_the_canonical_name_goes_before_an_alias_and_a_given_mapping_before_all():
    assert guess_mapping(["time", "timestamp"], "events")["timestamp"].source == "timestamp"
    given = guess_mapping(["time", "timestamp"], "events", {"timestamp": "time"})
    assert given["timestamp"] == Guess("time", "given")


def test_a_wrong_mapping_names_the_nearest_column():
    with pytest.raises(UsageError) as error:
        guess_mapping(["user", "product"], "events", {"item_id": "produkt"})
    assert "no column 'produkt' for item_id (did you mean 'product'?)" in str(error.value)
    with pytest.raises(UsageError) as error:
        guess_mapping(["user"], "events", {"userid": "user"})
    assert "'userid' is no column of events (did you mean 'user_id'?)" in str(error.value)


def test_titles_come_in_languages():
    assert recognise("title_zh", "items")[0] == "title_zh"
    assert recognise("title-en", "items")[0] == "title_en"
    assert recognise("title_of_the_page", "items") is None


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("pv", "view"), ("VIEW", "view"), ("detail-page-view", "view"), ("view_item", "view"), ("buy", "purchase"),
        ("order", "purchase"), ("purchase-complete", "purchase"), ("add-to-cart", "cart"), ("fav", "favourite"),
        ("LIKE", "like"), ("COMMENT CREATED", "comment"), ("review", "rating"), ("expose", "impression"),
        ("collect", "favourite"), ("收藏", "favourite"), ("not_because", "not_because"), ("refund", "cancel"),
        # It takes back a cart, not a purchase, so it must not count as a cancellation.
        ("remove_from_cart", None),
    ],
)  # fmt: skip
def test_words_for_kinds(word, kind):
    assert kind_of(word) == kind


def test_every_kind_is_known_by_its_own_name_and_numbers_only_with_their_column():
    said = ("helpful", "preference", "forget")  # what they are about is no column of a log
    assert all(kind_of(kind) == (None if kind in said else kind) for kind in KINDS)
    assert (kind_of("4", "behavior_type"), kind_of("4.0", "behavior_type"), kind_of("4")) == (
        "purchase",
        "purchase",
        None,
    )
    assert kind_of("nonsense") is None


def test_aliases_stand_for_canonical_names_only():
    n = 0
    for role, aliases in ALIASES.items():
        assert set(aliases) <= set(CANONICAL[role])
        n += sum(len(spellings.split()) for systems in aliases.values() for spellings in systems.values())
    assert n > 150, "the walk over the aliases found too few to be right"


def test_item_attributes_that_events_carry():
    carried = guess_carried(["category", "Brand", "country", "product_name"])
    assert {name: guess.source for name, guess in carried.items()} == {
        "category": "category", "Brand": "Brand", "title": "product_name",
    }  # fmt: skip

"""Links say which accounts are one person's: read, checked, erased, and no more used than each account allows."""

import json

import pytest
from shops import NOW, SETTINGS, events, found, names, write

from whyrec.app.create import init
from whyrec.core.config import ModelSettings, PrivacySettings, Settings
from whyrec.core.errors import InputError
from whyrec.data import identity, people
from whyrec.data.clean import clean
from whyrec.data.ingest import import_shop
from whyrec.data.tables import frame, load

LOG = ["w,tea,buy,1600000000", "a,cup,buy,1600000001", "x,tea,buy,1600000002", "x,cup,buy,1600000003"]


def bring(path, *links, header="user_id,person_id,platform,sharing", users=None, rows=LOG):
    table = write(path / "links.csv", header, *links)
    imported = import_shop(path / "shop", events(path, *rows), users=users, links=table, settings=SETTINGS, now=NOW)
    check = clean(path / "shop", SETTINGS, NOW)
    return imported, check, load(path / "shop").users


def test_a_link_says_whose_an_account_is_and_counts_more_than_the_table_of_users(tmp_path):
    users = write(tmp_path / "users.csv", "user_id,city,sharing", "w,Ulm,yes", "x,Bonn,yes")
    _, check, known = bring(tmp_path, "w,anna,web,no", "a,anna,app,yes", "later,anna,tv,yes", users=users)
    assert known.profile("w") == {"city": "Ulm", "sharing": "no", "person_id": "anna", "platform": "web"}
    assert known.profile("x") == {"city": "Bonn", "sharing": "yes"}
    assert identity.linked(known, "a") == ("w", "later") and not identity.allows(known, "w")
    assert found(check, "linked accounts").samples == ({"persons": 1, "persons who allow it": 1, "accounts": 3},)
    assert found(check, "linked accounts without events").samples == ({"user_id": "later"},)


def test_links_have_other_names_in_other_systems_and_may_say_nothing_of_sharing(tmp_path):
    imported, _, known = bring(tmp_path, "w,anna", "a,anna", header="account,customer_id")
    assert {name: guess.source for name, guess in imported.link_mapping.items()} == {
        "user_id": "account", "person_id": "customer_id",
    }  # fmt: skip
    assert identity.linked(known, "w") == ("a",) and not identity.allows(known, "w"), "no word is no permission"


def test_what_is_wrong_with_links_is_said_and_set_aside(tmp_path):
    lines = ["w,anna,web,yes", "a,anna,app,perhaps", "a,bert,app,yes", ",anna,app,yes", "x,,app,yes"]
    _, check, known = bring(tmp_path, *lines)
    assert known.profile("a")["person_id"] == "anna" and "person_id" not in known.profile("x")
    assert not identity.allows(known, "a")
    assert found(check, "sharing that is neither yes nor no").samples == ({"sharing": "perhaps", "rows": 1},)
    assert {"links that repeat an account", "links without account", "links without person"} <= names(check)
    aside = [row for row in frame(tmp_path / "shop", "quarantine", "polars").to_dicts() if row["source"] == "links"]
    assert [json.loads(row["raw"])["user_id"] for row in aside] == ["a", None, "x"]


def test_links_without_a_person_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match="Expected a column person_id") as caught:
        bring(tmp_path, "w,yes", header="user_id,sharing")
    said = str(caught.value)
    assert "among the links of" in said and "Name it with a mapping, e.g. links.person_id=YOUR_COLUMN." in said


def test_a_column_of_links_is_named_with_a_mapping(tmp_path):
    table = write(tmp_path / "links.csv", "who,whose", "w,anna", "a,anna")
    mapping = {"links.user_id": "who", "links.person_id": "whose"}
    import_shop(tmp_path / "shop", events(tmp_path, *LOG), links=table, settings=SETTINGS, now=NOW, mapping=mapping)
    clean(tmp_path / "shop", SETTINGS, NOW)
    assert identity.linked(load(tmp_path / "shop").users, "w") == ("a",)


def test_links_of_a_person_are_removed_with_them_and_ids_become_pseudonyms(tmp_path):
    bring(tmp_path, "w,w,web,yes", "a,w,app,yes", "x,x,web,yes")
    people.pseudonymise(tmp_path / "shop", lambda user: f"~{user}~")
    assert sorted(people.ids(tmp_path / "shop")) == ["~a~", "~w~", "~x~"]
    removed = people.remove(tmp_path / "shop", {"~w~"})
    assert (removed.events, removed.links) == (1, 2), "rows that name the person, as whose account it is too"
    clean(tmp_path / "shop", SETTINGS, NOW)
    assert sorted(people.ids(tmp_path / "shop")) == ["~a~", "~x~"]
    assert not any(people.holds(path, "~w~") for path in (tmp_path / "shop").rglob("*.parquet"))
    assert identity.linked(load(tmp_path / "shop").users, "~a~") == ()


SHOPPERS = [
    f"{who}{n},{item},buy,{1600000000 + 100 * n + at}"
    for who, items, times in (("s", ("tea", "pot", "cup"), 6), ("t", ("bat", "ball"), 7))
    for n in range(times)
    for at, item in enumerate(items)
] + [
    "web-li,tea,buy,1600009000", "app-li,bat,buy,1600009100",
]  # fmt: skip


def lists(path, links, **options):
    """The cross-platform list of web-li, with the links given and without any."""
    log = events(path, *SHOPPERS)
    settings = Settings(models=ModelSettings(names=["markov"]), **options)
    with init(path / "shop", log, settings=settings, links=links) as shop:
        shop.train()
        made = shop.recommend("web-li", scenario="cross-platform", platform="web", n=3)
        return [(place.item_id, place.score) for place in made.items]


@pytest.mark.parametrize("private", [False, True])
def test_without_permission_the_list_is_that_without_the_links(tmp_path, private):
    rows = {"yes": "yes", "no": "no"}
    found_lists = {}
    for name, said in rows.items():
        folder = tmp_path / name
        folder.mkdir()
        table = write(folder / "links.csv", "user_id,person_id,platform,sharing", f"web-li,li,web,{said}",
                      "app-li,li,app,yes")  # fmt: skip
        found_lists[name] = lists(folder, table, privacy=PrivacySettings(pseudonyms=private))
    (tmp_path / "none").mkdir()
    alone = lists(tmp_path / "none", None)
    assert found_lists["no"] == alone
    assert found_lists["yes"][0][0] == "ball", "what the other account had leads to it"
    assert alone[0][0] == "pot"

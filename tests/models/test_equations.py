"""Each model against its equations, on numbers small enough to work out by hand or by plain linear algebra."""

from types import SimpleNamespace

import numpy as np
import pytest

from whyrec import models
from whyrec.core.config import ModelSettings, Settings
from whyrec.core.errors import TrainingError
from whyrec.core.types import KIND_CODE, Catalog, Events, History, Query, Vocabulary, objects
from whyrec.learn.run import Run
from whyrec.rank.fit import Fitter

ITEMS = Vocabulary.of(["a", "b", "c", "d"])
DAY_S = 86400.0


def log(*histories, timed=True):
    """A log of one row a user: letters are purchases, capitals are views, one a day."""
    rows = [(user, letter, day * DAY_S) for user, word in enumerate(histories) for day, letter in enumerate(word)]
    rows.sort(key=lambda row: row[2])
    return Events(
        users=Vocabulary.of([f"u{n}" for n in range(len(histories))]),
        items=ITEMS,
        user=np.array([row[0] for row in rows], np.int32),
        item=ITEMS.codes([row[1].lower() for row in rows]),
        kind=np.array([KIND_CODE["view" if row[1].isupper() else "purchase"] for row in rows], np.int8),
        at=np.array([row[2] for row in rows]),
        value=np.full(len(rows), np.nan, np.float32),
        event_id=objects([f"e{n}" for n in range(len(rows))]),
        timed=timed,
    )


def fit(name, events, settings=None, **options):
    module = models.find(name)
    run = Run(events, Catalog(ITEMS), settings or Settings(), module.Config(**options), np.random.default_rng(0))
    return module.fit(run)


def query(word):
    kinds = {True: "view", False: "purchase"}
    rows = [None if letter == "-" else (letter.lower(), kinds[letter.isupper()], 0.0) for letter in word]
    return Query(at=0.0, history=History.of(rows))


def scores(fitted, word):
    return fitted.score([query(word)])[0]


def test_popular_shares_count_strengths():
    fitted = fit("popular", log("ab", "aC"))
    assert scores(fitted, "") == pytest.approx(np.array([2.0, 1.0, 0.3, 0.0]) / 3.3)


def test_popular_events_a_half_life_older_than_the_newest_count_half():
    fitted = fit("popular", log("abc"), half_life_days=1.0)
    assert scores(fitted, "") == pytest.approx(np.array([0.25, 0.5, 1.0, 0.0]) / 1.75)


def test_popular_has_no_half_life_where_there_is_only_an_order():
    fitted = fit("popular", log("abc", timed=False), half_life_days=1.0)
    assert scores(fitted, "") == pytest.approx(np.array([1.0, 1.0, 1.0, 0.0]) / 3)


def test_markov_adds_decayed_rows_divided_by_the_root_of_their_sum():
    fitted = fit("markov", log("abc", "ab"), popularity=0.0, gaps=2)
    # a: b twice at gap 1, c once at gap 2; b: c once at gap 1.
    row_a = np.array([0.0, 2.0, 0.5, 0.0]) / np.sqrt(2.5)
    row_b = np.array([0.0, 0.0, 1.0, 0.0])
    assert scores(fitted, "a") == pytest.approx(row_a)
    assert scores(fitted, "ab") == pytest.approx(row_b + 0.6 * row_a)
    assert scores(fitted, "a-") == pytest.approx(0.6 * row_a), "a removed event keeps its place"
    assert scores(fitted, "A") == pytest.approx(0.3 * row_a), "a view counts less"


def test_markov_weighs_a_pair_by_what_came_second():
    fitted = fit("markov", log("aB", "ac"), popularity=0.0, row_power=1.0)
    assert scores(fitted, "a") == pytest.approx(np.array([0.0, 0.3, 1.0, 0.0]) / 1.3)


def test_markov_uses_its_newest_slots_only():
    fitted = fit("markov", log("abc", "ab"), popularity=0.0, history=1)
    assert scores(fitted, "ab") == pytest.approx(scores(fitted, "b"))


def test_itemknn_is_shrunk_cosine_and_old_events_fade():
    fitted = fit("itemknn", log("ab", "ab", "ac"), popularity=0.0, shrink=1.0, fade=0.5)
    row_a = np.array([3 / (3 + 1), 2 / (np.sqrt(6) + 1), 1 / (np.sqrt(3) + 1), 0.0])
    row_b = np.array([2 / (np.sqrt(6) + 1), 2 / (2 + 1), 0.0, 0.0])
    assert scores(fitted, "a") == pytest.approx(row_a)
    assert scores(fitted, "ab") == pytest.approx(row_b + row_a / np.sqrt(2))


def test_itemknn_keeps_the_nearest_of_each_recommended_item_and_the_item_itself():
    # Nearest to c is d, so that a, which more people had, is cut from c's neighbours and gives c nothing.
    fitted = fit("itemknn", log("ab", "ab", "acd", "cd"), popularity=0.0, shrink=0.0, neighbours=1)
    assert scores(fitted, "d")[2] == pytest.approx(1.0)
    assert scores(fitted, "a")[2] == 0.0
    assert (np.diag(fitted.table.toarray()) > 0).all()


def test_itemknn_learns_from_the_newest_events_of_a_user():
    everything, newest = (fit("itemknn", log("abc"), popularity=0.0, newest=n) for n in (3, 2))
    assert scores(everything, "a")[2] > 0
    assert scores(newest, "a")[2] == 0.0
    assert scores(newest, "b")[2] > 0


def test_ease_solves_the_ridge_regression_of_each_item_on_the_others():
    histories = ["ab", "abc", "acd", "bd", "cd", "abd"]
    fitted = fit("ease", log(*histories), popularity=0.0, penalty=0.7, fade=0.0)
    X = np.array([[letter in word for letter in "abcd"] for word in histories], float)
    for y in range(4):
        others = [x for x in range(4) if x != y]
        wanted = np.linalg.solve(X[:, others].T @ X[:, others] + 0.7 * np.eye(3), X[:, others].T @ X[:, y])
        assert fitted.table[others, y] == pytest.approx(wanted, abs=1e-6)
        assert fitted.table[y, y] == 0.0


def test_ease_sees_a_set_whose_items_have_the_age_of_their_newest_event():
    fitted = fit("ease", log("ab", "abc", "acd"), popularity=0.0, fade=1.0)
    row_a, row_b = fitted.table[0], fitted.table[1]
    assert scores(fitted, "aba") == pytest.approx(row_a + row_b / 2, abs=1e-7)
    assert scores(fitted, "aA") == pytest.approx(row_a, abs=1e-7), "strengths of an item are cut at one"
    found = fitted.contributions(query("aba"), ["c"])
    assert found.units == ((0, 2), (1,))
    assert found.weight[:, 0] == pytest.approx([row_a[2], row_b[2] / 2])


def test_ease_covers_the_items_with_the_most_users_and_says_how_many_it_left_out():
    fitted = fit("ease", log("ab", "abc", "ab", "d"), most_items=2)
    assert list(fitted.covered) == [0, 1]
    assert fitted.left_out == 2
    assert scores(fitted, "a")[2] == scores(fitted, "")[2], "an item that is not covered has its popularity only"
    assert scores(fitted, "c") == pytest.approx(scores(fitted, "")), "and is no reason"


def test_ease_covers_what_fits_its_memory():
    small = Settings(models=ModelSettings(memory_mb=0))
    assert fit("ease", log("ab", "abc"), small).left_out == 4


def test_ease_without_an_inverse_says_what_to_set():
    with pytest.raises(TrainingError, match=r"Set a larger one: \[models.options.ease\] penalty"):
        fit("ease", log("ab", "ab"), penalty=-5.0)


@pytest.mark.parametrize(("name", "ndcg", "hr"), [("markov", 0.0524, 0.0829), ("itemknn", 0.0381, 0.0633)])
@pytest.mark.slow
def test_published_protocol_on_beauty(shared, name, ndcg, hr, tmp_path):
    """The numbers measured before whyrec was written (leave-one-out, all items ranked, seen hidden)."""
    from whyrec.data.clean import clean
    from whyrec.data.ingest import import_shop
    from whyrec.data.tables import load
    from whyrec.rank.evaluate import evaluate

    source = shared("s3rec_beauty")
    import_shop(tmp_path, source / "sequences.parquet", settings=Settings(), now=1.7e9)
    clean(tmp_path, Settings(), 1.7e9)
    (board,) = evaluate(load(tmp_path), Settings(), [name])
    metrics = board.results[name].metrics
    assert metrics["users"] == 22_363
    assert metrics["ndcg@10"] >= ndcg - 5e-5
    assert metrics["hr@10"] >= hr - 5e-5


@pytest.mark.parametrize("name", models.names())
@pytest.mark.parametrize("items", [ITEMS, Vocabulary.of([])])
def test_a_log_that_teaches_nothing_gives_a_model_that_says_nothing(name, items):
    """A log of one search: no item, no pair, no user with an item."""
    events = Events(
        users=Vocabulary.of(["u"]),
        items=items,
        user=np.zeros(1, np.int32),
        item=np.full(1, -1, np.int32),
        kind=np.full(1, KIND_CODE["search"], np.int8),
        at=np.zeros(1),
        value=np.full(1, np.nan, np.float32),
        event_id=objects(["e0"]),
    )
    fitter = Fitter(events, SimpleNamespace(catalog=Catalog(items), users=None), Settings())
    assert scores(fitter.fit(name), "a").tolist() == [0.0] * len(items)

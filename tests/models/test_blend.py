"""The blend: its likelihood against numbers worked out by hand, what its weights do, and its units."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.errors import UsageError
from whyrec.core.types import Catalog, Contributions, History, Query, Vocabulary
from whyrec.data.split import Cases, loo
from whyrec.explain.explain import explain
from whyrec.learn.run import Run
from whyrec.measure import ranking
from whyrec.models import blend
from whyrec.rank import evaluate

ITEMS = Vocabulary.of([f"i{code}" for code in range(30)])


class Member:
    """Scores that are given: rows by the user of a query."""

    def __init__(self, rows):
        self.items, self.rows = ITEMS, np.asarray(rows, np.float32)

    def score(self, queries, items=None):
        rows = self.rows[[int(query.user) for query in queries]]
        return rows if items is None else rows[:, ITEMS.codes(items)]

    def arrays(self):
        return {"rows": self.rows}


def rivals(scores, target):
    scores = np.asarray(scores, float)
    return blend.Rivals(scores, np.ones(scores.shape[:2], bool), np.asarray(target))


def fit(members, cases=None, **rest):
    config = blend.Config(members=list(members))
    log = loo_log() if cases is None else SimpleNamespace()
    return blend.fit(
        Run(
            log, Catalog(ITEMS), Settings(), config, np.random.default_rng(0), members=members, validation=cases, **rest
        )
    )


def loo_log():
    history = History.of([("i1", "purchase", 1.0)])
    return SimpleNamespace(user=np.arange(3), history=lambda _: history, rows_of=lambda _: None)


def log_of_targets(n=200, noise=1.0, skill=(1.5, 1.0, 0.0)):
    """Cases with one target each and members that know it by so much, each with its own noise and scale."""
    rng = np.random.default_rng(0)
    target = rng.integers(0, len(ITEMS), n)
    rows = [scale * (s * (np.arange(len(ITEMS)) == target[:, None]) + noise * rng.normal(size=(n, len(ITEMS))))
            for s, scale in zip(skill, (100.0, 0.01, 1.0), strict=True)]  # fmt: skip
    queries = tuple(Query(at=0.0, user=str(place)) for place in range(n))
    return Cases(queries, tuple((str(ITEMS.ids[code]),) for code in target)), [Member(row) for row in rows]


def test_a_rival_that_is_not_there_counts_for_nothing():
    found = rivals([[[1.0], [0.0], [0.0]]], [0])
    found = replace(found, there=np.array([[True, True, False]]))
    assert blend.ndcg(np.ones(1), found).tolist() == [1.0]
    spoiled = replace(found, score=np.where(found.there[:, :, None], found.score, 1e3))
    assert blend.weights(spoiled, 1.0).tolist() == blend.weights(found, 1.0).tolist()
    assert blend.ndcg(np.zeros(1), found).tolist() == pytest.approx([1 / np.log2(3)]), "a tie counts against the target"


def test_divisors_are_the_spread_of_each_member_over_rivals():
    found = rivals([[[1.0, 0.0], [-1.0, 0.0]], [[3.0, 0.0], [-3.0, 0.0]]], [0, 0])
    assert blend.divisors(found).tolist() == [np.sqrt(5.0), 1.0]


def test_weights_follow_skill_and_a_member_without_any_gets_none():
    cases, members = log_of_targets()
    fitted = fit(dict(zip("abc", members, strict=True)), cases)
    a, b, c = fitted.weight
    assert fitted.weight.sum() == pytest.approx(1.0)
    assert a > b > 0.1 and c < 0.1
    for scale, divisor in zip((100.0, 0.01, 1.0), fitted.divisor, strict=True):
        assert 0.9 * scale < divisor < 1.5 * scale


def test_shuffled_targets_cost_the_blend_its_skill():
    cases, members = log_of_targets(n=400, noise=0.5)
    wanted = ITEMS.codes([target for (target,) in cases.targets])
    order = np.random.default_rng(1).permutation(len(cases))

    def skill(learned):
        best = fit(dict(zip("abc", members, strict=True)), learned).score(cases.queries).argmax(axis=1)
        return (best == wanted).mean()

    shuffled = Cases(cases.queries, tuple(cases.targets[place] for place in order))
    one_alone = max((member.rows.argmax(axis=1) == wanted).mean() for member in members)
    assert skill(shuffled) <= one_alone < skill(cases) - 0.02


def test_one_member_that_ranks_better_alone_is_the_blend():
    # The second member is right about the order, but one case with a huge score makes likelihood distrust it.
    good = np.tile([1.0, 0.0, 0.0], (20, 1))
    good[0] = [-400.0, 0.0, 400.0]
    found = rivals(np.stack([np.tile([0.0, 0.1, 0.0], (20, 1)), good], axis=2), np.zeros(20, int))
    assert blend.weights(found, 1e-3).tolist() == [0.0, 1.0]


def test_without_validation_members_weigh_the_same():
    rng = np.random.default_rng(0)
    fitted = blend.fit(
        Run(
            loo_log(), Catalog(ITEMS), Settings(), blend.Config(), np.random.default_rng(0),
            members={name: _by_anybody(scale * rng.normal(size=30)) for name, scale in (("a", 100.0), ("b", 0.1))},
        )
    )  # fmt: skip
    assert fitted.weight.tolist() == [0.5, 0.5]
    assert fitted.divisor[0] > 100 * fitted.divisor[1]


def _by_anybody(row):
    member = Member([row])
    member.score = lambda queries, items=None: np.tile(member.rows, (len(queries), 1))
    return member


def test_earlier_choices_are_kept():
    cases, members = log_of_targets()
    named = dict(zip("abc", members, strict=True))
    early = fit(named, cases)
    late = fit({name: Member(member.rows * 7) for name, member in named.items()}, None, chosen=early)
    assert (late.weight is early.weight, late.divisor is early.divisor) == (True, True)


def test_no_members_are_refused():
    with pytest.raises(UsageError, match=r"\[models.options.blend\] members"):
        fit({})


def test_what_the_shopper_had_is_a_rival_only_where_the_target_was_had():
    def codes(seen, target):
        query = Query(at=0.0, user="0", seen=frozenset(seen))
        run = SimpleNamespace(members={"a": Member([np.arange(30.0)])}, catalog=Catalog(ITEMS), config=blend.Config())
        ((found, _),) = blend._rivals(run, [query], np.array([target]))
        return set(found.tolist())

    assert codes({"i7", "i8"}, 3) == set(range(30)) - {7, 8}
    assert codes({"i7", "i8"}, 7) == set(range(30))


@pytest.mark.parametrize(
    ("units", "partition"),
    [
        ([], ()),
        ([(0,), (2,)], ((0,), (2,))),
        ([(0,), (1,), (0, 3)], ((0, 3), (1,))),
        ([(0, 1), (2, 3), (1, 2)], ((0, 1, 2, 3),)),
        ([(2, 3), (0, 1), (3,), (1, 3)], ((0, 1, 2, 3),)),
    ],
)
def test_units_that_share_a_slot_become_one(units, partition):
    assert blend.joined(units) == partition


def test_contributions_add_up_over_different_units():
    def part(units, weight):
        parts = Contributions(units, np.array(weight, float), np.array([1.0, 2.0]))
        return SimpleNamespace(contributions=lambda query, items: parts)

    events = part(((0,), (1,), (2,)), [[1, 2], [3, 4], [5, 6]])
    by_item = part(((0, 2),), [[10, 20]])
    fitted = blend.Blend(ITEMS, {"e": events, "i": by_item}, np.array([0.5, 0.5]), np.array([1.0, 0.5]))
    found = fitted.contributions(Query(at=0.0, history=History.of([None] * 3)), ["i0", "i1"])
    assert found.units == ((0, 2), (1,))
    assert found.weight.tolist() == [[0.5 * 6 + 10, 0.5 * 8 + 20], [1.5, 2.0]]
    assert found.empty.tolist() == [1.5, 3.0]


def test_a_member_that_is_no_sum_takes_the_ability_away_but_its_share_is_told():
    rows = [np.linspace(0.0, 1.0, 30)]
    fitted = blend.Blend(ITEMS, {"a": Member(rows), "b": Member(rows)}, np.array([0.25, 0.75]), np.array([1.0, 2.0]))
    assert fitted.contributions is None
    query = Query(at=0.0, user="0", history=History.of([("i1", "purchase", 0.0)]))
    told = explain(
        fitted.score, query, "i29", items=ITEMS, allowed=np.ones(30, bool), n=3, shares=fitted.shares, sets=False
    )
    assert told.members == pytest.approx({"a": 0.25, "b": 0.375})
    assert told.score == pytest.approx(0.625)


def test_a_member_without_weight_is_not_asked():
    fitted = blend.Blend(ITEMS, {"a": Member([np.arange(30.0)]), "b": None}, np.array([1.0, 0.0]), np.ones(2))
    assert fitted.score([Query(at=0.0, user="0")])[0].tolist() == list(range(30))


@pytest.mark.slow
def test_a_blend_is_not_below_its_best_member(tmp_path, shared):
    """Paired 95 % interval over 22,363 users of Beauty, leave-one-out; the weights are from validation."""
    import whyrec

    tables = whyrec.init(tmp_path / "shop", shared("s3rec_beauty") / "sequences.parquet").tables
    names = [*models.find("blend").Config().members, "blend"]
    (board,) = evaluate.evaluate(tables, Settings(), names)
    bounds = np.arange(len(board.users) + 1)
    gain = {name: ranking.ndcg(found.ranks, bounds) for name, found in board.results.items()}
    blended = gain.pop("blend")
    best = max(gain.values(), key=np.mean)
    draws = np.random.default_rng(0).integers(0, len(best), (1000, len(best)))
    assert np.percentile((blended - best)[draws].mean(axis=1), 2.5) > 0
    assert len(loo(tables.events, Settings()).test) == len(best) == 22_363

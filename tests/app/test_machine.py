"""Events, feedback, wishes, erasures, promotions and replays in any order, against a simple model in memory."""

import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from small_service import FIRST_AT, make_shop

from whyrec import models
from whyrec.core.errors import ErasedError, SnapshotError
from whyrec.learn import snapshot

PEOPLE = st.integers(0, 2)
ITEMS = st.integers(0, 9).map("item {}".format)
RUNS = itertools.count()


def machine(shop):
    """Return the machine on this shop; each run has people of its own, the snapshots are those of all runs."""
    may = {shop.live.meta.id}  # go live

    class Machine(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            run = next(RUNS)
            self.names = [f"run {run} person {n}" for n in range(3)]
            self.events = dict.fromkeys(self.names, 0)
            self.hidden = {name: {} for name in self.names}  # feedback id -> item
            self.wishes = {name: [] for name in self.names}  # (id, personalised) in order
            self.erased = set()
            self.lists = []  # (id, owner, items)
            self.promote("markov")

        def say(self, name, kind, item):
            kept = shop.add_events([{"user_id": name, "item_id": item, "kind": kind}])
            assert kept.suppressed == (name in self.erased) and kept.accepted == 1 - kept.suppressed
            self.events[name] += kept.accepted
            return kept.event_ids[0]

        @rule(who=PEOPLE, item=ITEMS, kind=st.sampled_from(["view", "purchase", "like", "cart"]))
        def event(self, who, item, kind):
            self.say(self.names[who], kind, item)

        @rule(who=PEOPLE, item=ITEMS)
        def hide(self, who, item):
            name = self.names[who]
            said = self.say(name, "hide", item)
            if name not in self.erased:
                self.hidden[name][said] = item

        @rule(who=PEOPLE, data=st.data())
        def undo(self, who, data):
            name = self.names[who]
            known = [*self.hidden[name], *(said for said, _ in self.wishes[name])]
            said = data.draw(st.sampled_from([*known, "nothing"]))
            assert shop.undo(name, said) == (said in known)
            other = self.names[(who + 1) % 3]
            assert not shop.undo(other, said), "nobody undoes for another"
            if said in known:
                self.events[name] -= 1
            self.hidden[name].pop(said, None)
            self.wishes[name] = [one for one in self.wishes[name] if one[0] != said]

        @rule(who=PEOPLE, personalised=st.booleans())
        def wish(self, who, personalised):
            name = self.names[who]
            if name in self.erased:
                with pytest.raises(ErasedError):
                    shop.set_preferences(name, personalised=personalised)
                return
            kept = shop.set_preferences(name, personalised=personalised)
            self.wishes[name].append((kept["feedback_id"], personalised))
            self.events[name] += 1

        @rule(who=PEOPLE)
        def erase(self, who):
            name = self.names[who]
            receipt = shop.erase(name)
            assert receipt["events"] >= self.events[name]
            assert (receipt["snapshots"] > 0) == (self.events[name] > 0)
            if self.events[name]:
                may.clear()
            assert receipt["lists"] == sum(owner == name for _, owner, _ in self.lists)
            self.lists = [one for one in self.lists if one[1] != name]
            self.events[name], self.hidden[name], self.wishes[name] = 0, {}, []
            self.erased.add(name)

        @precondition(lambda self: self.erased)
        @rule(data=st.data())
        def lift(self, data):
            name = data.draw(st.sampled_from(sorted(self.erased)))
            assert shop.lift(name)
            self.erased.discard(name)

        @rule(model=st.sampled_from(["markov", "popular"]))
        def promote(self, model):
            place = shop.folder / "snapshots"
            fitted = fitted_model(shop, model)
            about = {"erased": snapshot.n_erased(place)}
            made = snapshot.save(
                place, model, fitted, models.configure(model, shop.settings), shop.settings, about, FIRST_AT
            )
            snapshot.set_live(place, made.id)
            may.add(made.id)
            self.live = made.id

        @rule()
        def rollback(self):
            before = snapshot.before(shop.folder / "snapshots")
            if before in may:
                assert shop.rollback().id == before
                self.live = before
            else:
                with pytest.raises(SnapshotError, match="erased"):
                    shop.rollback()

        @rule(who=PEOPLE)
        def recommend(self, who):
            name = self.names[who]
            made = shop.recommend(name)
            kept = shop.store.recommendation(made.id)
            assert (kept is None) == (name in self.erased and made.query.user is not None)
            if kept is not None:
                self.lists.append((made.id, made.query.user, made.items))

        @precondition(lambda self: self.lists)
        @rule(data=st.data())
        def replay(self, data):
            name, _, items = data.draw(st.sampled_from(self.lists))
            stored = shop.store.recommendation(name)
            again = shop.recommend_query(stored.query, live=shop.snapshot(stored.snapshot))
            assert stored.items == items == again.items

        @invariant()
        def lists_follow(self):
            if not hasattr(self, "names"):
                return
            assert shop.live.meta.id == self.live
            for name in self.names:
                listed = {item.item_id for item in shop.recommend_query(shop.query(name, n=30)).items}
                on = self.wishes[name][-1][1] if self.wishes[name] else True
                if on:
                    assert not listed & set(self.hidden[name].values())
                else:
                    assert shop.query(name).user is None
                assert len(shop.store.events_of(name)) == self.events[name]

    return Machine


_FITTED = {}


def fitted_model(shop, name):
    import numpy as np

    from whyrec.learn.run import Run

    if name not in _FITTED:
        tables, config = shop.tables, models.configure(name, shop.settings)
        run = Run(tables.events, tables.catalog, shop.settings, config, np.random.default_rng(0))
        _FITTED[name] = models.find(name).fit(run)
    return _FITTED[name]


def test_any_order_of_events_wishes_erasures_and_promotions(tmp_path):
    with make_shop(tmp_path) as shop:
        run_state_machine_as_test(
            machine(shop),
            settings=settings(
                max_examples=12,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )

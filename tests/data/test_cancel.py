"""A cancellation takes back the newest purchase that it fits, and nothing is taken back twice."""

from hypothesis import given
from hypothesis import strategies as st

from whyrec.data.cancel import match_cancellations


def test_the_newest_purchase_of_the_same_quantity_goes():
    gone, left = match_cancellations([(1, 0, False, 2), (2, 0, False, 3), (3, 0, False, 2), (4, 0, True, -2)])
    assert gone == {3: "cancelled by row 4", 4: "cancellation"}
    assert left == {}


def test_a_part_leaves_the_rest_and_a_later_cancellation_takes_it():
    gone, left = match_cancellations([(1, 0, False, 10), (2, 0, True, -4)])
    assert (gone, left) == ({2: "cancellation"}, {1: 6.0})
    gone, left = match_cancellations([(1, 0, False, 10), (2, 0, True, -4), (3, 0, True, -6)])
    assert (set(gone), left) == ({1, 2, 3}, {})


def test_more_than_one_purchase_may_be_taken_back():
    gone, left = match_cancellations([(1, 0, False, 2), (2, 0, False, 3), (3, 0, True, -4)])
    assert (set(gone), left) == ({2, 3}, {1: 1.0})


def test_without_a_quantity_the_newest_purchase_goes():
    gone, _ = match_cancellations([(1, 0, False, None), (2, 0, False, None), (3, 0, True, None)])
    assert set(gone) == {2, 3}


def test_other_shoppers_and_later_purchases_are_left_alone():
    gone, left = match_cancellations([(1, 0, True, -1), (2, 0, False, 1), (3, 1, False, 1)])
    assert (gone, left) == ({1: "cancellation without a purchase"}, {})


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=20))
def test_units_are_accounted_for(moves):
    """What was bought is what stays plus what was taken back, and never more than was asked for."""
    rows = [(n, 0, cancels, -units if cancels else units) for n, (cancels, units) in enumerate(moves)]
    gone, left = match_cancellations(rows)
    bought = {row: units for row, _, cancels, units in rows if not cancels}
    stays = sum(left.get(row, units) for row, units in bought.items() if row not in gone)
    asked = sum(-units for _, _, cancels, units in rows if cancels)
    assert 0 <= sum(bought.values()) - stays <= asked
    assert all(row in gone for row, _, cancels, _ in rows if cancels)
    assert all(0 < units < bought[row] for row, units in left.items())

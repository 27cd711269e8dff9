"""Windows worked out by hand: what predicts what, tombstones, long histories; and batches of equal length."""

import numpy as np

from whyrec.data.batch import Batch
from whyrec.learn.windows import Reads, Slots, Windows, are_long, equal_length, gap_classes


def log(*users):
    """A log of users, each a list of item codes; -1 is a slot without content. One minute between slots."""
    sizes = [len(user) for user in users]
    bounds = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    item = np.array([code for user in users for code in user], np.int32)
    return Batch(
        bounds=bounds,
        item=item,
        weight=np.where(item < 0, 0.0, 1.0),
        age=np.repeat(bounds[1:], sizes) - np.arange(len(item)),
        at=60.0 * np.arange(len(item)),
        slot=np.arange(len(item)),
        value=np.full(len(item), np.nan, np.float32),
        asked=np.zeros(len(users)),
        kind=np.zeros(len(item), np.int8),
    )


def pairs(windows):
    """What each window reads (None: no content), and (slot of the window, wanted item)."""
    found = []
    for first, length in zip(windows.first, windows.length, strict=True):
        own = slice(first, first + length)
        read = [
            int(i) if there else None for i, there in zip(windows.slots.item[own], windows.slots.live[own], strict=True)
        ]
        wanted = [(int(n), int(y)) for n, y in enumerate(windows.target[own]) if y >= 0]
        found.append((read, wanted))
    return found


def every(batch):
    return np.ones(len(batch.item), bool)


def test_each_slot_predicts_the_next_live_one():
    batch = log([4, 5, 6], [7], [], [1, 2])
    made = Windows.of(batch, every(batch), Reads(history=10))
    assert pairs(made) == [([4, 5], [(0, 5), (1, 6)]), ([1], [(0, 2)])]
    assert made.tokens == 3


def test_the_newest_live_slot_predicts_over_a_tombstone():
    batch = log([4, -1, 6, -1])
    assert pairs(Windows.of(batch, every(batch), Reads(history=10))) == [([4], [(0, 6)])]
    batch = log([4, -1, 6, 7])
    assert pairs(Windows.of(batch, every(batch), Reads(history=10))) == [([4, None, 6], [(0, 6), (2, 7)])]
    stepping = Windows.of(batch, every(batch), Reads(history=10, positions=False))
    assert pairs(stepping) == [([4, 6], [(0, 6), (1, 7)])]


def test_what_is_no_target_is_read_but_not_predicted():
    batch = log([4, 5, 6, 7])
    assert pairs(Windows.of(batch, batch.item != 6, Reads(history=10))) == [([4, 5, 6], [(0, 5), (2, 7)])]


def test_a_long_history_is_cut_from_its_end_and_each_target_stays():
    batch = log([1, 2, 3, 4, 5, 6])
    made = pairs(Windows.of(batch, every(batch), Reads(history=2)))
    assert made == [([4, 5], [(0, 5), (1, 6)]), ([2, 3], [(0, 3), (1, 4)]), ([1], [(0, 2)])]


def test_shifted_windows_differ_for_long_histories_only_and_each_target_stays():
    batch = log(list(range(1, 24)), [30, 31, 32])
    made = Windows.of(batch, every(batch), Reads(history=8))

    def targets(windows):
        return sorted((read[n], y) for read, wanted in pairs(windows) for n, y in wanted)

    rng = np.random.default_rng(0)
    newest = set()
    for _ in range(50):
        again = made.shifted(rng)
        assert targets(again) == targets(made) and again.length.max() <= 8
        newest.add(int(again.length[0]))
        assert pairs(again)[-1] == ([30, 31], [(0, 31), (1, 32)])
    assert newest == {4, 5, 6, 7, 8}


def test_inputs_are_padded_on_the_right_and_ages_count_from_the_newest():
    batch = log([4, -1, 6], [7])
    slots = Slots.of(batch, Reads(history=10, strength=True, gap=True))
    made = slots.inputs(np.array([0, 3]), np.array([3, 1]))
    assert made.item.tolist() == [[4, 0, 6], [7, 0, 0]]
    assert made.live.tolist() == [[True, False, True], [True, False, False]]
    assert made.age[0].tolist() == [2, 1, 0] and made.age[1, 0] == 0
    assert made.strength.tolist() == [[1, 0, 1], [1, 0, 0]]
    assert made.gap.tolist() == [[0, 6, 6], [0, 0, 0]], "60 s lies between 2 ** 5 and 2 ** 6"
    assert slots.inputs(np.array([2, 3]), np.array([1, 1])).live is None
    assert slots.inputs(np.array([1]), np.array([2])).gap.tolist() == [[0, 6]], "what was before is not known"


def test_gaps_are_in_classes_that_double():
    batch = log([1, 2], [3, 4, 5])
    batch.at[:] = [1e9, 1e9 + 1, 5, 5, 5 + 2.0**40]
    assert gap_classes(batch).tolist() == [0, 1, 0, 0, 31]


def test_batches_hold_every_sequence_once_with_little_padding():
    rng = np.random.default_rng(0)
    length = np.minimum(rng.geometric(0.15, 20_000), 50)
    made = equal_length(length, 2048, rng)
    assert sorted(np.concatenate(made).tolist()) == list(range(20_000))
    padded = [len(members) * length[members].max() for members in made]
    assert max(padded) <= 2048
    assert sum(padded) < 1.03 * length.sum()
    assert [len(m) for m in made] != sorted(len(m) for m in made), "long and short batches should be mixed"
    assert [len(m) for m in equal_length(np.array([9, 9]), 4, rng)] == [1, 1]
    assert equal_length(np.zeros(0, np.int64), 4, rng) == []


def test_histories_are_long_by_the_mean_of_those_that_have_a_slot():
    assert not are_long(log())
    assert not are_long(log([], [], []))
    assert not are_long(log([1] * 30, [1] * 30))
    assert are_long(log([1] * 31, [], [1] * 31, []))

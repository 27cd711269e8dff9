"""Epochs are read from what a fit tells, and the seconds after the best one are told apart."""

import pytest

from whyrec.measure import epochs


def test_reads_runs_best_epochs_and_seconds(monkeypatch):
    clock = iter([10.0, 12.0, 15.0, 100.0, 107.0])
    monkeypatch.setattr(epochs.time, "process_time", lambda: next(clock))
    told = []
    watch = epochs.Epochs(lambda done, text: told.append((done, text)))
    watch(0.0, "sasrec: needs about 3 MB beside the log")
    watch(0.1, "sasrec: epoch 1 of at most 9, loss 3.1, validation 0.2 (best 0.2000 in epoch 1), at most 9 s left")
    watch(0.2, "sasrec: epoch 2 of at most 9, loss 2.9, validation 0.3 (best 0.3000 in epoch 2), at most 9 s left")
    watch(0.3, "sasrec: epoch 3 of at most 9, loss 2.8, validation 0.2 (best 0.3000 in epoch 2), at most 9 s left")
    watch(0.6, "glass: epoch 1 of 2, loss 3.1, 4 s left")
    watch(0.7, "glass: epoch 2 of 2, loss 3.0, 0 s left")
    assert len(told) == 6 and told[0][1].startswith("sasrec: needs")
    assert watch.runs == [{1: 10.0, 2: 12.0, 3: 15.0}, {1: 100.0, 2: 107.0}]
    assert watch.best == [2, 2]
    assert watch.after_best_s == 3.0
    assert watch.epoch_s == [2.0, 3.0, 7.0]


def test_a_fit_without_epochs_has_none():
    watch = epochs.Epochs(lambda done, text: None)
    watch(0.5, "counting transitions")
    assert (watch.runs, watch.after_best_s, watch.epoch_s) == ([], 0, [])


def test_what_the_loop_tells_is_understood():
    pytest.importorskip("torch", reason="the extra train is not installed")
    from whyrec.learn import loop

    state = loop._State(epoch=3, best=2, value=0.5, curve=[{"epoch": 3, "loss": 2.0, "value": 0.4}])
    watch = epochs.Epochs(lambda done, text: None)
    watch(0.1, loop._say(state, 9, 1.0))
    assert list(watch.runs[0]) == [3] and watch.best == [2]

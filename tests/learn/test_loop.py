"""The loop on a problem that has a known answer: rows of a table are pulled to points, one sample after another."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from whyrec.core.config import ModelSettings, Settings
from whyrec.core.errors import TrainingError
from whyrec.core.types import Catalog, Events, Vocabulary, objects
from whyrec.data.split import Cases
from whyrec.learn import checkpoint, loop, optimise
from whyrec.learn.run import Run

N_ROWS, D = 40, 3
POINTS = np.random.default_rng(9).standard_normal((N_ROWS, D)).astype(np.float32)
PLAN = loop.Plan(epochs=30, unvalidated=30, rate=0.05, warmup=5, patience=3)


@dataclass
class Config:
    """What a model's Config would be."""

    rate: float = 0.1


@dataclass
class Pull:
    """Rows are drawn, and pulled to their points; a bias, which all rows share, has its own answer 1."""

    tables: tuple[str, ...] = ("items",)
    batch_bytes: int = 1000
    factor: float = 1.0
    values: list[float] = field(default_factory=list)
    sleep_s: float = 0.0

    def batches(self, rng):
        time.sleep(self.sleep_s)
        return [rng.permutation(N_ROWS - 5)[:8] for _ in range(10)]

    def rows(self, batch):
        return {"items": np.sort(batch)} if self.tables else {}

    def loss(self, weights, batch):
        wanted = torch.from_numpy(POINTS[np.sort(batch)])
        own = weights["items"] if self.tables else weights["items"][torch.from_numpy(np.sort(batch))]
        noise = torch.nn.functional.dropout(torch.ones(len(batch), D), 0.3)
        return self.factor * (((own - wanted) * noise).square().mean() + (weights["bias"] - 1).square().mean())

    def validate(self, weights):
        self.values.append(-float(np.square(weights["items"][: N_ROWS - 5] - POINTS[: N_ROWS - 5]).mean()))
        return self.values[-1]


def run_of(**changes):
    events = Events(
        users=Vocabulary.of(["u"]),
        items=Vocabulary.of(["i"]),
        user=np.zeros(1, np.int32),
        item=np.zeros(1, np.int32),
        kind=np.zeros(1, np.int8),
        at=np.zeros(1),
        value=np.zeros(1, np.float32),
        event_id=objects(["e"]),
    )
    run = Run(events, Catalog(events.items), Settings(), Config(), np.random.default_rng(4))
    return replace(run, **changes)


def start():
    return {"items": np.zeros((N_ROWS, D), np.float32), "bias": np.zeros(2, np.float32)}


def train(problem=None, plan=PLAN, epochs=None, **changes):
    return loop.train(problem or Pull(), start(), plan, run_of(**changes), name="pull", epochs=epochs)


SOME = Cases((), ())


@pytest.mark.parametrize("tables", [(), ("items",)], ids=["whole", "by the rows touched"])
@pytest.mark.parametrize("dense", [0, 1000], ids=["state a row", "Adam"])
def test_it_learns_and_leaves_alone_what_no_batch_touches(tables, dense, monkeypatch):
    monkeypatch.setattr(optimise, "DENSE_ROWS", dense)
    trained = train(Pull(tables=tables))
    assert trained.epochs == 30 and len(trained.curve) == 30
    assert trained.curve[-1]["loss"] < 0.2 * trained.curve[0]["loss"]
    np.testing.assert_allclose(trained.weights["items"][: N_ROWS - 5], POINTS[: N_ROWS - 5], atol=0.3)
    np.testing.assert_allclose(trained.weights["bias"], 1, atol=0.1)
    np.testing.assert_array_equal(trained.weights["items"][N_ROWS - 5 :], 0)
    assert all(array.dtype == np.float32 for array in trained.weights.values())


def test_rows_and_the_whole_table_move_alike_under_adam():
    np.testing.assert_allclose(
        train(Pull(tables=())).weights["items"], train(Pull()).weights["items"], rtol=1e-4, atol=1e-5
    )


def test_a_row_step_is_what_is_worked_out_by_hand(monkeypatch):
    monkeypatch.setattr(optimise, "DENSE_ROWS", 0)
    table = torch.zeros(4, 2)
    one = optimise.Optimiser(torch, {"t": table}, ("t",), decay=0.0)
    for gradient in ([3.0, 4.0], [0.0, 0.0]):
        part = one.open({"t": np.array([2])})["t"]
        part.grad = torch.tensor([gradient])
        one.step(0.1)
        if any(gradient):
            # The mean square is 12.5; corrected for being the first one, its root is the size of the step.
            np.testing.assert_allclose(table[2], [-0.3 / 12.5**0.5, -0.4 / 12.5**0.5], rtol=1e-5)
    np.testing.assert_array_equal(table[[0, 1, 3]], 0)
    assert one.count["t"].tolist() == [0, 0, 2, 0]


def test_weights_without_a_gradient_stay():
    class Half(Pull):
        def loss(self, weights, batch):
            return super().loss({**weights, "bias": weights["bias"].detach()}, batch)

    np.testing.assert_array_equal(train(Half()).weights["bias"], 0)


def test_the_best_epoch_is_kept_and_patience_ends_the_fit():
    class Worse(Pull):
        def validate(self, weights):
            self.values.append(0.0 if len(self.values) == 3 else -1.0 - len(self.values))
            self.kept = weights if len(self.values) == 4 else getattr(self, "kept", None)
            return self.values[-1]

    problem = Worse()
    trained = train(problem, validation=SOME)
    assert (trained.epochs, len(trained.curve)) == (4, 7)
    np.testing.assert_array_equal(trained.weights["items"], problem.kept["items"])
    assert [entry["value"] for entry in trained.curve] == problem.values


def test_without_anything_to_judge_by_it_goes_on_as_without_validation():
    class Blind(Pull):
        def validate(self, weights):
            return float("nan")

    trained = train(Blind(), validation=SOME, plan=replace(PLAN, unvalidated=8))
    assert trained.epochs == 8 and "value" not in trained.curve[0]
    np.testing.assert_array_equal(trained.weights["items"], train(epochs=8).weights["items"])


def test_chosen_epochs_give_what_validation_saw():
    class Best(Pull):
        def validate(self, weights):
            return -abs(super().validate(weights) + 0.2)

    validated = train(Best(), validation=SOME)
    assert 1 < validated.epochs < 30
    again = train(Best(), epochs=validated.epochs)
    np.testing.assert_array_equal(again.weights["items"], validated.weights["items"])


def test_the_rate_rises_and_falls(monkeypatch):
    rates = []
    monkeypatch.setattr(optimise.Optimiser, "step", lambda self, rate: rates.append(rate))
    train(plan=replace(PLAN, epochs=2, unvalidated=2, warmup=10, final=0.0))
    np.testing.assert_allclose(rates, [*(0.005 * np.arange(1, 11)), *([0.025] * 10)])


def test_a_loss_that_is_no_number_ends_with_advice():
    with pytest.raises(TrainingError, match=r"loss of pull to fall, but in epoch 1 it is nan.*pull\] rate = 0.02"):
        train(Pull(factor=float("nan")))


def test_a_loss_that_grows_ends_with_advice():
    with pytest.raises(TrainingError, match=r"diverged. Lower the rate, which is 50: .* rate = 2e\+01"):
        train(plan=replace(PLAN, rate=50.0))


def test_a_problem_without_batches_teaches_nothing():
    class Empty(Pull):
        def batches(self, rng):
            return []

    trained = loop.train(Empty(), {"items": POINTS, "bias": np.ones(2, np.float32)}, PLAN, run_of(), name="pull")
    assert (trained.epochs, trained.curve) == (0, [])
    assert not any(array.any() for array in trained.weights.values())


def test_memory_is_said_and_refused_before_it_is_taken():
    said = []
    train(progress=lambda done, text: said.append((done, text)), epochs=1)
    assert said[0] == (0.0, "pull: needs about 1 MB beside the log")
    tight = Settings(models=ModelSettings(memory_mb=100))
    with pytest.raises(TrainingError, match=r"fit into 100 MB, but it needs about 954 MB; its .* items \[40, 3\]"):
        train(Pull(batch_bytes=10**9), settings=tight)


def test_progress_tells_loss_validation_and_time_left():
    said = []
    train(progress=lambda done, text: said.append((done, text)), validation=SOME, plan=replace(PLAN, epochs=2))
    assert said[1][0] == 0.5
    assert said[1][1].startswith("pull: epoch 1 of at most 2, loss ")
    assert ", validation -" in said[1][1] and said[1][1].endswith(" s left")


def test_the_state_of_torch_outside_is_left_alone():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    train(epochs=1)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_running_mean_is_what_is_worked_out_by_hand(monkeypatch):
    monkeypatch.setattr(loop, "MEAN_STEPS", 4)
    seen = []

    class Watched(Pull):
        def loss(self, weights, batch):
            seen.append(weights["bias"].detach().clone().numpy())
            return super().loss(weights, batch)

    # Ten steps: what is added is what steps 4 and 8 left, which the losses of steps 5 and 9 see.
    trained = train(Watched(), epochs=1, plan=replace(PLAN, average=0.15))
    mean = seen[0] + (seen[4] - seen[0]) * 0.9
    mean = mean + (seen[8] - mean) * 0.85
    np.testing.assert_allclose(trained.weights["bias"], mean, rtol=1e-6)


@pytest.mark.parametrize("dense", [0, 1000], ids=["state a row", "Adam"])
@pytest.mark.parametrize("validation", [None, SOME], ids=["blind", "validated"])
@pytest.mark.parametrize("average", [0.0, 0.9], ids=["plain", "mean"])
def test_a_fit_goes_on_to_the_same_result(dense, validation, average, tmp_path, monkeypatch):
    monkeypatch.setattr(optimise, "DENSE_ROWS", dense)
    monkeypatch.setattr(loop, "MEAN_STEPS", 3)
    train = partial(globals()["train"], validation=validation, plan=replace(PLAN, average=average))
    whole = train()

    def stop(done, text):
        if "epoch 7 " in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(checkpoint=tmp_path, progress=stop)
    said = []
    again = train(checkpoint=tmp_path, progress=lambda done, text: said.append(text))
    assert "epoch 8 " in said[1]
    assert again.curve == whole.curve and again.epochs == whole.epochs
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


def test_a_checkpoint_of_another_fit_or_a_damaged_one_is_not_used(tmp_path):
    whole = train(checkpoint=tmp_path, epochs=3)
    said = []
    train(checkpoint=tmp_path, epochs=3, plan=replace(PLAN, rate=0.01), progress=lambda done, text: said.append(text))
    assert "epoch 1 " in said[1]
    (tmp_path / checkpoint.FILE).write_bytes(b"half a file")
    np.testing.assert_array_equal(train(checkpoint=tmp_path, epochs=3).weights["items"], whole.weights["items"])


def test_a_checkpoint_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match=r"Expected to keep a checkpoint in .*file.*goes on from the last"):
        train(checkpoint=tmp_path / "file", epochs=1)


def test_a_killed_fit_goes_on_to_the_same_result(tmp_path):
    whole = train(epochs=30)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import torch; torch.set_num_threads(1)\n"
        "from pathlib import Path; from test_loop import Pull, train\n"
        "train(Pull(sleep_s=0.03), epochs=30, checkpoint=Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent), str(tmp_path)]
    killed_in = []
    for epochs in (2, 9):
        child = subprocess.Popen(command)
        while len(killed_in) == 0 or killed_in[-1] < epochs:
            time.sleep(0.01)
            assert child.poll() is None, "the fit ended before it was killed"
            if (tmp_path / checkpoint.FILE).exists():
                with np.load(tmp_path / checkpoint.FILE) as file:
                    killed_in.append(len(__import__("json").loads(file[checkpoint.STATE].tobytes())["curve"]))
        child.send_signal(signal.SIGKILL)
        child.wait()
    again = train(epochs=30, checkpoint=tmp_path)
    assert killed_in[-1] < 30
    assert again.curve == whole.curve
    np.testing.assert_array_equal(again.weights["items"], whole.weights["items"])

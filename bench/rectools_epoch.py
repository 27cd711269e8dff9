"""The peer of bench/training.py: users a CPU second of an epoch of RecTools' SASRec, on the same histories, one thread.

    python3 -m venv /tmp/peer
    /tmp/peer/bin/pip install "torch==2.13.0" "rectools[torch]==0.19.0" "numpy==1.26.4" "pyarrow<22"
    /tmp/peer/bin/python bench/rectools_epoch.py SEQUENCES.parquet [--batches 40]

It needs an environment of its own (numpy 1.26). Width 64, one block, 50 slots, batches of 128 users, sampled softmax
with 256 negatives for each position, dropout 0.2, as its authors' benchmark has it. `--batches` ends an epoch early:
a batch costs the same throughout it. Compare with `bench/training.py SHOP --negatives 256 --dropout 0.2`, run in turn.
"""

import argparse
import time
import warnings

import pandas as pd
import pytorch_lightning as pl
import torch
from rectools import Columns, __version__
from rectools.dataset import Dataset
from rectools.models import SASRecModel

USERS = 128


class Clock(pl.Callback):
    """Measures and prints the steps of an epoch from the second one on: the first warms up."""

    def on_train_batch_end(self, trainer, module, outputs, batch, index):
        """Start at the end of the first batch."""
        if index == 0:
            self.began = time.process_time()
        self.spent, self.users = time.process_time() - self.began, index * USERS

    def on_train_end(self, trainer, module):
        """Print here: RecTools trains with a copy of this object."""
        rate = self.users / self.spent
        print(f"RecTools {__version__}: {self.users} users in {self.spent:.1f} CPU s, {rate:.0f} users/s")


def main():
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sequences", help="parquet with user_id, item_id, position")
    parser.add_argument("--batches", type=int, default=0, help="end the epoch after so many batches; 0: whole")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    rows = pd.read_parquet(chosen.sequences).sort_values(["user_id", "position"], kind="stable")
    rows = rows[rows.groupby("user_id").cumcount(ascending=False) >= 2]  # the last two are validation and test
    log = pd.DataFrame(
        {
            Columns.User: rows.user_id,
            Columns.Item: rows.item_id,
            Columns.Weight: 1.0,
            Columns.Datetime: pd.to_datetime(rows.position, unit="s"),
        }
    )

    def trainer():
        return pl.Trainer(
            accelerator="cpu",
            max_epochs=1,
            limit_train_batches=chosen.batches or 1.0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            callbacks=[Clock()],
        )

    model = SASRecModel(
        n_factors=64,
        n_blocks=1,
        n_heads=1,
        session_max_len=50,
        loss="sampled_softmax",
        n_negatives=256,
        epochs=1,
        dropout_rate=0.2,
        batch_size=USERS,
        lr=1e-3,
        get_trainer_func=trainer,
    )
    model.fit(Dataset.construct(log))


if __name__ == "__main__":
    main()

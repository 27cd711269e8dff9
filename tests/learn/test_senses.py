"""Items as sums of what several senses tell: zero where something is missing, dropped by chance while learning."""

import numpy as np
import pytest

from whyrec.core.types import Catalog, Vocabulary, objects
from whyrec.learn.ops import TorchOps
from whyrec.learn.senses import Senses

torch = pytest.importorskip("torch", reason="the extra train is not installed")
CATALOG = Catalog(
    Vocabulary.of(["a", "b", "c", "d"]),
    titles={"": objects(["red shoe", "red hat", None, "blue coat"])},
    categories={"brand": objects([("x",), ("x", "y"), ("y",), ("unknown",)])},
)
KNOWN = np.array([True, True, False, True])


def made(weights, senses, step=None, rows=None):
    ops = TorchOps(torch)
    there = {name: torch.from_numpy(array) for name, array in weights.items()}
    rows = np.arange(4) if rows is None else rows
    return senses.vectors({**there, "items": there["items"][rows]}, rows, step, ops).numpy()


def weights_of(senses, D=3):
    rng = np.random.default_rng(0)
    return {"items": rng.standard_normal((4, D)).astype(np.float32), **senses.start(rng, D)}


def test_vectors_are_sums_of_what_is_there():
    senses = Senses.of(CATALOG, KNOWN, 0.0, 0.0)
    w = weights_of(senses)
    ids, brand, word = w["items"], w["sense.attributes"], w["sense.words"]
    assert brand.shape == (2, 3) and word.shape == (1, 3), "x, y; red: what one item alone has tells nothing"
    x, y = brand
    expected = [ids[0] + x + word[0], ids[1] + (x + y) / 2**0.5 + word[0], y, ids[3]]
    np.testing.assert_allclose(made(w, senses), expected, rtol=1e-6)
    np.testing.assert_allclose(made(w, senses, rows=np.array([2, 0])), [expected[2], expected[0]], rtol=1e-6)


def test_in_training_ids_and_senses_are_dropped_and_nothing_is_scaled_up():
    w = weights_of(Senses.of(CATALOG, KNOWN, 0.0, 0.0))
    plain = made(w, Senses.of(CATALOG, KNOWN, 0.0, 0.0))
    ids = w["items"] * KNOWN[:, None]
    no_ids, no_senses = Senses.of(CATALOG, KNOWN, 1.0, 0.0), Senses.of(CATALOG, KNOWN, 0.0, 1.0)
    np.testing.assert_allclose(made(w, no_ids, step=0), plain - ids, atol=1e-6)
    np.testing.assert_allclose(made(w, no_senses, step=0), ids)
    np.testing.assert_allclose(made(w, no_ids), plain, err_msg="nothing is dropped outside training")
    torch.manual_seed(0)
    some = Senses.of(CATALOG, KNOWN, 0.5, 0.0)
    seen = {tuple(np.isclose(made(w, some, step=n), plain).all(axis=1)) for n in range(20)}
    assert len(seen) > 4, "each item by its own chance"


def test_a_catalogue_without_content_has_ids_alone():
    senses = Senses.of(Catalog(CATALOG.items), KNOWN, 0.1, 0.1)
    w = weights_of(senses)
    assert senses.names == () and list(w) == ["items"]
    np.testing.assert_array_equal(made(w, senses), w["items"] * KNOWN[:, None])

"""Items as sums of what several senses tell: zero where something is missing, dropped by chance while learning."""

import io
from dataclasses import replace

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


def png(*colour):
    image = pytest.importorskip("PIL.Image", reason="the extra media is not installed")
    file = io.BytesIO()
    image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def media_catalog():
    red, blue = png(255, 0, 0), png(0, 0, 255)
    # The last item came after the media were read.
    tones = objects([[1.0, 0.0], [0.0, 1.0], None])
    return replace(CATALOG, media={"image": objects([red, blue, None]), "tone": tones})


def test_media_are_senses_of_their_own_and_what_is_missing_adds_nothing():
    senses = Senses.of(media_catalog(), KNOWN, 0.0, 0.0, "ngrams")
    assert senses.names == ("attributes", "words", "text", "tone", "image")
    w = weights_of(senses)
    there = {name: torch.from_numpy(array) for name, array in w.items()}
    parts = {name: senses.part(name, there, np.arange(4), None, TorchOps(torch)).numpy() for name in senses.names}
    for name in ("tone", "image"):
        assert (parts[name][:2] != 0).any(axis=1).all() and not parts[name][2:].any()
    assert (parts["image"][0] != parts["image"][1]).any()
    whole = sum(parts.values()) + w["items"] * KNOWN[:, None]
    np.testing.assert_allclose(made(w, senses), whole, rtol=1e-5, atol=1e-6)


def test_the_network_of_pictures_learns_and_others_take_what_it_made_lately(monkeypatch):
    monkeypatch.setattr("whyrec.learn.senses.AT_ONCE", 1)
    senses, rows = Senses.of(media_catalog(), KNOWN, 0.0, 0.0), np.arange(4)
    ops = TorchOps(torch)
    there = {name: torch.from_numpy(array).requires_grad_() for name, array in weights_of(senses).items()}
    first = senses.vectors(there, rows, 0, ops)
    torch.testing.assert_close(first, senses.vectors(there, rows, None, ops))
    first.square().sum().backward()
    assert (there["sense.image.0"].grad != 0).any()
    with torch.no_grad():
        there["sense.image.2"][:] = torch.flip(there["sense.image.2"], (0,))
    now, lately = (senses.part("image", there, rows, step, ops) for step in (None, 1))
    same = [bool(torch.allclose(now[row], lately[row], atol=1e-6)) for row in (0, 1)]
    assert sorted(same) == [False, True], "one of the two is looked at anew"

"""A block of a transformer on numbers that are worked out by hand."""

import numpy as np
import pytest

from whyrec.learn import transformer
from whyrec.learn.ops import NumpyOps

EYE, ZERO, NONE = np.eye(2), np.zeros((2, 2)), np.zeros(2)


def weights(key, up=ZERO, up_bias=NONE):
    """A block that asks with (1, 0) whatever its state, and whose second half is `up` alone."""
    return {
        "norm1": NONE, "norm1_bias": np.array([1.0, 0.0]), "qkv": np.hstack([EYE, key, EYE]), "qkv_bias": np.zeros(6),
        "out": EYE, "out_bias": NONE, "norm2": NONE, "norm2_bias": NONE,
        "up": up, "up_bias": up_bias, "down": 10 * EYE, "down_bias": NONE,
    }  # fmt: skip


def test_a_query_takes_from_each_event_as_much_as_it_fits():
    # Keys (c, 0) and (0, c) against (1, 0) over the root of the width: odds 3 to 1.
    w, memory = weights(EYE * np.log(3) * 2**0.5), np.array([[[1.0, 0.0], [0.0, 1.0]]])
    asked = np.array([[[5.0, 6.0], [7.0, 8.0]]])
    made = transformer.block(asked, w, 1, 0.0, None, NumpyOps(), memory)
    np.testing.assert_allclose(made, [[[5 + 1, 6], [7 + 0.75, 8 + 0.25]]])
    gone = transformer.block(asked, w, 1, 0.0, np.array([[False, True]]), NumpyOps(), memory)
    np.testing.assert_allclose(gone[0, 1], [7, 8 + 1], err_msg="a removed event is not looked at")


def test_without_a_memory_the_states_look_at_themselves():
    made = transformer.block(np.array([[[5.0, 6.0], [7.0, 8.0]]]), weights(ZERO), 1, 0.0, None, NumpyOps())
    np.testing.assert_allclose(made, [[[6, 6], [8, 8]]])


def test_the_second_half_adds_what_is_above_zero():
    w = weights(ZERO, up_bias=np.array([0.5, -0.5]))
    made = transformer.block(np.zeros((1, 1, 2)), w, 1, 0.0, None, NumpyOps(), np.zeros((1, 1, 2)))
    np.testing.assert_allclose(made, [[[5, 0]]])


@pytest.mark.parametrize("gated", [False, True])
def test_blocks_are_found_by_their_names(gated):
    made = transformer.start(np.random.default_rng(0), 4, "decoder.0", gated)
    assert transformer.depth(made, "decoder") == 1 and transformer.depth(made, "encoder") == 0
    own = transformer.layer(made, "decoder.0")
    assert ("gate1" in own) == gated and own["qkv"].shape == (4, 12)
    h = np.ones((1, 3, 4))
    assert transformer.block(h, own, 2, 0.0, None, NumpyOps(), h).shape == (1, 3, 4)

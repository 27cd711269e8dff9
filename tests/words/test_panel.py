"""The panel of the widget: every sentence is read back to its record, every line names the events that it removes."""

import pytest
from hypothesis import given, settings
from reading import GRAMMARS, displayed, read
from test_reading import explained

from whyrec.words.messages import languages, message
from whyrec.words.panel import labels, panel

DID = {"en": ("You ", "Because you {}."), "zh": ("你", "因为你{}。"), "es": ("Tú ", "Porque {}."),
       "ja": ("", "{}したためです。")}  # fmt: skip


@pytest.mark.parametrize("language", sorted(GRAMMARS))
@given(explained())
@settings(max_examples=40)
def test_every_sentence_is_read_back_to_its_record(language, case):
    explanation, query, names = case
    found = panel(explanation, query, names.__getitem__, language, time_zone="Asia/Shanghai")
    assert read(found.main, language) == displayed(found.records[0])
    start, sentence = DID[language]
    for line, record in zip(found.lines, found.records[1:], strict=True):
        clause = line.text.removeprefix(start)
        told = read(sentence.format(clause), language)
        assert told["because"] == [
            {key: value for key, value in entry.items() if key != "item_id"} for entry in record["because"]
        ]
    if found.checked:
        told = read(found.main + message(language, "between") + found.checked, language)["checked"]
        assert told["rank"] == explanation.necessary.rank_after > query.n


@given(explained())
def test_a_line_is_the_sum_of_the_reasons_of_its_events(case):
    explanation, query, names = case
    found = panel(explanation, query, names.__getitem__, "en")
    first = [
        min(k for k, r in enumerate(explanation.reasons) if set(r.event_ids) & set(line.event_ids))
        for line in found.lines
    ]
    assert first == sorted(first), "the order is that of the reasons, which is judged"
    assert all(line.weight > 0 for line in found.lines)
    for line in found.lines:
        inside = [r for r in explanation.reasons if set(r.event_ids) & set(line.event_ids)]
        assert sum(reason.weight for reason in inside) == pytest.approx(line.weight)
    if found.covers:
        assert sum(line.weight for line in found.lines) <= explanation.score + 1e-9


def test_the_labels_are_there_in_every_language_and_leave_the_browser_its_places():
    for language in languages():
        words = labels(f"{language}-XX")
        assert words["language"] == language
        assert all(words.values())
        assert "{item}" in words["question-mark"] and "{n}" in words["moved-other"]
    assert labels("en")["moved-one"] != labels("en")["moved-other"]

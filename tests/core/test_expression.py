"""The language that chooses items: what is written is read back, what cannot be read points at the place."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyrec.core.errors import FilterError
from whyrec.core.expression import DEEPEST, LONGEST, AllOf, AnyOf, Compare, Not, conjuncts, one_of, parse, written

fields = st.one_of(
    st.sampled_from(["price", "brand", "not", "größe", "screen size", "a`b", "x.y-z"]), st.text(min_size=1)
)
values = st.one_of(st.text(max_size=6), st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0))
tests = st.one_of(
    st.builds(Compare, fields, st.sampled_from(["=", "<", "<=", ">", ">="]), st.tuples(values)),
    st.builds(Compare, fields, st.just("in"), st.lists(values, min_size=1, max_size=4).map(tuple)),
    st.builds(Compare, fields, st.just("unknown")),
)


def _larger(parts):
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(Not, parts), st.builds(AllOf, several), st.builds(AnyOf, several))


expressions = st.recursive(tests, _larger, max_leaves=8)


@given(expressions)
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read_back(expression):
    text = written(expression)
    assert parse(text, len(text)) == expression
    assert written(parse(text, len(text))) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ('price < 300 and brand in ("Acme", "Lumo") and not category = "case"',
         'price < 300 and brand in ("Acme", "Lumo") and category != "case"'),
        ("A = 1 OR b = 2 AND c = 3", "A = 1 or b = 2 and c = 3"),
        ("(a = 1 or b = 2) and not (c = 3 and d = 4)", "(a = 1 or b = 2) and not (c = 3 and d = 4)"),
        ("not not a < -1.50e1", "not not a < -15"),
        ("a is unknown and b is not unknown", "a is unknown and b is not unknown"),
        ("c not in ('x', 'y')", 'c not in ("x", "y")'),
        (r'title = "say \"hi\" \\ there"', r'title = "say \"hi\" \\ there"'),
    ],
)  # fmt: skip
def test_it_reads_as_people_write(text, plain):
    assert written(parse(text)) == plain


def test_its_parts_are_told_apart():
    assert [written(part) for part in conjuncts(parse("a = 1 and (b = 2 or c = 3)"))] == ["a = 1", "b = 2 or c = 3"]
    assert written(one_of("brand", ["A"])) == 'brand = "A"'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("price <", "expected a number, or a text in quotes at letter 8, got the end"),
        ("price < and brand = 'x'", "expected a number, or a text in quotes at letter 9, got 'and'"),
        ("brand = Acme", "got 'Acme'; in quotes it is a text: \"Acme\""),
        ("brand == 'x'", "expected = at letter 7, got '=='"),
        ("a = 1 && b = 2", "expected and at letter 7"),
        ("brand = 'x", "expected a second ' after this one at letter 9"),
        ("(a = 1", "expected and, or, or a closing bracket at letter 7, got the end"),
        ("a = 1)", "expected and, or, or the end at letter 6"),
        ("a in ()", "expected a number, or a text in quotes at letter 7"),
        ("a is 3", "expected unknown at letter 6"),
        ("a not = 3", "expected in at letter 7"),
        ("3 < a", "expected the name of an attribute at letter 1, got '3'"),
        ("a = 1e999", "expected a number"),
        ("a = 1; drop", "at letter 6, got ';'"),
        ("", "expected the name of an attribute at letter 1, got the end"),
        ("not " * (DEEPEST + 1) + "a = 1", f"at most {DEEPEST} brackets"),
        ("a = 1 or " * LONGEST, f"at most {LONGEST:,} letters"),
    ],
)
def test_what_cannot_be_read_points_at_the_place(text, told):
    with pytest.raises(FilterError) as error:
        parse(text)
    message = str(error.value)
    assert told in message
    if "letter " in message:
        letter = int(message.split("at letter ")[1].split(",")[0])
        shown, mark = message.split("\n")[1:]
        assert text[letter - 1 : letter + 5].startswith(shown[len(mark) - 1 :][:5].strip() or "")


PIECES = [*"()\"'`\\=<>!,.-;#$ \0\n", "\u202e", "é", "茶", "\ud800", "not ", " and ", " or ", "a", "brand", "in ",
          "is ", "unknown", "1", "1e999", "-", '"x"', "__import__", "{}", "%s", "(" * 50, "not " * 50]  # fmt: skip


def test_ten_thousand_hostile_texts_are_read_or_refused():
    dice, n_read = random.Random(7), 0
    for n in range(10_000):
        text = "".join(dice.choices(PIECES, k=dice.randint(1, 40)))
        text = text if n % 3 else written(Compare(text, "=", (text,)))  # as a name and as a text it can be read
        try:
            tree = parse(text)
            assert parse(written(tree), 10**6) == tree
            n_read += 1
        except FilterError as error:
            assert str(error).startswith("Filter: expected ") and len(str(error)) < 400
    assert n_read > 3000

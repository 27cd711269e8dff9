"""Settings: what is written is read back, and what is wrong is refused in words that help."""

import dataclasses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whyrec.core.config import EventSettings, Settings, from_table, manual, read_settings, write_settings
from whyrec.core.errors import SettingsError, ShopError
from whyrec.core.rules import Boost, Cap, Pin, RuleSettings, Sponsored


def values(default, choices):
    """Values of the same type as a default."""
    if choices:
        return st.sampled_from(choices)
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, int):
        return st.integers(-(10**9), 10**9)
    if isinstance(default, float):
        return st.floats(allow_nan=False, allow_infinity=False)
    if isinstance(default, str):
        return st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=20)
    return None


words = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8)
places = st.integers(1, 20)
points = st.floats(-9, 9)


@st.composite
def rules(draw):
    def some(kind, **keys):
        return draw(st.lists(st.builds(kind, **keys), max_size=2))

    return RuleSettings(
        pins=some(Pin, item=words, place=places, name=words),
        boosts=some(Boost, where=st.just('brand = "Lumo"'), points=points),
        caps=some(Cap, attribute=words, most=places, among=places),
        sponsored=some(Sponsored, places=st.lists(places, min_size=1), items=st.just(["a"]), label=words),
        diversity=draw(st.floats(0, 1)),
        scenario=draw(st.sampled_from([{}, {"related": {"diversity": 0.5, "pins": [{"item": "b", "place": 2}]}}])),
    )


@st.composite
def settings(draw):
    made = Settings()
    for section in (f for f in dataclasses.fields(made) if f.name != "rules"):  # what they may be is checked
        part = getattr(made, section.name)
        for f in dataclasses.fields(part):
            strategy = values(getattr(part, f.name), f.metadata["choices"])
            if strategy is not None and draw(st.booleans()):
                part = dataclasses.replace(part, **{f.name: draw(strategy)})
        made = dataclasses.replace(made, **{section.name: part})
    made = dataclasses.replace(made, rules=draw(rules()))
    options = {"markov": {"decay": draw(st.floats(0, 1)), "gaps": 3}, "a b": {"on": True}}
    return dataclasses.replace(made, models=dataclasses.replace(made.models, options=options))


@given(settings())
@example(Settings(events=EventSettings(rating_threshold=-0.0)))
def test_round_trip(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("settings") / "whyrec.toml"
    write_settings(made, path)
    assert read_settings(path) == made
    assert read_settings(path).digest() == made.digest()


def test_digest_follows_content():
    other = dataclasses.replace(Settings(), serve=dataclasses.replace(Settings().serve, port=9))
    assert Settings().digest() == Settings().digest() != other.digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[serve]\nprot = 1",
            "whyrec.toml: serve: unknown key 'prot' (did you mean 'port'?). "
            "Known keys here: host, port, store, commit_ms, n, body_kb.",
        ),
        ("[serve]\nport = 'x'", "whyrec.toml: serve: port: expected int, got 'x'."),
        ("[serve]\nport = true", "whyrec.toml: serve: port: expected int, got True."),
        ("serve = 3", "whyrec.toml: serve: expected a section with keys, got 3."),
        (
            "[events]\nrepeats = 'keeps'",
            "whyrec.toml: events: repeats: expected one of auto, keep, hide, got 'keeps' (did you mean 'keep'?).",
        ),
        ("[models]\nnames = [1]", "whyrec.toml: models: names: expected a list of words, got 1 in it."),
        ("[events.weights]\nview = 'x'", "whyrec.toml: events: weights.view: expected a number, got 'x'."),
    ],
)
def test_wrong_settings_are_refused(tmp_path, text, message):
    path = tmp_path / "whyrec.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_settings(path)
    assert str(error.value) == message
    assert error.value.exit_status == 2


def test_own_words_for_kinds_come_back_and_must_name_kinds_that_exist(tmp_path):
    path = tmp_path / "whyrec.toml"
    own = Settings(events=EventSettings(kinds={"add to cart": "cart", "看": "view"}))
    write_settings(own, path)
    assert read_settings(path) == own
    path.write_text("[events.kinds]\ngrab = 'cart2'", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"names the kind 'cart2'.*did you mean 'cart'"):
        read_settings(path)
    path.write_text("[events.kinds]\ngrab = 2", encoding="utf-8")
    with pytest.raises(SettingsError, match="expected words for words, got 2"):
        read_settings(path)


def test_unknown_kind_names_its_neighbour(tmp_path):
    path = tmp_path / "whyrec.toml"
    path.write_text("[events]\ntargets = ['purchases']", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"names the kind 'purchases'.*did you mean 'purchase'"):
        read_settings(path)


def test_broken_toml_and_missing_shop(tmp_path):
    path = tmp_path / "whyrec.toml"
    with pytest.raises(ShopError, match="Make one with: whyrec init DIR --events FILE"):
        read_settings(path)
    path.write_text("[serve", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"Expected TOML in .*Correct that line"):
        read_settings(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="Expected TOML in"):
        read_settings(path)


def test_weights_add_to_the_defaults():
    made = from_table(Settings, {"events": {"weights": {"view": 1}}}, "whyrec.toml")
    assert made.events.weights["view"] == 1.0
    assert made.events.weights["purchase"] == 1.0
    assert made.events.weights["dislike"] < 0


def test_manual_names_every_setting():
    text = manual()
    for section in dataclasses.fields(Settings):
        assert f"## [{section.name}]" in text
        for f in dataclasses.fields(section.default_factory):
            assert f"| `{f.name}` |" in text
            assert f.metadata["help"], f"{section.name}.{f.name} has no help"

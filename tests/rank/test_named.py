"""A model with its options in one word."""

import pytest

from whyrec.core.config import ModelSettings, Settings
from whyrec.core.errors import SettingsError, UsageError
from whyrec.rank import named


@pytest.mark.parametrize(
    ("word", "name", "options"),
    [
        ("ease", "ease", {}),
        ("glass:latents=2", "glass", {"latents": 2}),
        ("multvae:ease=true, beta=0.1", "multvae", {"ease": True, "beta": 0.1}),
        ('blend:members=["ease","markov"],seed=1', "blend", {"members": ["ease", "markov"], "seed": 1}),
        ("gru4rec:cell=lstm", "gru4rec", {"cell": "lstm"}),
    ],
)
def test_read_and_written_back(word, name, options):
    assert named.parse(word) == (name, options)
    assert named.parse(named.write(name, options)) == (name, options)


def test_options_are_added_to_those_of_the_shop():
    settings = Settings(models=ModelSettings(options={"markov": {"gaps": 2}, "ease": {"fade": 0.5}}))
    name, changed = named.configure("markov:decay=0.5", settings)
    assert name == "markov"
    assert changed.models.options == {"markov": {"gaps": 2, "decay": 0.5}, "ease": {"fade": 0.5}}
    assert settings.models.options["markov"] == {"gaps": 2}
    assert named.configure("markov", settings) == ("markov", settings)


def test_wrong_words_say_what_is_wrong():
    with pytest.raises(UsageError, match=r"Expected NAME:key=value,..., got 'glass:latents'. Example: glass:latents=2"):
        named.parse("glass:latents")
    with pytest.raises(UsageError, match=r"Unknown model 'marko' \(did you mean 'markov'\?\)"):
        named.configure("marko:gaps=1", Settings())
    with pytest.raises(SettingsError, match=r"unknown key 'gap' \(did you mean 'gaps'\?\)"):
        named.configure("markov:gap=1", Settings())

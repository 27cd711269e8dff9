"""The tree of errors is the one drawn in its module, and every one is an error with an exit status."""

import inspect

from whyrec.core import errors


def test_the_drawn_tree_is_the_real_one():
    real = {n for n, c in vars(errors).items() if inspect.isclass(c) and issubclass(c, Exception)}
    drawn = {word for word in errors.__doc__.replace("├── ", " ").split() if word.endswith("Error")}
    assert real == drawn
    assert len(real) == 13


def test_exit_status():
    assert errors.WhyrecError.exit_status == 1
    assert errors.SettingsError.exit_status == 2


def test_missing_extra_gives_the_install_line():
    error = errors.MissingExtraError("nicegui", "console", "The console")
    assert str(error) == (
        "The console needs the package 'nicegui', which is not installed. "
        "In whyrec's folder run: pip install -c constraints.txt -e '.[console]'"
    )


def test_nearest():
    assert errors.nearest("markow", ["markov", "ease"]) == " (did you mean 'markov'?)"
    assert errors.nearest("zzz", ["markov", "ease"]) == ""

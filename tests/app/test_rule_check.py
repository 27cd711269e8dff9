"""Rules of whyrec.toml against the catalogue: what it lacks is named, with the nearest that it has."""

import json
from dataclasses import replace

import pytest
from small_service import make_shop
from typer.testing import CliRunner

from whyrec.app import rule_check
from whyrec.app.cli import app
from whyrec.core.config import write_settings
from whyrec.core.rules import Boost, Cap, Pin, RuleSettings, Sponsored


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with make_shop(tmp_path_factory.mktemp("rules")) as shop:
        yield shop


def found(shop, rules):
    shop.settings = replace(shop.settings, rules=rules)
    return [(one["rule"], one["severity"], one["said"]) for one in rule_check.findings(shop)]


def test_rules_that_fit_say_nothing(shop):
    fits = RuleSettings(
        pins=[Pin("item 3", 2)], boosts=[Boost('brand = "Acme" and price < 9', 1.0)], caps=[Cap("brand", 2)],
        sponsored=[Sponsored([3], ["item 5"])], scenario={"related": {"diversity": 0.3, "diversity_by": ["brand"]}},
    )  # fmt: skip
    assert found(shop, fits) == [] and found(shop, RuleSettings()) == []


def test_an_attribute_that_is_not_there_is_an_error_also_of_one_scenario(shop):
    (one,) = found(shop, RuleSettings(caps=[Cap("brnd", 2)]))
    assert one[:2] == ("rules", "error") and "no attribute 'brnd' (did you mean 'brand'?)" in one[2]
    (one,) = found(shop, RuleSettings(scenario={"related": {"boosts": [{"where": "colour = 1", "points": 1.0}]}}))
    assert one[:2] == ("rules.scenario.related", "error") and "colour" in one[2]


def test_values_and_items_that_are_not_there_are_warnings_with_the_nearest(shop):
    rules = RuleSettings(
        pins=[Pin("item 333", 1)], boosts=[Boost('brand = "Acne"', 1.0)], sponsored=[Sponsored([2], ["itm 4"])]
    )
    said = found(shop, rules)
    assert [severity for _, severity, _ in said] == ["warning"] * 3
    assert "'Acne' (did you mean 'Acme'?)" in said[0][2]
    assert "no item 'item 333'" in said[1][2] and "did you mean" in said[2][2]


def test_the_command_tells_them(shop):
    write_settings(replace(shop.settings, rules=RuleSettings(caps=[Cap("brnd", 2)])), shop.folder / "whyrec.toml")
    told = CliRunner().invoke(app, ["check", str(shop.folder)])
    assert told.exit_code == 0 and "did you mean 'brand'?" in " ".join(told.output.split())
    as_json = json.loads(CliRunner().invoke(app, ["check", str(shop.folder), "--json"]).output)
    assert as_json["rules"][0]["severity"] == "error" and as_json["rows_read"] > 0
    compacted = CliRunner().invoke(app, ["compact", str(shop.folder), "--days", "100"])
    assert compacted.exit_code == 0 and "0 lists deleted" in compacted.output

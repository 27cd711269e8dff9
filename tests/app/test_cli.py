"""The command line as scripts use it: JSON on standard output, exit statuses, messages instead of tracebacks."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "electronics"


def whyrec(*arguments, status=0, cwd=None):
    """Run the command line in a process of its own and return its standard output and error."""
    command = [sys.executable, "-m", "whyrec", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, stdin=subprocess.DEVNULL)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def as_json(*arguments, **options):
    return json.loads(whyrec(*arguments, "--json", **options)[0])


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The example shop, trained."""
    folder = tmp_path_factory.mktemp("cli") / "shop"
    whyrec("init", folder, "--events", EXAMPLE / "events.csv", "--items", EXAMPLE / "items.csv", "--yes")
    made = as_json("train", folder)["snapshots"]
    assert [row["model"] for row in made] == ["popular", "markov", "itemknn", "ease", "glass"]
    assert sum(row["live"] for row in made) == 1
    live = next(row for row in made if row["live"])
    assert live["metrics"]["ndcg@10"] == max(row["metrics"]["ndcg@10"] for row in made)
    return folder


def test_check_accounts_for_every_row(shop):
    check = as_json("check", shop)
    assert set(check) == {"rows_read", "rows_kept", "rows_set_aside", "rows_merged", "findings", "rules"}
    assert check["rows_read"] == check["rows_kept"] + check["rows_set_aside"] + check["rows_merged"]
    assert check["rows_read"] == len((EXAMPLE / "events.csv").read_text(encoding="utf-8").splitlines()) - 1
    for finding in check["findings"]:
        assert set(finding) == {"check", "severity", "count", "share", "samples", "action"}


def test_evaluate_writes_lists_that_give_the_same_numbers(shop, tmp_path):
    lists = tmp_path / "lists.parquet"
    board = as_json("evaluate", shop, "--protocol", "loo", "--seen", "hide", "--model", "markov", "--lists", lists)
    assert board["protocol"] == "loo"
    row = board["models"]["markov"]
    assert {"ndcg@10", "hr@10", "recall@10", "mrr", "coverage@10", "users", "fit_cpu_s", "peak_mb"} <= set(row)
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT * FROM '{lists}'").fetchall()
        names = [column[0] for column in con.description]
    assert names == ["model", "user_id", "rank", "item_id", "score"]
    assert len({r[1] for r in rows}) == row["users"]
    assert max(r[2] for r in rows) == 20


def test_recommend_and_explain_add_up(shop):
    listed = as_json("recommend", shop, "--user", "li", "-n", 5)
    assert set(listed) == {"id", "snapshot", "personalised", "items"}
    assert len(listed["items"]) == 5
    scores = [item["score"] for item in listed["items"]]
    assert scores == sorted(scores, reverse=True)
    item = listed["items"][0]
    why = as_json("explain", shop, "--user", "li", "--item", item["item_id"])
    total = why["empty_score"] + sum(reason["weight"] for reason in why["reasons"]) + why["gap"]
    assert total == pytest.approx(why["score"], abs=1e-6)
    assert why["score"] == pytest.approx(item["score"], rel=1e-5)
    assert why["method"] == "exact"
    for made_of in why["attributes"]:
        assert made_of["loses"] == pytest.approx(made_of["weight"] - made_of["mean"], abs=1e-9)
        assert sum(value["weight"] for value in made_of["values"]) == pytest.approx(made_of["weight"], abs=1e-6)
    assert why["counterfactual"]["rank_before"] <= 10 < why["counterfactual"]["rank_after"]
    assert "Checked: without" in why["text"]
    assert "已核对" in as_json("explain", shop, "--user", "li", "--item", item["item_id"], "--locale", "zh")["text"]


def test_why_one_item_and_not_another_adds_up(shop):
    first, *_, last = as_json("recommend", shop, "--user", "li", "-n", 5)["items"]
    asked = ("explain", shop, "--user", "li", "--item", first["item_id"], "--against", last["item_id"])
    why = as_json(*asked)
    assert why["method"] == "exact" and why["error"] == 0
    assert why["difference"] == pytest.approx(first["score"] - last["score"], rel=1e-5)
    assert why["empty"] + sum(reason["weight"] for reason in why["reasons"]) == pytest.approx(
        why["difference"], abs=1e-6
    )
    shown, _ = whyrec(*asked)
    assert f"{why['difference']:+.4f} points" in shown and first["title"] in shown and last["title"] in shown
    plain, shares = (as_json(*asked[:-2], "--method", way) for way in ("auto", "shapley"))
    assert plain == shares, "shares of a sum are its parts"


def test_unknown_users_get_the_popular_list(shop):
    listed = as_json("recommend", shop, "--user", "nobody/🙂' OR 1=1 --")
    assert [item["sources"] for item in listed["items"]] == [["popular"]] * 10


def test_filters_and_the_trace_of_a_list(shop):
    made = as_json("recommend", shop, "--user", "li", "-n", 3, "--only", "brand=Lumo", "--where", "price < 300")
    assert made["items"] and all(as_brand(shop, place["item_id"]) == "Lumo" for place in made["items"])
    told = as_json("trace", shop, made["id"], "--item", "tern-14")
    assert 'filter: brand = "Lumo"' in told["item"]["fell_by"] and told["n_left"] < told["n_items"]
    shown, _ = whyrec("trace", shop, made["id"], "--item", "tern-14")
    assert "taken out by filter: " in shown and "left by the filters" in shown
    nothing, _ = whyrec("recommend", shop, "--where", "brand = 'Lummo'")
    assert "items were taken out by" in nothing and "did you mean 'Lumo'?" in nothing


def as_brand(shop, item):
    lines = (EXAMPLE / "items.csv").read_text(encoding="utf-8").splitlines()
    head = lines[0].split(",")
    row = next(line.split(",") for line in lines if line.split(",")[head.index("item_id")] == item)
    return row[head.index("brand")]


def test_human_output(shop):
    assert "Lumo 9 Pro phone" in whyrec("explain", shop, "--user", "li", "--item", "lumo-9-pro")[0]
    assert "Because" in whyrec("recommend", shop, "--user", "li")[0]
    assert "rows read" in whyrec("check", shop)[0]
    assert "NDCG@10" in whyrec("evaluate", shop, "--model", "popular")[0]
    assert "live" in whyrec("train", shop, "--model", "markov")[0]
    assert "numpy" in whyrec("doctor", shop)[0]
    assert as_json("doctor")["shop"] is None


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["recommend", "no-such-shop"], 1, "Expected a shop folder with whyrec.toml, found none"),
        (["train", "SHOP", "--model", "markow"], 2, "Unknown model 'markow' (did you mean 'markov'?)"),
        (["evaluate", "SHOP", "--protocol", "lo"], 2, "Expected --protocol to be one of loo, time, got 'lo'"),
        (["explain", "SHOP", "--user", "li", "--item", "nothing"], 2, "Expected items that the snapshot knows"),
        (["explain", "SHOP", "--item", "tern-14", "--against", "nothing"], 2, "Expected items that the snapshot knows"),
        (
            ["explain", "SHOP", "--item", "tern-14", "--method", "lime"],
            2,
            "Expected --method to be one of auto, shapley",
        ),
        (["init", "SHOP", "--events", "x.csv"], 1, "is a shop already"),
        (["init", "NEW", "--events", "x.csv"], 1, "x.csv"),
        (["init", "NEW", "--events", "EVENTS", "--map", "user_id"], 2, "Expected --map NAME=COLUMN"),
        (["init", "NEW", "--events", "EVENTS", "--map", "user_id=nothing", "--yes"], 2, "nothing"),
        (["serve", "SHOP", "--port", "99999"], 2, "Expected to listen on 127.0.0.1:99999"),
    ],
)
def test_errors_say_what_to_do(shop, tmp_path, arguments, status, message):
    places = {"SHOP": shop, "NEW": tmp_path / "new", "EVENTS": EXAMPLE / "events.csv"}
    _, error = whyrec(*(places.get(word, word) for word in arguments), status=status, cwd=tmp_path)
    assert error.startswith("whyrec: ")
    assert message in error
    assert not (tmp_path / "new").exists(), "a failed init left something behind"


def test_a_kind_of_the_shop_is_named_at_init(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("user_id,item_id,event_type,timestamp\nu,i,grab,1600000000\nu,j,view,1600000001\n")
    assert "grab" not in str(as_json("init", tmp_path / "new", "--events", log, "--kind", "grab=cart")["findings"])
    assert 'grab = "cart"' in (tmp_path / "new" / "whyrec.toml").read_text()
    _, error = whyrec("init", tmp_path / "other", "--events", log, "--kind", "grab=cartt", status=2)
    assert "did you mean 'cart'" in error
    assert not (tmp_path / "other").exists()


def test_rollback_goes_back_and_again_undoes_it(shop, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(shop, folder)
    place = folder / "snapshots"
    live = (place / "live").read_text()
    kept = {path.name for path in place.iterdir()}
    _, error = whyrec("rollback", folder, "no-such", status=1)
    assert "Expected a snapshot 'no-such'" in error and (place / "live").read_text() == live

    first = live.split()[0]
    other = next(name for name in sorted(kept) if name not in (first, "live"))
    made = json.loads(whyrec("rollback", folder, other, "--json")[0])["snapshots"]
    assert [(one["id"], one["live"]) for one in made] == [(other, True)]
    assert json.loads(whyrec("recommend", folder, "--user", "li", "--json")[0])["snapshot"] == other
    whyrec("rollback", folder)
    assert (place / "live").read_text().split() == [first, other]
    assert json.loads(whyrec("recommend", folder, "--user", "li", "--json")[0])["snapshot"] == first
    assert {path.name for path in place.iterdir()} == kept

    (place / other / "arrays.npz").write_bytes(b"")  # what cannot serve does not go live
    _, error = whyrec("rollback", folder, status=1)
    assert "damaged" in error and (place / "live").read_text().split() == [first, other]
    (place / "live").write_text(first)
    assert "live before" in whyrec("rollback", folder, status=2)[1]


def test_json_errors(tmp_path):
    out, _ = whyrec("check", tmp_path, "--json", status=1)
    assert json.loads(out)["error"]["kind"] == "ShopError"


def test_wrong_usage_and_version():
    from whyrec import __version__

    whyrec("recommend", status=2)
    whyrec("no-such-command", status=2)
    assert whyrec("--version")[0].strip() == __version__


def test_a_shop_without_a_model_says_what_to_run(tmp_path):
    folder = tmp_path / "shop"
    whyrec("init", folder, "--events", EXAMPLE / "events.csv", "--yes")
    _, error = whyrec("recommend", folder, "--user", "li", status=1)
    assert f"Run: whyrec train {folder}" in error


def test_every_command_has_an_example_in_its_help():
    commands = (
        "init",
        "check",
        "train",
        "update",
        "rollback",
        "evaluate",
        "recommend",
        "trace",
        "explain",
        "serve",
        "demo",
        "doctor",
    )
    for name in commands:
        assert f"whyrec {name}" in " ".join(whyrec(name, "--help")[0].split()).split("Example:")[1]


def test_the_command_line_never_imports_torch(shop):
    code = (
        "import sys\nfrom whyrec.app.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "assert 'torch' not in sys.modules and 'pandas' not in sys.modules\n"
    )
    command = [sys.executable, "-c", code, "recommend", str(shop), "--user", "li", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr

"""The console in a real browser: find a shopper, see reasons and both pictures, untick, switch language."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest
from fake_shop import USER

from conftest import require

pytestmark = pytest.mark.browser
BOX = ".matrix tbody input[type=checkbox]"


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def start(folder, *arguments):
    """Start the simulated shop's console; returns the process and its address once it answers."""
    port = free_port()
    script = Path(__file__).parent / "serve_fake.py"
    log = (folder / "server.log").open("w", encoding="utf-8")
    command = [sys.executable, str(script), str(port), str(folder), *arguments]
    server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ})
    log.close()
    address = f"http://127.0.0.1:{port}/console"
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/models", timeout=30).close()
            return server, address
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    server.kill()
    server.wait()
    raise RuntimeError((folder / "server.log").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    require(find_spec("nicegui") is not None, "NiceGUI")
    server, address = start(tmp_path_factory.mktemp("console"))
    yield address
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture
def page(watched):
    """A page of the size of a desktop."""
    with watched() as tab:
        yield tab


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_a_shopper_is_found_and_the_list_has_reasons_and_both_pictures(page, console):
    page.goto(f"{console}/?lang=en")
    page.get_by_text("Whose list do you want to understand?").wait_for()
    page.locator("#find").press_sequentially("u-20", delay=40)
    page.wait_for_function("document.querySelectorAll('#shoppers option').length === 3")
    page.locator("#find").fill(USER)
    page.locator("#find").press("Enter")
    page.wait_for_url(re.compile(f"user={USER}"))

    page.locator("table.matrix").wait_for()
    assert page.locator("table.matrix tbody tr").count() == 12 + 1
    assert page.locator("table.matrix thead a.head").count() == 10
    page.locator(".chart svg path").first.wait_for()
    assert "12 Oct" in page.locator(".chart svg").first.text_content()
    columns = page.evaluate(
        """() => [...document.querySelectorAll('.matrix tfoot td[data-score]')].map((sum, k) => [+sum.dataset.score,
        [...document.querySelectorAll('.matrix tbody tr')].reduce((total, row) =>
            total + +row.querySelectorAll('td.cell')[k].dataset.value, 0)])"""
    )
    assert len(columns) == 10
    assert all(abs(score - total) < 1e-9 for score, total in columns)
    assert page.get_by_text("largest gap").is_visible()
    assert overflow(page) <= 0


def test_the_kind_of_list_is_chosen_from_a_menu_and_kept_in_the_address(page, console):
    page.goto(f"{console}/?user={USER}&lang=en")
    menu = page.locator("nav.scenes a")
    menu.first.wait_for()
    assert menu.all_text_contents() == ["For you", "New", "Related", "Reading", "All platforms", "Sold here"]
    assert page.locator("nav.scenes a[aria-current]").text_content() == "For you"
    menu.get_by_text("New").click()
    page.wait_for_url(re.compile("scenario=new"))
    page.locator("table.matrix").wait_for()
    assert page.locator("nav.scenes a[aria-current]").text_content() == "New"
    page.goto(f"{console}/?user={USER}&lang=ja&scenario=nonsense")
    assert page.locator("nav.scenes a[aria-current]").text_content() == "あなたへ"


def test_an_unticked_row_runs_the_list_again_and_the_address_keeps_it(page, console):
    page.goto(f"{console}/?user={USER}&lang=en")
    row = page.locator("table.matrix tbody tr", has_text="Tern 14 laptop")
    first = page.locator("table.list tbody tr").first
    assert "11-in-1 dock" in first.text_content()
    page.wait_for_timeout(300)  # the socket is open a moment after the page is drawn
    row.locator("input").click()
    page.locator("table.moves").wait_for()
    assert "off" in row.get_attribute("class")
    assert "Lumo 9 case" in page.locator("table.moves tbody").first.locator("tr").first.text_content()
    left = page.locator("tbody.gone tr[data-item='p-000'] td")
    assert [cell.strip() for cell in left.all_text_contents()] == ["1", "13", "11-in-1 dock", "2.02", "▼ 12"]
    held = page.locator(".checked").text_content()
    assert "without “Tern 14 laptop” (bought 16 Oct), “11-in-1 dock” is number 13th" in held
    page.wait_for_url(re.compile("off=4"))

    page.reload()
    page.locator("table.moves").wait_for()
    assert not page.locator(BOX).nth(4).is_checked()
    page.wait_for_timeout(300)
    page.locator("[data-restore]").click()
    page.locator("table.list").wait_for()
    assert page.locator(f"{BOX}:checked").count() == 12


def test_cells_are_reached_by_arrow_keys(page, console):
    page.goto(f"{console}/?user={USER}&lang=en")
    page.locator("table.matrix td.cell").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "65 W charger → 14-inch sleeve" in page.evaluate("document.activeElement.title")


def test_one_item_in_chinese_has_both_sentences_and_charts(page, console):
    page.goto(f"{console}/?user={USER}&lang=en")
    page.locator("a.head").first.click()
    page.get_by_text("Where does the score 3.64 of “11-in-1 dock” come from?").wait_for()
    page.locator("a[hreflang=zh]").click()
    page.get_by_text("「十一合一扩展坞」的 3.64 分是怎么来的？").wait_for()
    assert page.locator(".hbars .part-whole").count() == 2  # waterfall and contrast
    assert page.locator(".sharebar").count() + page.locator("svg.plot").count() >= 2
    words = page.locator(".sentences").text_content()
    assert "已核对：如果没有「燕 14 笔记本」，它会降到第 13 位。" in words
    assert "Checked: without “Tern 14 laptop” this would be 13th." in words
    page.locator("a[aria-label='深色']").click()
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(24, 33, 43)"
    assert overflow(page) <= 0


def test_models_and_data_answer_their_questions(page, console):
    page.goto(f"{console}/models?lang=en")
    page.get_by_text("Which model ranks best, and what does it cost?").wait_for()
    assert page.locator("table.board").count() == 2 and page.locator(".dotline").count() == 8
    assert page.get_by_text("No snapshot yet").is_visible()
    page.locator(".tabs a", has_text="Data").click()
    page.get_by_text("Where did every event go?").wait_for()
    assert page.locator("table.findings tbody tr").count() == 4
    page.locator("table.findings a", has_text="Duplicates").click()
    page.get_by_text("Sample: Duplicates").wait_for()
    page.wait_for_function("document.querySelectorAll('.chart svg').length === 3")
    assert overflow(page) <= 0


def test_what_became_of_lists_is_told_by_scenario_model_source_and_reason(page, console):
    page.goto(f"{console}/models?lang=en")
    page.locator(".segments a", has_text="What became of lists").click()
    page.get_by_text("What became of the lists that were shown?").wait_for()
    assert page.get_by_text("5,210 lists in 30 days").is_visible()
    tables = page.locator("table.became")
    assert tables.count() == 5, "all, scenario, model, source, reason; one mix alone says nothing"
    rows = [cell.strip() for cell in tables.nth(3).locator("tbody td:first-child").all_text_contents()]
    assert rows == ["history", "popular", "trial", "shop's own"]
    cells = tables.nth(4).locator("tbody tr").first.locator("td").all_text_contents()
    assert [cell.strip() for cell in cells if cell.strip()][:4] == [
        "what they bought",
        "30,000",
        "4.6\xa0%",
        "7.2\xa0%",
    ]
    assert overflow(page) <= 0
    for language, title in (
        ("zh", "哪种理由有效？"),
        ("ja", "どの種類の理由が効くか"),
        ("es", "¿Qué tipo de razón funciona?"),
    ):
        page.locator(f"a[hreflang={language}]").click()
        page.get_by_role("heading", name=title).wait_for()


def test_a_trace_says_how_a_list_came_about_and_why_an_item_is_not_on_it(page, console):
    page.goto(f"{console}/?user={USER}&lang=en")
    page.locator(".segments a", has_text="How it was made").click()
    page.locator("table.stages tbody tr").first.wait_for()
    assert page.locator("table.stages tbody tr").count() == 10
    funnel = [row.locator("td").all_text_contents() for row in page.locator("table.funnel tr").all()]
    assert funnel == [["Items of the snapshot", "30"], ["− had before", "11"], ["May stand on the list", "19"]]
    for asked, said in (
        ("p-000", "11-in-1 dock: it is on the list, at 1st."),
        ("p-013", "Lumo 9 screen glass: it would be 11th; the list has 10 places. It lacks 0.038 points."),
        ("p-018", "Tern 14 laptop: it was taken out: had before. Without that it would be 19th."),
        ("no such", "no such: it was taken out: not in the catalogue."),
    ):
        page.locator("#ask").fill(asked)
        page.locator("#ask").press("Enter")
        page.locator(".verdict", has_text=said).wait_for()
    assert overflow(page) <= 0
    page.locator(".segments a", has_text="List").click()
    page.locator("table.matrix").wait_for()


def test_the_trace_of_a_stored_list_has_what_rules_did_and_the_label(page, console):
    page.goto(f"{console}/?view=trace&list_id=kept&lang=en")
    rows = page.locator("table.stages tbody tr")
    rows.first.wait_for()
    assert "The shop placed it here: “Week of docks”." in rows.nth(0).text_content()
    assert rows.nth(1).locator(".chip").text_content() == "Lumo" and "Sponsored" in rows.nth(1).text_content()
    page.locator("a[hreflang=es]").click()
    page.get_by_text("¿Cómo se formó cada puesto?").wait_for()
    assert "La tienda lo puso aquí" in page.locator("table.stages tbody tr").first.text_content()
    page.goto(f"{console}/?view=trace&list_id=none&lang=en")
    page.get_by_text("Expected the id of a list that was given, got 'none'").wait_for()


@pytest.mark.parametrize(
    "place",
    [
        "/?lang=zh",
        f"/?user={USER}",
        f"/?user={USER}&item=p-000&lang=zh",
        "/models",
        "/data",
        "/models?view=lists&lang=ja",
        f"/?user={USER}&view=trace&ask=p-018&lang=es",
    ],
)
def test_a_phone_scrolls_down_only(page, console, place):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(console + place)
    page.locator(".card").first.wait_for()
    assert overflow(page) <= 0


def test_hostile_addresses_and_strangers_get_a_page(page, console):
    page.goto(f"{console}/?user=%22%3E%3Cscript%3Ewindow.hacked%3D1%3C/script%3E&off=99&item=&lang=en")
    page.get_by_text("No shopper has this id").wait_for()
    assert page.evaluate("window.hacked") is None
    assert page.locator("table.list tbody tr").count() == 10
    page.goto(f"{console}/?user={USER}&item=nothing&lang=en")
    page.get_by_text("This item is not on the list").wait_for()


def test_a_shop_without_a_model_says_what_to_run(page, tmp_path):
    server, address = start(tmp_path, "untrained")
    try:
        page.goto(f"{address}/?user={USER}&lang=en")
        page.get_by_text("No trained model yet").wait_for()
        assert page.locator("code").text_content() == f"whyrec train {tmp_path}"
    finally:
        server.terminate()
        server.wait(timeout=20)

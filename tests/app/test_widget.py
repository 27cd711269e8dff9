"""The component `<why-rec>` and the demo's storefront in a real browser, by clicks and keys."""

import re

import httpx
import pytest
from small_service import Client, fit, served

from whyrec.app.create import init
from whyrec.core.config import Settings, ShopSettings
from whyrec.simulated.shop import simulate

pytestmark = pytest.mark.browser
SIZE = 30_000
USER = "xiaoli"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A client of a small simulated shop."""
    folder = tmp_path_factory.mktemp("widget")
    events, items, users = simulate(n_shoppers=250).write(folder)
    settings = Settings(shop=ShopSettings(name="Starfield", demo=True))
    with init(folder / "shop", events, items=items, users=users, settings=settings) as shop:
        fit(shop, "markov")
        with served(shop) as address, httpx.Client(base_url=address, timeout=30) as http:
            client = Client(http)
            client.shop = shop
            yield client


@pytest.fixture
def tab(watched, service, request):
    """A page; its size may be given."""
    wide, high = getattr(request, "param", (1280, 860))
    with watched(wide, high, reduced_motion="reduce") as page:
        page.home = str(service.http.base_url).rstrip("/")
        yield page


def open_shop(page, lang="en", **more):
    query = "&".join(f"{name}={value}" for name, value in {"lang": lang, "user": USER, **more}.items())
    page.goto(f"{page.home}/shop?{query}")
    page.locator("why-rec .card").first.wait_for()


def shown(page):
    return page.locator("why-rec .card").evaluate_all("cards => cards.map((card) => card.dataset.id)")


def wanted(service, **more):
    return service.names(user_id=USER, n=12, **more)


def changed(page):
    """Wait until the bar tells that the list was asked for again; returns what it says."""
    bar = page.locator("why-rec .status")
    bar.get_by_role("button").wait_for()
    return bar.text_content()


def undo(page):
    page.locator("why-rec .status button").click()
    page.get_by_text("List updated.", exact=True).wait_for()


def test_it_is_one_small_file_that_asks_nobody_else(service):
    text = service.http.get("/widget/why-rec.js").text
    assert 1000 < len(text.encode()) < SIZE
    assert re.findall(r"https?://[^\s\"'`]+", text) == ["http://www.w3.org/2000/svg"]
    assert service.http.get("/widget/other.js").status_code == 404


def test_the_list_has_names_prices_pictures_and_reasons(tab, service):
    open_shop(tab)
    made = service.list(user_id=USER, n=12, locale="en")
    assert shown(tab) == [place["item_id"] for place in made["items"]]
    for k, place in enumerate(made["items"]):
        card = tab.locator("why-rec .card").nth(k)
        assert card.locator(".title").text_content() == place["title"]
        assert card.locator(".price").text_content() == (place["price"] or "")
        lines = card.locator(".reason").all_text_contents()
        assert lines == [place["reason"]] * bool(place["reason"]), "no line where too few people stand behind it"
    assert any(place["reason"] for place in made["items"])
    loaded = "image => image.decode().then(() => image.naturalWidth)"
    assert tab.locator("why-rec .card img").first.evaluate(loaded) == 200


def test_why_is_opened_read_and_closed_by_keys(tab, service):
    open_shop(tab)
    button = tab.locator("why-rec .why").first
    button.focus()
    tab.keyboard.press("Enter")
    panel = tab.locator("why-rec dialog")
    panel.locator(".rows").wait_for()
    list_ = service.list(user_id=USER, n=12, locale="en")
    asked = {"params": {"item_id": list_["items"][0]["item_id"], "locale": "en"}}
    why = service.ok("GET", f"/v1/recommendations/{list_['id']}/why", **asked)
    said = panel.text_content()
    assert why["main"] in said and why["checked"] in said and why["covers"] in said
    assert all(reason["text"] in said for reason in why["reasons"])
    assert panel.locator("svg.time circle").count() >= len(why["marks"]) - 2
    panel.get_by_text("Show as a table").click()
    assert panel.locator("table tr").count() == len(why["marks"]) + 1
    assert tab.evaluate("document.querySelector('why-rec').shadowRoot.activeElement.tagName") in ("H2", "SUMMARY")
    tab.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert button.evaluate("button => button.getRootNode().activeElement === button"), "focus returns"


def test_a_reason_that_is_switched_off_gives_the_promised_list_and_undo_gives_it_back(tab, service):
    open_shop(tab)
    before = shown(tab)
    tab.locator("why-rec .why").first.click()
    row = tab.locator("why-rec .row").first
    row.get_by_role("button", name="Not because of this").click()
    assert "moved" in changed(tab)
    after = shown(tab)
    assert after != before and after == wanted(service)
    assert "struck" in row.get_attribute("class")
    undo(tab)
    assert shown(tab) == before == wanted(service)


def test_personalisation_is_switched_off_for_good_and_back(tab, service):
    open_shop(tab)
    before = shown(tab)
    tab.locator("why-rec .why").first.click()
    switch = tab.locator("why-rec dialog").get_by_role("switch")
    switch.click()
    changed(tab)
    everybodys = service.names(n=12, personalised=False)
    assert shown(tab) == everybodys == wanted(service) != before
    assert switch.get_attribute("aria-checked") == "false"
    tab.reload()
    tab.locator("why-rec .card").first.wait_for()
    assert shown(tab) == everybodys, "it is kept for the next visit"
    service.ok("PUT", "/v1/preferences", json={"user_id": USER, "personalised": True})
    tab.reload()
    tab.locator("why-rec .card").first.wait_for()
    assert shown(tab) == before


def test_each_scenario_is_a_tab_of_the_same_grid(tab, service):
    for tab_name in ("new", "content", "cross-platform", "multilingual"):
        open_shop(tab, tab=tab_name)
        made = service.list(user_id=USER, n=12, scenario=tab_name, locale="en")
        assert shown(tab) == [place["item_id"] for place in made["items"]]
        assert tab.locator("[role=tab][aria-selected=true]").get_attribute("data-tab") == tab_name


def test_other_accounts_count_only_where_the_shopper_allows_it(tab, service):
    open_shop(tab, tab="cross-platform")
    tab.get_by_role("switch").check()
    tab.wait_for_function(
        f"() => fetch('/v1/profile?user_id={USER}').then((answer) => answer.json()).then((said) => said.sharing)"
    )
    tab.get_by_role("switch").uncheck()
    tab.wait_for_function(
        f"() => fetch('/v1/profile?user_id={USER}').then((answer) => answer.json()).then((said) => !said.sharing)"
    )


def test_a_relation_is_chosen_under_one_product(tab, service):
    item = service.names(user_id=USER, n=1)[0]
    open_shop(tab, tab="related", item=item)
    tab.get_by_role("button", name="Instead of it").click()
    tab.wait_for_url(re.compile("relation=substitute"))
    asked = {"scenario": "related", "relation": "substitute", "context": [item]}
    expected = service.names(user_id=USER, n=12, **asked)
    first = "id => document.querySelector('why-rec').shadowRoot.querySelector('.card')?.dataset.id === id"
    tab.wait_for_function(first, arg=expected[0])
    assert shown(tab) == expected


@pytest.mark.parametrize("kind", ["Hide", "Dislike"])
def test_what_is_hidden_or_disliked_is_gone_and_undo_brings_it_back(tab, service, kind):
    open_shop(tab)
    before = shown(tab)
    tab.locator("why-rec .card").nth(1).get_by_role("button", name=re.compile(f"^{kind}")).click()
    changed(tab)
    assert before[1] not in shown(tab) and shown(tab) == wanted(service)
    undo(tab)
    assert shown(tab) == before


def test_words_are_those_of_the_reader(tab, service):
    open_shop(tab, lang="zh")
    tab.locator("why-rec .why").first.click()
    panel = tab.locator("why-rec dialog")
    panel.locator(".rows").wait_for()
    for text in ("这条推荐由什么组成", "你的哪些行为起了作用", "不因为这个", "个性化推荐已开启"):
        assert text in panel.text_content()
    assert "因为你" in tab.locator("why-rec .reason").first.text_content()
    assert tab.locator(".simulated").text_content().startswith("模拟商店")


@pytest.mark.parametrize("tab", [(390, 844)], indirect=True)
def test_on_a_phone_the_panel_is_a_sheet_and_nothing_is_cut(tab):
    open_shop(tab)
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    tab.locator("why-rec .why").first.click()
    panel = tab.locator("why-rec dialog")
    panel.locator(".rows").wait_for()
    box = panel.bounding_box()
    assert box["width"] == 390 and round(box["y"] + box["height"]) == 844
    assert panel.evaluate("dialog => dialog.matches(':modal') && dialog.scrollWidth <= dialog.clientWidth")
    heights = panel.locator("button").evaluate_all("all => all.map((one) => one.offsetHeight).filter(Boolean)")
    assert heights and min(heights) >= 22


def test_where_the_service_fails_the_shops_own_list_stays(tab, service):
    open_shop(tab)
    page = """async () => {
        const made = document.createElement('why-rec');
        made.innerHTML = '<p id=own>our own list</p>';
        made.setAttribute('user', 'xiaoli');
        made.setAttribute('api', location.origin + '/no-such-place');
        const failed = new Promise((done) => made.addEventListener('why-rec-failed', () => done(true)));
        document.body.append(made);
        const cards = made.shadowRoot.querySelectorAll('.card').length;
        return [await failed, made.querySelector('#own').offsetHeight > 0, cards];
    }"""
    tab.route("**/no-such-place/**", lambda route: route.fulfill(status=200, body="not JSON"))
    assert tab.evaluate(page) == [True, True, 0]


def test_the_storefront_follows_what_the_shopper_does(tab, service):
    open_shop(tab, user="wine-lover")
    first = shown(tab)
    tab.locator("why-rec .title").first.click()
    tab.wait_for_url(re.compile("tab=related"))
    tab.locator("section.chosen b").get_by_text(re.compile(".+")).wait_for()
    related = service.list(user_id="wine-lover", scenario="related", context=[first[0]], n=12)
    tab.wait_for_function(
        "id => document.querySelector('why-rec').shadowRoot.querySelector('.card').dataset.id === id",
        arg=related["items"][0]["item_id"],
    )
    tab.get_by_role("button", name="Buy").click()
    tab.get_by_text("Noted.").wait_for()
    assert first[0] in service.shop.query("wine-lover").history.item
    tab.get_by_role("tab", name="For you").click()
    tab.wait_for_url(re.compile("tab=personal"))
    tab.wait_for_function("document.querySelector('h1').textContent === 'For you'")


def test_a_page_shows_how_to_embed_it(tab):
    tab.goto(f"{tab.home}/widget")
    tab.locator("why-rec .card").first.wait_for()
    assert "<why-rec user=" in tab.locator("pre").first.text_content()

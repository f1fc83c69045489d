"""What is typed is sent as it is meant, or comes back with a word about it."""

from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, choose_song, fill_required, submit
from tests.product import Product, until
from vidgo_sandbox import Sandbox


def _instrumental(visit: Visit, scripted: Product, title: str, weight: str) -> Page:
    page = visit(scripted, "/new/add-instrumental/")
    choose_song(page)
    fill_required(page, "add-instrumental", title)
    page.get_by_label("Title").fill(title)
    page.get_by_text("More", exact=True).click()
    # By keys, as a person: a browser may take them for no number.
    page.locator("#id_style_weight").press_sequentially(weight)
    return page


def test_a_weight_with_a_comma_is_sent_and_moves_its_slider(
    visit: Visit, scripted: Product, api: Sandbox
) -> None:
    page = _instrumental(visit, scripted, "A half by comma", "0,5")
    slider = page.get_by_label("Style, slider")
    expect(slider).to_have_value("0.5")
    expect(slider).to_have_attribute("aria-valuetext", "0.5")
    submit(page)

    def sent() -> list[float]:
        inputs = [request["body"]["input"] for request in api.requests()]
        return [one["style_weight"] for one in inputs if one.get("title") == "A half by comma"]

    assert until(sent, what="the request") == [0.5]


def test_a_weight_that_is_no_number_comes_back_with_its_error(
    visit: Visit, scripted: Product
) -> None:
    page = _instrumental(visit, scripted, "Half", "half")
    page.locator(".send button").click()
    expect(page.locator("#id_style_weight_error")).to_have_text("Enter a number.")
    expect(page.locator("#id_style_weight")).to_have_value("half")
    expect(page.get_by_label("Title")).to_have_value("Half")


def test_a_day_that_cannot_be_read_is_told_beside_its_field(
    visit: Visit, scripted: Product
) -> None:
    page = visit(scripted, "/tasks/")
    page.get_by_text("Find", exact=True).click()
    since = page.get_by_label("Since", exact=True)
    since.press_sequentially("31.02.2026")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#id_since_error")).to_be_visible()
    expect(since).to_have_value("31.02.2026")
    since.fill("31.12.2099")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()

"""The way back: what was ticked is ticked, and never what stands in its place by now."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.pages import Visit, open_tab, sign_in
from tests.product import Product

FORM = "/new/upload-and-separate-vocals/"
# With a filter: where there are only songs, the list itself is a welcome.
LIST = "/tasks/?status=finished"


@pytest.mark.parametrize("again", ["by the way back", "by a reload"])
def test_a_tick_stays_with_its_task_when_another_has_come(
    visit: Visit, product: Product, bring_in: Callable[[str], int], again: str
) -> None:
    one, other = bring_in("One"), bring_in("Other")
    page = visit(product, LIST)
    page.locator(f"#pick-{one}").check()
    page.locator(f"#task-{other} .row-title a").click()
    page.wait_for_url(f"**/tasks/{other}/")
    bring_in("Come meanwhile")
    page.go_back()
    if again == "by a reload":
        page.reload()
    expect(page.get_by_text("1 selected")).to_be_visible()
    expect(page.locator(".pick:checked")).to_have_id(f"pick-{one}")

    page.get_by_role("button", name="Clear selection").click()
    page.reload()
    expect(page.locator(f"#pick-{one}")).to_be_visible()
    expect(page.locator(".pick:checked")).to_have_count(0)


def test_without_javascript_nothing_is_ticked_on_the_way_back(
    open_context: Callable[..., BrowserContext], product: Product, bring_in: Callable[[str], int]
) -> None:
    one, other = bring_in("One"), bring_in("Other")
    page = open_context(base_url=product.url, java_script_enabled=False).new_page()
    sign_in(page)
    page.goto(LIST)
    page.locator(f"#pick-{one}").check()
    page.locator(f"#task-{other} .row-title a").click()
    page.wait_for_url(f"**/tasks/{other}/")
    third = bring_in("Come meanwhile")
    page.go_back()
    expect(page.locator(f"#pick-{third}")).to_be_visible()
    expect(page.locator(".pick:checked")).to_have_count(0)


def test_a_form_has_its_own_song_on_the_way_back(
    visit: Visit, product: Product, bring_in: Callable[[str], int]
) -> None:
    bring_in("A song of mine")
    page = visit(product, FORM)
    mine = page.locator("label").filter(has_text="A song of mine").first.get_by_role("radio")
    open_tab(page, "Songs")
    mine.check()
    page.get_by_label("Title").fill("Typed")
    page.get_by_role("link", name="Personas").first.click()
    page.wait_for_url("**/personas/")
    bring_in("A song of another")
    page.go_back()
    expect(page.get_by_text("A song of another")).to_be_visible()
    expect(mine).to_be_checked()
    expect(page.locator("[data-source]:checked")).to_have_count(1)
    expect(page.get_by_label("Title")).to_have_value("Typed")

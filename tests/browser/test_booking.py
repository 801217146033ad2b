"""The booking pages in a real browser: two widths, light and dark, with and without scripts."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page

from rex_celery import db
from rex_celery.meetings import links
from tests.browser.conftest import DESKTOP, PHONE, Visitor, overflow
from tests.meetings.rows import a_page

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Axe = Callable[[Page], list[str]]


@pytest.fixture
def link(tenant: UUID, visitor: Visitor) -> str:
    with db.transaction(tenant) as session:
        page = a_page(
            session,
            tenant,
            location="https://meet.example.com/a-room-with-a-long-name-that-does-not-fit-anywhere",
            hours={day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in DAYS},
        )
    return "/" + links.booking_link(tenant, page.id).split("/", 3)[3]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "390"])
def test_a_visitor_books_moves_and_cancels(
    visitor: Visitor, link: str, axe: Axe, size: dict[str, int], scheme: str
) -> None:
    page = visitor.page(color_scheme=scheme, timezone_id="Europe/Berlin")
    page.set_viewport_size(size)  # type: ignore[arg-type]

    def well() -> None:
        assert overflow(page) <= 0
        assert axe(page) == []

    page.goto(link)
    page.wait_for_url("**tz=Europe%2FBerlin**", wait_until="load")
    assert page.get_by_label("Time zone").input_value() == "Europe/Berlin"
    well()
    page.locator(".times a").nth(2).click()
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("Your e-mail address").fill("grace@example.com")
    well()
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Your meeting is booked").wait_for()
    well()
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to your calendar").click()
    assert download.value.path().read_text().startswith("BEGIN:VCALENDAR")
    page.get_by_role("link", name="Move it to another time").click()
    page.get_by_role("heading", name="Move your meeting").wait_for()
    well()
    page.locator(".times a").nth(5).click()
    page.get_by_role("button", name="Move the meeting").click()
    page.get_by_role("heading", name="Your meeting is booked").wait_for()
    page.get_by_text("Cancel the meeting").first.click()
    page.get_by_label("Why?").fill("a cold")
    well()
    page.get_by_role("button", name="Cancel the meeting").click()
    page.get_by_role("heading", name="Your meeting is cancelled").wait_for()
    well()


@pytest.mark.browser
def test_a_visitor_without_scripts_and_without_a_mouse_books_too(visitor: Visitor, link: str) -> None:
    page = visitor.page(java_script_enabled=False, timezone_id="Europe/Berlin")
    page.goto(link)
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_label("Time zone").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**tz=Asia%2FTokyo**")
    page.locator(".times a").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Your name").fill("Grace Hopper")
    page.keyboard.press("Tab")
    page.keyboard.type("grace@example.com")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your meeting is booked").wait_for()
    assert "Asia/Tokyo" in page.content()


@pytest.mark.browser
def test_a_form_that_is_wrong_says_so_where_it_is(visitor: Visitor, link: str, axe: Axe) -> None:
    page = visitor.page()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"{link}?tz=America/New_York")
    page.locator(".times a").first.click()
    page.locator("form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Your name").get_attribute("aria-invalid") == "true"
    assert axe(page) == []
    assert overflow(page) <= 0

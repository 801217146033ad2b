"""The Command Center as a person meets it: in a browser, on a running REX."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import LIVE, PATIENCE_MS, PHONE, Visitor, overflow

pytestmark = pytest.mark.browser

Axe = Callable[[Page], list[str]]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def leads_csv(tmp_path: Path) -> Path:
    """Thirty people worth waking, one of them twice, and one row that is no person."""
    rows = [f"Ada Lovelace{n},ada{n}@example.com,Demo,2026-09-01,Proposal Sent,{1000 * n},4" for n in range(30)]
    rows += [rows[0], "Nobody,not-an-address,Demo,2026-09-01,Proposal Sent,1,1"]
    header = "Full Name,Email,Last Activity,Last Activity Date,Deal Stage,Deal Amount,Activities"
    path = tmp_path / "leads.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def start_mission(page: Page, leads_csv: Path) -> None:
    """Through the form, as a person does."""
    page.get_by_role("link", name="New mission").click()
    page.get_by_label("CSV file").set_input_files(leads_csv)
    expect(page.get_by_text("leads.csv is in")).to_be_visible()
    page.get_by_label("What do you offer?").fill("a 20-minute audit of your lead list")
    page.get_by_label("Autonomy").select_option("auto")
    page.get_by_role("button", name="Start the mission").click()
    page.wait_for_url(re.compile(r"/missions/[0-9a-f-]{36}"))


def test_a_mission_is_submitted_followed_live_and_read(visitor: Visitor, leads_csv: Path, axe: Axe) -> None:
    page = visitor.signed_in(visitor.page())
    expect(page.get_by_text("No mission yet")).to_be_visible()
    start_mission(page, leads_csv)

    # The page asks by itself only once a minute while it is live, so this is the events' doing.
    expect(page.get_by_role("status").filter(has_text=LIVE)).to_be_visible()
    expect(page.locator(".page__head").get_by_text("Completed")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress of the mission")).to_have_attribute("aria-valuenow", "100")
    assert the_sum_holds(page)
    expect(page.get_by_role("list", name="Log")).to_contain_text("Outreach")
    assert axe(page) == []

    page.get_by_role("tab", name="Messages").click()
    page.locator(".messages__row").first.click()
    reader = page.get_by_role("dialog")
    expect(reader.get_by_text("Unsubscribe")).to_be_visible()
    with page.expect_download() as download:
        reader.get_by_role("link", name="Download .eml").click()
    assert b"List-Unsubscribe" in Path(download.value.path()).read_bytes()
    page.keyboard.press("Escape")
    expect(reader).to_be_hidden()


def the_sum_holds(page: Page) -> bool:
    """planned = sent + suppressed + skipped + failed + pending, as it stands on the page."""
    words = page.locator(".ledger__sum").inner_text()
    planned, *parts = (int(number) for number in re.findall(r"\d+", words))
    return planned == 30 and planned == sum(parts)


def test_the_emergency_stop_asks_stops_and_is_released(visitor: Visitor) -> None:
    page = visitor.signed_in(visitor.page())
    page.get_by_role("button", name="Emergency stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop all sending").click()
    expect(page.get_by_text("Nothing leaves until it is released")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("button", name="Emergency stop")).to_be_visible()


def test_a_second_window_hears_of_the_stop_at_once(visitor: Visitor) -> None:
    page, other = visitor.signed_in(visitor.page()), visitor.signed_in(visitor.page())
    expect(other.get_by_role("status").filter(has_text=LIVE)).to_be_visible()
    page.get_by_role("button", name="Emergency stop").click()
    page.get_by_role("button", name="Stop all sending").click()
    expect(other.get_by_text("Nothing leaves until it is released")).to_be_visible(timeout=4000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_is_accessible(visitor: Visitor, leads_csv: Path, axe: Axe, scheme: str) -> None:
    page = visitor.page(color_scheme=scheme)
    page.set_viewport_size(PHONE)
    page.goto("/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert (overflow(page), axe(page)) == (0, [])
    visitor.signed_in(page)
    start_mission(page, leads_csv)
    expect(page.locator(".page__head").get_by_text("Completed")).to_be_visible()
    mission = page.url
    for address, what in (
        (mission, "Steps"),
        ("/", "Queues"),
        ("/missions", "Missions"),
        ("/missions/new", "New mission"),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", name=what, exact=True)).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        assert (address, overflow(page), axe(page)) == (address, 0, [])
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 19)"
    assert dark is (scheme == "dark")


def test_without_the_live_server_the_page_says_so_and_asks_by_itself(visitor: Visitor) -> None:
    page = visitor.page()
    page.route_web_socket(re.compile(r".*"), _refuse)
    page.route(f"{visitor.rex.live_url}/**", lambda route: route.abort())
    visitor.signed_in(page)
    expect(page.get_by_role("status").filter(has_text="Every 5 s")).to_be_visible()


def _refuse(socket: WebSocketRoute) -> None:
    socket.close()


def test_a_link_signs_in_once_and_is_gone_from_the_address(visitor: Visitor) -> None:
    page = visitor.signed_in(visitor.page())
    link = page.evaluate(
        """async () => {
          const session = await (await fetch("/api/rex/session")).json();
          const answer = await fetch("/api/rex/session/link", {
            method: "POST", headers: { "X-CSRF-Token": session.csrf_token },
          });
          return (await answer.json()).url;
        }"""
    )
    other = visitor.page()
    other.goto(link)
    expect(other.get_by_role("heading", name="Overview")).to_be_visible()
    assert "#" not in other.url
    third = visitor.page()
    third.goto(link)
    expect(third.get_by_role("alert")).to_be_visible()


def test_the_keyboard_is_enough(visitor: Visitor) -> None:
    page = visitor.signed_in(visitor.page())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Missions", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

"""The page in a real browser: Debian's Chromium with its driver. Skipped, with the reason, where there is none."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skinimg.base.results import SubjectOverview
from skinimg.report import ReportOptions, write_index, write_subject_report

selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install selenium")
Select = pytest.importorskip("selenium.webdriver.support.ui").Select
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
if not (CHROMIUM and DRIVER):
    pytest.skip("no browser: apt-get install chromium chromium-driver", allow_module_level=True)
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,900"),
)
AXE = [Path(root) / "axe-core/axe.min.js" for root in ("/usr/lib/node_modules", "/usr/local/lib/node_modules")]
SECTIONS = (
    "summary",
    "missing",
    "history",
    "compare-0",
    "change-0",
    "details",
    "sides",
    "photos",
    "alignment-0",
    "method",
)


@pytest.fixture(scope="module")
def folder(drawn_subject, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("pages")
    drawn = drawn_subject(scale=0.3, arms=("Exosomes", "Saline"))
    write_subject_report(
        drawn.result, drawn.pictures, ReportOptions(), drawn.footer, out / "reports/P-017.html", drawn.subject
    )
    others = [drawn_subject(name=name, scale=0.05).result for name in ("P-9", "P-10", "P-2")]
    people = [SubjectOverview(d.subject, d.photos, d.scores) for d in others]
    write_index(people, {}, ReportOptions(), out / "index.html")
    return out


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Any]:
    options = selenium.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # selenium leaves its log file to the collector
        driver = selenium.Chrome(options=options, service=selenium.ChromeService(executable_path=DRIVER))
    driver.get("about:blank")
    yield driver
    driver.quit()


@pytest.fixture
def report(browser, folder) -> Any:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen"})
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get((folder / "reports/P-017.html").as_uri())
    return browser


def _one(page: Any, selector: str) -> Any:
    return page.find_element("css selector", selector)


def test_slider_moves_by_keyboard_and_by_mouse(report):
    stage, slider = _one(report, "#compare-0 .stage"), _one(report, "#compare-0 input[type=range]")
    clip = "return getComputedStyle(document.querySelector('#compare-0 .after .pane')).clipPath"
    start = report.execute_script(clip)
    slider.send_keys("\ue014" * 7)  # right arrow
    moved = report.execute_script(clip)
    assert ("50%" in start, "57%" in moved) == (True, True), (start, moved)
    selenium.ActionChains(report).move_to_element(stage).click_and_hold().move_by_offset(-60, 0).release().perform()
    assert float(slider.get_attribute("value")) < 50
    assert report.execute_script(clip) != moved


def test_outline_map_and_session_can_be_chosen(report):
    shown = "return getComputedStyle(document.querySelector('[data-side=after] .outline[data-finding=spots]')).display"
    assert report.execute_script(shown) == "none"
    _one(report, "#compare-0 input[data-finding=spots]").click()
    assert report.execute_script(shown) != "none"
    _one(report, "#compare-0 input[value=melanin]").click()
    Select(_one(report, "#compare-0 select[data-role=after]")).select_by_visible_text("S2")
    base = _one(report, "[data-side=after] [data-role=base]")
    assert base.get_attribute("href") == "#v0-1-melanin"
    assert _one(report, "[data-role=after-name]").text == "After: S2"
    assert _one(report, ".ramp-of[data-layer=melanin]").is_displayed()


def test_magnifiers_move_in_step(report):
    before, after = (
        f"return document.querySelector('[data-lens={side}]').getAttribute('viewBox')" for side in ("before", "after")
    )
    start = report.execute_script(before)
    _one(report, ".lenses").send_keys("\ue014\ue015")  # right, down
    moved = report.execute_script(before)
    assert moved != start
    assert moved == report.execute_script(after)


def test_a_click_on_the_map_shows_the_lesion(report):
    picker = _one(report, "[data-role=picker]")
    crop = "return document.querySelector('[data-role=chosen] .crop').getAttribute('viewBox')"
    chosen, box = picker.get_attribute("value"), report.execute_script(crop)
    report.execute_script(
        "const map = document.querySelector('[data-role=map]'), box = map.getBoundingClientRect();"
        "map.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: box.left + box.width * 0.4,"
        " clientY: box.top + box.height * 0.7}));"
    )
    assert picker.get_attribute("value") != chosen
    assert report.execute_script(crop) != box


def test_nothing_leaves_the_file_and_nothing_fails(report):
    report.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    messages = [json.loads(entry["message"])["message"] for entry in report.get_log("performance")]
    urls = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    assert any(url.startswith("file:") for url in urls)
    assert {url.split(":")[0] for url in urls} <= {"file", "data"}
    assert report.get_log("browser") == []


def test_a_long_reason_makes_no_table_wider_than_the_page(report):
    too_wide = (
        "const table = document.querySelector('#details .numbers'); table.closest('details').open = true;"
        "const reason = document.createElement('span'); reason.className = 'quiet because';"
        "reason.textContent = 'may be chance: one of many exploratory rows, '.repeat(5);"
        "table.querySelector('tbody td:last-child').append(reason);"
        "return table.offsetWidth > table.parentElement.clientWidth"
    )
    assert not report.execute_script(too_wide)


def test_print_keeps_every_section(report):
    report.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    heights = {
        name: report.execute_script(f"return document.getElementById('{name}').getBoundingClientRect().height")
        for name in SECTIONS
    }
    assert min(heights.values()) > 40, heights
    assert not _one(report, "#compare-0 .slider").is_displayed()
    assert _one(report, "#compare-0 .still .pane").is_displayed()
    folded = report.execute_script(
        "return [...document.querySelectorAll('details td')].filter(x => !x.checkVisibility()).length"
    )
    assert folded == 0
    for width, height in ((8.27, 11.69), (8.5, 11.0)):
        pdf = report.execute_cdp_cmd("Page.printToPDF", {"paperWidth": width, "paperHeight": height})["data"]
        assert len(pdf) > 50_000


@pytest.mark.parametrize("width", [1280, 820, 360])
def test_no_width_scrolls_sideways(report, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    report.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert report.execute_script("return document.documentElement.scrollWidth") <= width
    report.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_without_script_the_pictures_stand_side_by_side(browser, folder):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get((folder / "reports/P-017.html").as_uri())
    left, right = (_one(browser, f"#compare-0 .stage .{side}").rect for side in ("before", "after"))
    slider = _one(browser, "#compare-0 input[type=range]").is_displayed()
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert right["x"] >= left["x"] + left["width"]
    assert not slider


def test_index_sorts_by_number_and_back(browser, folder):
    browser.get((folder / "index.html").as_uri())
    names = "return [...document.querySelectorAll('tbody th')].map(cell => cell.textContent.trim())"
    button = _one(browser, "table.sortable thead button")
    button.click()
    assert browser.execute_script(names) == ["P-2", "P-9", "P-10"]
    button.click()
    assert browser.execute_script(names) == ["P-10", "P-9", "P-2"]


@pytest.mark.parametrize("name", ["reports/P-017.html", "index.html"])
def test_axe_finds_no_serious_violation(browser, folder, name):
    found = [path for path in AXE if path.is_file()]
    if not found:
        pytest.skip("axe-core is not installed: npm install -g axe-core")
    browser.get((folder / name).as_uri())
    browser.execute_script(found[0].read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = browser.execute_async_script("axe.run({runOnly: arguments[0]}).then(arguments[1])", tags)
    bad = [(v["id"], v["nodes"][0]["html"]) for v in result["violations"] if v["impact"] in ("serious", "critical")]
    assert bad == []
    assert len(result["passes"]) > 15

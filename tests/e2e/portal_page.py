"""The set-up page as a person sees it: a phone with Chromium, and what is on its screen."""

import base64
import json
import pathlib
import shutil

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pytest_esb.lab import Lab, StepFailed, port_answers, wait_until

ADDRESS = "4.3.2.1"  # of the access point
HOME = f"http://{ADDRESS}/"
APPLE_PROBE = "http://captive.apple.com/hotspot-detect.html"
SCREENS = {"320": (320, 640, "light"), "desktop": (1100, 800, "light"), "dark": (390, 844, "dark")}


def chromium(profile: pathlib.Path, *arguments: str) -> webdriver.Chrome:
    """A headless one that asks nobody for anything, its profile in this folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable", f"--user-data-dir={profile}",
                     *arguments):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "WARNING"})
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    browser.set_page_load_timeout(60)
    return browser


class Phone:
    """A browser behind the access point: every name leads to the device, as its name server says."""

    def __init__(self, lab: Lab, port: int, name: str = "phone"):
        self.port = port
        self.pictures = lab.products.build / "portal"
        names = ",".join(f"MAP {host}:80 127.0.0.1:{port}" for host in (ADDRESS, "captive.apple.com"))
        self.browser = chromium(lab.folder / name, f"--host-resolver-rules={names},MAP * ~NOTFOUND")
        self.look_like("320")
        lab.keep_track(self)

    def stop(self):
        try:
            self.browser.quit()
        except WebDriverException:
            self.browser.service.stop()

    # --- The screen ---

    def look_like(self, screen: str):
        width, height, scheme = SCREENS[screen]
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 500})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def take_pictures(self, name: str):
        """The whole page on each screen, as artefacts in the build folder."""
        self.pictures.mkdir(exist_ok=True)
        for screen in SCREENS:
            self.look_like(screen)
            assert self.run("return document.documentElement.scrollWidth <= innerWidth"), f"{name}: wider than {screen}"
            picture = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
            (self.pictures / f"{name}-{screen}.png").write_bytes(base64.b64decode(picture["data"]))
        self.look_like("320")

    def run(self, script: str, *arguments):
        return self.browser.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """What the page did against its own security policy, or wrongly; a device that is away is not its fault."""
        return [entry["message"] for entry in self.browser.get_log("browser")
                if "Failed to load resource" not in entry["message"]]

    # --- Reading ---

    def open(self, url: str = HOME):
        wait_until("the access point serves", lambda: port_answers(self.port), 60)
        self.browser.get(url)
        wait_until("the page knows the device", lambda: self.text("name"))

    def pretend_protections(self, words: list[str]):
        """The pages opened from now on read these in the device's state: a virtual chip has none of its own."""
        self.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": (
            "{ const parse = JSON.parse; JSON.parse = (text) => { const read = parse(text);"
            f"if (read.about) read.about.sec = {json.dumps(words)}; return read; }}; }}")})

    def protections(self) -> list[str]:
        return self.run("return Array.from(document.querySelectorAll('#protections li'), (li) => li.textContent)")

    def one(self, identifier: str):
        return self.browser.find_element(By.ID, identifier)

    def text(self, identifier: str) -> str:
        return self.run("const e = document.getElementById(arguments[0]);"
                        "return e && !e.closest('[hidden]') ? e.textContent : ''", identifier)

    def value(self, identifier: str) -> str:
        return self.run("return document.getElementById(arguments[0]).value", identifier)

    def is_shown(self, identifier: str) -> bool:
        return self.run("const e = document.getElementById(arguments[0]); return !!e && e.checkVisibility()", identifier)

    def networks(self) -> list[str]:
        return self.run("return Array.from(document.querySelectorAll('.net b'), (b) => b.textContent)")[:-1]

    def steps(self) -> dict[str, str]:
        """Each step's words and how it stands: wait, now, ok or bad."""
        return dict(self.run("return Array.from(document.querySelectorAll('#steps li'),"
                             "(li) => [li.firstChild.textContent, li.className])"))

    def headline(self) -> str:
        return self.text("headline")

    def wait_for(self, words: str, patience: float = 30):
        try:
            wait_until(words, lambda: words in self.headline(), patience)
        except StepFailed:
            raise StepFailed(f"the page does not say '{words}' but '{self.headline()}', {self.steps()}, "
                             f"'{self.text('verdict')}', '{self.text('form-error')}'") from None

    def setting_cards(self) -> list[str]:
        """The titles of the author's settings, in their order."""
        return self.run("return Array.from(document.querySelectorAll('#own > details > summary'), (s) => s.textContent)")

    def words_of(self, setting: str) -> dict[str, str]:
        """What stands at a setting's field for people, and the name by which documents call it."""
        return self.run("const f = document.getElementById('s-' + arguments[0]);"
                        "const [unit, help] = f.getAttribute('aria-describedby').split(' ')"
                        ".map((id) => document.getElementById(id));"
                        "return {label: f.labels[0].textContent, unit: unit ? unit.textContent : '',"
                        "name: help.querySelector('code').textContent}", setting)

    def labels_missing(self) -> list[str]:
        """Fields that nobody names, and settings of the base that only have their raw name."""
        return self.run("return Array.from(document.querySelectorAll('#own [id^=s-], #all-list [id^=s-]'))"
                        ".filter((f) => !/-(help|unit)$/.test(f.id)"
                        "&& !(f.labels && f.labels.length && f.labels[0].textContent !== f.id.slice(2)))"
                        ".map((f) => f.id)")

    # --- Doing ---

    def press(self, identifier: str):
        """As a finger does, once the thing is in view."""
        element = self.one(identifier)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def copy(self, identifier: str) -> str:
        """Presses the button beside a field; what the button says then."""
        button = self.browser.find_element(By.CSS_SELECTOR, f"[data-copy={identifier}]")
        self.run("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        return button.text

    def write(self, identifier: str, text: str):
        """Replaces what stands there. Chromium's driver cannot type what lies beyond U+FFFF."""
        field = self.one(identifier)
        self.run("arguments[0].scrollIntoView({block: 'center'})", field)
        if any(ord(c) > 0xFFFF for c in text):
            self.run("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
                     field, text)
            return
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.DELETE)
        field.send_keys(text)

    def press_save(self, form: str):
        self.run("document.getElementById(arguments[0] + '-said').textContent = ''", form)
        self.run("document.getElementById(arguments[0] + '-form').querySelector('.main').click()", form)

    def unfold(self, identifier: str):
        self.run("const d = document.getElementById(arguments[0]); d.open = true;", identifier)

    def choose(self, name: str):
        wait_until(f"'{name}' is in the list", lambda: name in self.networks())
        self.run("for (const row of document.querySelectorAll('.net'))"
                 "if (row.querySelector('b').textContent === arguments[0]) row.querySelector('input').click()", name)

    def choose_hidden(self, name: str):
        self.run("const all = document.querySelectorAll('.net input'); all[all.length - 1].click()")
        self.write("ssid", name)

    def use_broker(self, host: str, port: int):
        self.write("host", host)
        self.write("port", str(port))

    def fill_in(self, network: dict, broker=None):
        self.choose(network["ssid"])
        if network.get("passphrase"):
            self.write("pass", network["passphrase"])
        if broker:
            self.use_broker("127.0.0.1", broker.port)

    def set_up(self, network: dict, broker=None):
        self.fill_in(network, broker)
        self.press("try")

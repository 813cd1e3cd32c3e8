"""The whole way of a person through the panel, in Chromium: every page is loaded again, and every
page is left with the back button and come back to. Nothing is lost, nothing is sent twice, and after
the sign-out the back button shows nothing.
"""

import os
import subprocess

import requests
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from browser import chromium

env = os.environ
PANEL, API = env["PANEL_URL"], env["SCW_API_URL"]
driver = chromium()


def first(selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def another_page(action):
    """Does what leads to another page, and waits for it."""
    driver.execute_script("window.oldPage = true")
    action()
    loaded = "return !window.oldPage && document.readyState === 'complete'"
    wait = WebDriverWait(driver, 60, ignored_exceptions=[WebDriverException])
    wait.until(lambda d: d.execute_script(loaded))


def send(name=None, text="", form="main form"):
    if name:
        field = first(f"[name={name}]")
        field.clear()
        field.send_keys(text)
    another_page(first(f"{form} button[type=submit]").click)


def follow(text):
    another_page(driver.find_element(By.LINK_TEXT, text).click)


def posts():
    """How many forms the panel was sent."""
    seen = requests.get(f"{API}/_sandbox/requests", timeout=20).json()
    return sum(one["method"] == "POST" and "/panel/" in one["path"] for one in seen)


def text(selector):
    return [one.text for one in driver.find_elements(By.CSS_SELECTOR, selector)]


def shake(title, *shown):
    """Loads the page again, leaves it by the back button, and comes back: it is the same page, and
    shows the same things."""
    here = lambda: (driver.title.split(" - ")[0], [text(selector) for selector in shown])
    before = here()
    assert before[0] == title and all(before[1]), before
    sent = posts()
    another_page(driver.refresh)
    assert here() == before, here()
    another_page(driver.back)
    another_page(driver.forward)
    assert here() == before, here()
    another_page(driver.refresh)
    assert here() == before, here()
    assert posts() == sent, "a form was sent again"


def code(key):
    """A fresh code, by the clock of the service: it is moved on by two steps."""
    clock = requests.post(f"{API}/_sandbox/clock", json={"advance_s": 60}, timeout=20)
    command = ["oathtool", "--totp", "-b", "--now", f"@{clock.json()['now']}", key]
    return subprocess.check_output(command, text=True).strip()


def sign_out():
    first("button.account").click()
    another_page(first(".menu button").click)
    assert driver.title.startswith("Sign in"), driver.title
    assert text(".notice") == ["You are signed out."]


def nothing_shows(*secrets):
    """Goes back through all that was seen: each page of the panel is the sign-in now."""
    seen = 0
    while True:
        another_page(driver.back)
        if not driver.current_url.startswith(PANEL):
            break
        seen += 1
        # A page that the browser had kept loads itself again.
        WebDriverWait(driver, 20).until(lambda d: d.title.startswith("Sign in"), driver.title)
        page = driver.page_source.replace(" ", "")
        found = [secret for secret in secrets if secret in page]
        assert not found, (driver.current_url, found)
    assert seen > 5, seen


try:
    driver.get("about:blank")
    driver.get(PANEL)
    first("[name=email]").send_keys(env["EMAIL"])
    send("password", "wrong")
    assert "is wrong" in text(".problem")[0]
    send("password", env["PASSWORD"])
    shake("Account security", ".badge.off")

    send()
    shake("Enable two-factor authentication", ".key", ".steps h2")
    key = first(".key code").text.replace(" ", "")
    send("code", "000000")
    assert text(".problem") == ["Wrong code. Check that your phone sets its clock automatically."]
    shake("Enable two-factor authentication", ".key")
    send("code", code(key))
    assert text(".notice") == ["Two-factor authentication is on."]
    shake("Backup codes", ".codes code")
    codes = text(".codes code")
    assert len(codes) == 10, codes
    # To the first page, which says that they wait, and back.
    another_page(lambda: driver.get(PANEL))
    assert "not saved yet" in text(".alert")[0]
    shake("Account security", ".badge.on", ".alert")
    follow("Show the codes")
    assert text(".codes code") == codes
    first("[name=saved]").click()
    send()
    shake("Account security", ".badge.on")
    another_page(driver.back)
    assert driver.title.startswith("Account security") and not text(".codes code")

    follow("New codes")
    shake("New backup codes", "[type=submit]")
    send("code", code(key))
    renewed = text(".codes code")
    shake("Backup codes", ".codes code")
    assert not set(renewed) & set(codes)
    # Signed out before they were saved.
    sign_out()
    nothing_shows(key, *codes, *renewed)

    driver.get(PANEL)
    first("[name=email]").send_keys(env["EMAIL"])
    send("password", env["PASSWORD"])
    shake("Two-factor authentication", "form strong")
    send("code", "000000")
    assert text(".problem") == ["The code is wrong or already used."]
    shake("Two-factor authentication", "form strong")
    send("code", code(key))
    shake("Account security", ".badge.on")
    follow("Disable two-factor authentication")
    shake("Disable two-factor authentication", "[type=submit]")
    first("[name=code]").send_keys(code(key))
    send("confirmation", "disable")
    shake("Account security", ".badge.off")
    sign_out()
    nothing_shows(key, *codes, *renewed)
finally:
    driver.quit()

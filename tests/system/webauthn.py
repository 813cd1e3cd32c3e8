"""A browser with a passkey device, which does what it is told line by line.

PANEL, EMAIL and PASSWORD are in the environment. Each line of the input is answered with one line:

    add NAME   signs in with the password, adds a passkey, and signs out
    sign-in    signs in to the panel with a passkey: "signed in", or what the page says
    open URL   signs in with a passkey on the account page that the address leads to: the last title
"""

import os
import sys

from selenium.webdriver.common.by import By
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.ui import WebDriverWait

from browser import chromium

PANEL = os.environ["PANEL"]
driver = chromium()


def button(text):
    buttons = driver.find_elements(By.CSS_SELECTOR, "button[type=submit], a.button")
    return next(one for one in buttons if one.text == text or text in one.get_attribute("textContent"))


def wait(condition):
    return WebDriverWait(driver, 30).until(condition)


def said():
    """What the page says, if anything."""
    return " ".join(one.text for one in driver.find_elements(By.CSS_SELECTOR, "[role=alert], [role=status]") if one.text)


def sign_out():
    driver.delete_all_cookies()


def add(name):
    driver.get(PANEL)
    driver.find_element(By.NAME, "email").send_keys(os.environ["EMAIL"])
    driver.find_element(By.NAME, "password").send_keys(os.environ["PASSWORD"])
    driver.find_element(By.NAME, "password").submit()
    wait(lambda d: "Security" in d.title or "security" in d.title)
    button("Add a passkey").click()
    driver.find_element(By.NAME, "name").send_keys(name)
    button("Continue").click()
    wait(lambda _: said())
    text = said()
    assert name in driver.find_element(By.TAG_NAME, "main").text, text
    sign_out()
    return text


def sign_in():
    driver.get(PANEL)
    button("Sign in with a passkey").click()
    wait(lambda d: said() or "Sign in" not in d.title)
    text = said() or "signed in"
    sign_out()
    return text


def open_page(address):
    driver.get(address)
    button("Sign in with a passkey").click()
    wait(lambda d: d.title.startswith("scw: "))
    return driver.title


options = VirtualAuthenticatorOptions()
options.protocol = "ctap2"
options.transport = "internal"
options.has_resident_key = True
options.has_user_verification = True
options.is_user_verified = True
try:
    driver.add_virtual_authenticator(options)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        do = {"add": lambda: add(rest), "sign-in": sign_in, "open": lambda: open_page(rest)}[word]
        print(do(), flush=True)
finally:
    driver.quit()

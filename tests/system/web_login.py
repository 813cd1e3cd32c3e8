"""Opens the start page and signs in on the account page, as a person in a browser.

Usage: web_login.py ADDRESS

EMAIL and PASSWORD are in the environment; the page that the browser ends on is printed.
"""

import os
import sys

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from browser import chromium

driver = chromium()
try:
    driver.get(sys.argv[1])
    driver.find_element(By.NAME, "email").send_keys(os.environ["EMAIL"])
    driver.find_element(By.NAME, "password").send_keys(os.environ["PASSWORD"])
    driver.find_element(By.CSS_SELECTOR, "button[type=submit], button:not([type])").click()
    WebDriverWait(driver, 60).until(lambda d: d.title.startswith("scw: "))
    # Issue 11, 1: neither the address bar nor the history shows the login.
    history = driver.execute_cdp_cmd("Page.getNavigationHistory", {})["entries"]
    seen = [driver.current_url] + [entry[name] for entry in history
                                   for name in ("url", "userTypedURL", "title")]
    assert driver.current_url.endswith("/callback"), driver.current_url
    assert not any("token" in text or "?" in text for text in seen if "/callback" in text), seen
    loaded = driver.execute_script("return performance.getEntries().map((entry) => entry.name)")
    assert not any("token" in name for name in loaded), loaded
    # The style that the policy permits is the page's own.
    width = driver.execute_script("return getComputedStyle(document.querySelector('main')).maxWidth")
    assert width == "416px", width
    print(driver.title)
finally:
    driver.quit()

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
    print(driver.title)
finally:
    driver.quit()

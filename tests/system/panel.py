"""A person at the control panel, in Chromium. The environment names the sandbox, `scw` and a home
with a login for each dialect (see panel.rs).

Every page is looked at in two widths and two colour schemes: nothing overflows, and axe-core finds
nothing. With SCW_TEST_SHOTS=FOLDER there is a screenshot of each.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from browser import axe_source, chromium

env = os.environ
PANEL = env["PANEL_URL"]
WIDTHS = {390: 844, 1280: 800}
NARROWEST = 320
shots = env.get("SCW_TEST_SHOTS")

axe = axe_source()
driver = chromium()


def first(selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def type_into(name, text):
    first(f"[name={name}]").send_keys(text)


def another_page(action):
    """Does what leads to another page, and waits for it."""
    # Whether an element of the old page is stale cannot be asked safely: while the page is replaced,
    # the driver answers with an error of its own. The mark goes with the old page.
    driver.execute_script("window.oldPage = true")
    action()
    loaded = "return !window.oldPage && document.readyState === 'complete'"
    wait = WebDriverWait(driver, 60, ignored_exceptions=[WebDriverException])
    wait.until(lambda d: d.execute_script(loaded))


def send():
    another_page(first("main button[type=submit]").click)


def press(*keys):
    """Keys for whatever has the focus; the last one is Enter."""
    # A page that has just loaded may not have given its field the focus yet.
    WebDriverWait(driver, 60).until(lambda d: d.switch_to.active_element.tag_name != "body")
    for key in keys:
        driver.switch_to.active_element.send_keys(key)
    another_page(lambda: driver.switch_to.active_element.send_keys(Keys.ENTER))


def resize(width, height):
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide = driver.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width, f"{driver.title} is {wide} wide on {width}"


def picture(file):
    shot = {"format": "png", "captureBeyondViewport": True}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]))
    return file


def look(name):
    """Looks at the page that is shown."""
    resize(NARROWEST, 844)
    driver.execute_script(axe)
    for width, height in WIDTHS.items():
        for scheme in ["dark", "light"]:
            feature = {"name": "prefers-color-scheme", "value": scheme}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
            resize(width, height)
            if shots:
                picture(Path(shots) / f"{name}-{width}-{scheme}.png")
            found = driver.execute_async_script("axe.run().then(arguments[0])")
            assert len(found["passes"]) > 10, found
            bad = found["violations"]
            assert not bad, (name, width, scheme, json.dumps(bad, indent=1))


def scw(home, *arguments):
    """Runs `scw` as the person at a machine of their own."""
    own = {name: env[name] for name in ["PATH", "SCW_API_URL", "SCW_ACCOUNT_URL"]}
    command = [env["SCW"], *arguments]
    ran = subprocess.run(command, env={**own, "HOME": env[home]}, capture_output=True, text=True)
    assert ran.returncode == 0, ran
    return ran.stdout


def expect(word):
    """The second factor is so, says `scw` in both dialects and says the panel."""
    for home, api in [("HOME_IAM", "iam"), ("HOME_ACCOUNT", "account")]:
        status = json.loads(scw(home, "--api", api, "2fa", "status", "-o", "json"))
        assert status["two_factor"] == word, (api, status)
    driver.get(PANEL)
    assert first("h2").text == "Two-factor authentication", first("h2").text
    badge = first("[aria-labelledby=two-factor] .badge")
    assert badge.text.split()[0] == word.capitalize(), badge.text
    assert word in badge.get_attribute("class").split()


def code(key):
    """A fresh code, by the clock of the service: it is moved on by two steps."""
    clock = requests.post(f"{env['SCW_API_URL']}/_sandbox/clock", json={"advance_s": 60}, timeout=10)
    command = ["oathtool", "--totp", "-b", "--now", f"@{clock.json()['now']}", key]
    return subprocess.check_output(command, text=True).strip()


def sign_in():
    """With the keyboard alone: the focus is where one begins."""
    driver.get(PANEL)
    # After a wrong password the email address is still there, and the focus behind it.
    is_known = first("[name=email]").get_attribute("value") == env["EMAIL"]
    press(*([] if is_known else [env["EMAIL"], Keys.TAB]), env["PASSWORD"])


def sign_out():
    first("button.account").click()
    another_page(first(".menu button").click)
    assert driver.title.startswith("Sign in"), driver.title


def enable():
    send()
    look("enable")
    shot = picture(Path(tempfile.mkdtemp()) / "enable.png")
    address = subprocess.check_output(["zbarimg", "-q", "--raw", shot], text=True).strip()
    key = first(".key code").text.replace(" ", "")
    assert address == f"otpauth://totp/Scaleway:{env['EMAIL']}?secret={key}&issuer=Scaleway", address
    press("000000")
    field = first("[name=code]")
    assert driver.switch_to.active_element == field
    problem = driver.find_element(By.ID, field.get_attribute("aria-describedby").split()[-1])
    assert problem.text.startswith("Wrong code"), problem.text
    look("enable-wrong")
    press(code(key))
    look("codes")
    codes = [one.text for one in driver.find_elements(By.CSS_SELECTOR, ".codes code")]
    assert len(codes) == 10, codes
    assert download() == codes
    copy_and_print(codes)
    # Whoever leaves the page without saying that the codes are saved is asked by the browser.
    leave = "return dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert driver.execute_script(leave) is False
    first("[name=saved]").click()
    send()
    assert driver.execute_script(leave) is True
    return key, codes


def download():
    folder = Path(tempfile.mkdtemp())
    behavior = {"behavior": "allow", "downloadPath": str(folder)}
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", behavior)
    first("a[download]").click()
    file = folder / "backup-codes.txt"
    deadline = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < deadline, list(folder.iterdir())
        time.sleep(0.05)
    return file.read_text().split()


def copy_and_print(codes):
    """The buttons that the script adds."""
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": permissions})
    button = first("button[data-copy]")
    button.click()
    WebDriverWait(driver, 60).until(lambda d: button.text == "Copied")
    copied = driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied.split() == codes, copied
    driver.execute_script("window.print = () => { window.printed = true }")
    first("button[data-print]").click()
    assert driver.execute_script("return window.printed")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    on_paper = driver.execute_script("return document.body.innerText").split("\n")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert all(code in on_paper for code in codes), on_paper
    assert not any(word in " ".join(on_paper) for word in ["Copy", "Security", "sandbox"]), on_paper


def other_session():
    """A program that is signed in, too."""
    login = {"email": env["EMAIL"], "password": env["PASSWORD"]}
    requests.post(f"{env['SCW_API_URL']}/account/v2/login", json=login, timeout=10).raise_for_status()


def access():
    """A session is ended after a question, and a word says so."""
    driver.get(f"{PANEL}/access")
    look("access")
    rows = driver.find_elements(By.CSS_SELECTOR, "[aria-labelledby=sessions] li")
    assert [row.text.split("\n")[0] for row in rows[:2]] == ["Chrome on Linux This session", "Python"], rows[0].text
    another_page(rows[1].find_element(By.CSS_SELECTOR, "a").click)
    look("sign-out-session")
    send()
    look("access-notice")
    assert first("[role=status]").text.startswith("The session of Python"), first("[role=status]").text
    another_page(first("a[href*='/access/other-sessions']").click)
    look("sign-out-others")
    send()
    assert "signed out" in first("[role=status]").text
    another_page(first("[aria-labelledby=keys] a").click)
    look("revoke-key")
    another_page(driver.find_element(By.LINK_TEXT, "Cancel").click)
    assert driver.title.startswith("Sessions and keys"), driver.title


try:
    driver.get(PANEL)
    look("sign-in")
    type_into("email", env["EMAIL"])
    type_into("password", "wrong")
    send()
    look("sign-in-wrong")
    sign_in()
    expect("off")
    look("security-off")

    # What the program does shows here, and the server was not restarted.
    scw("HOME_IAM", "2fa", "on", "--otp-command", "oathtool --totp -b -", "--output", "json")
    expect("on")
    scw("HOME_IAM", "2fa", "off", "--yes")
    expect("off")

    other_session()
    other_session()
    key, codes = enable()
    expect("on")
    look("security-on")
    first("button.account").click()
    look("menu")
    access()
    for name in ["sign-ins", "recovery", "passkeys/add", "backup-codes/new"]:
        driver.get(f"{PANEL}/{name}")
        look(name.replace("/", "-"))
    sign_out()

    sign_in()
    look("code")
    press("000000")
    look("code-wrong")
    press(code(key))
    expect("on")
    driver.get(f"{PANEL}/sign-ins")
    look("sign-ins-wrong")
    sign_out()

    sign_in()
    first("summary").click()
    type_into("backup_code", codes[0])
    press()
    expect("on")
    assert "9 backup codes are left" in first("main").text

    another_page(first("main a.danger").click)
    look("disable")
    press("disabel")
    look("disable-wrong")
    type_into("confirmation", Keys.CONTROL + "a")
    type_into("confirmation", "disable")
    type_into("code", code(key))
    press()
    expect("off")
    sign_out()

    driver.get(f"{PANEL}/recovery")
    look("recovery-outside")
    driver.get(f"{PANEL}/nowhere")
    look("nowhere")
    target = "http://localhost:43117/0123456789abcdef0123456789abcdef0123456789/callback"
    driver.get(f"{env['SCW_ACCOUNT_URL']}/authenticate?redirectToUrl={target}")
    look("authenticate")
    driver.get(f"{env['SCW_ACCOUNT_URL']}/authenticate?redirectToUrl=http://evil.example/callback")
    look("authenticate-refused")
finally:
    driver.quit()

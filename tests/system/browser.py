"""A headless Chromium for the tests: Debian's browser and driver, nothing downloaded."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service


AXE = "4.10.3"


def axe_source():
    """axe-core from npm, kept beside the interpreter's libraries."""
    folder = Path(sys.prefix).parent / f"axe-{AXE}"
    source = folder / "node_modules/axe-core/axe.min.js"
    if not source.exists():
        command = ["npm", "install", "--silent", "--no-save", "--prefix", folder, f"axe-core@{AXE}"]
        home = {**os.environ, "HOME": tempfile.mkdtemp()}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=home)
    return source.read_text()


def chromium():
    """A fresh browser, with a profile of its own."""
    options = Options()
    options.binary_location = shutil.which("chromium")
    for flag in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                 "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync",
                 f"--user-data-dir={tempfile.mkdtemp()}"]:
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))

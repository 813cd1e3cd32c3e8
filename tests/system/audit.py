"""Real readers of the two-factor report, in each of its forms.

Usage: audit.py FOLDER XSD, with report.csv, .junit, .ocsf, .markdown, .html and .json of one organization.
"""

import csv
import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import xmlschema
from junitparser import Error, Failure, JUnitXml
from markdown_it import MarkdownIt
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

from browser import axe_source, chromium

folder = Path(sys.argv[1])
members = [json.loads(line) for line in (folder / "report.json").read_text().splitlines()]
without = [member for member in members if member["two_factor"] == "off"]
assert 0 < len(without) < len(members)


def text(form):
    return (folder / f"report.{form}").read_text()


# CSV: the values are those of the JSON.
with open(folder / "report.csv", newline="") as lines:
    rows = list(csv.DictReader(lines))
assert len(rows) == len(members)
for row, member in zip(rows, members):
    for name in ("user_id", "email", "username", "type", "two_factor", "created_at"):
        assert row[name] == member[name], (row, member)
    assert row["keys_without_end"] == str(member["keys_without_end"])
    assert row["last_login_at"] == (member["last_login_at"] or "never")

# JUnit: the schema of Jenkins, a reader of test results, and what GitLab's parser looks at.
xmlschema.XMLSchema(sys.argv[2]).validate(folder / "report.junit")
results = JUnitXml.fromfile(str(folder / "report.junit"))
assert (results.tests, results.failures, results.errors) == (len(members), len(without), 0)
cases = [case for suite in results for case in suite]
assert len({case.name for case in cases}) == len(members)
for case, member in zip(cases, members):
    assert member["email"] in case.name
    failed = [one for one in case.result if isinstance(one, (Failure, Error))]
    assert bool(failed) == (member["two_factor"] == "off")
# lib/gitlab/ci/parsers/test/junit.rb walks to each testcase below a testsuite, and takes these.
root = ElementTree.fromstring(text("junit"))
seen = root.findall("./testsuite/testcase")
assert len(seen) == len(members) and all(case.get("name") and case.get("classname") for case in seen)

# OCSF: the model, and what the schema of class 2003 requires.
for line, member in zip(text("ocsf").splitlines(), members, strict=True):
    finding = json.loads(line)
    ComplianceFinding.model_validate(finding)
    assert (finding["class_uid"], finding["category_uid"]) == (2003, 2)
    assert finding["type_uid"] == finding["class_uid"] * 100 + finding["activity_id"]
    for required in ("severity_id", "time", "metadata", "finding_info", "compliance"):
        assert required in finding, required
    assert finding["metadata"]["product"]["vendor_name"] and finding["metadata"]["version"]
    assert finding["finding_info"]["uid"] and finding["finding_info"]["title"]
    assert finding["compliance"]["standards"]
    state = {"on": (1, "Pass"), "off": (3, "Fail")}[member["two_factor"]]
    assert (finding["compliance"]["status_id"], finding["compliance"]["status"]) == state
    assert finding["resources"][0]["uid"] == member["user_id"]

# Markdown: one table with a row for each member, and nothing else that has a meaning.
tokens = MarkdownIt("commonmark").enable("table").parse(text("markdown"))
kinds = [token.type for token in tokens]
assert kinds.count("table_open") == 1
assert kinds.count("tr_open") == len(members) + 1
inline = [child for token in tokens for child in token.children or []]
assert not [child for child in inline if child.type in ("link_open", "image", "html_inline")]
cells = [token.content for token in tokens if token.type == "inline"]
assert sum(cell == "**off**" for cell in cells) == len(without)

# HTML: it stands alone, reads well on a phone and on paper, and axe-core finds nothing.
driver = chromium()
axe = axe_source()
for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    driver.get((folder / "report.html").as_uri())
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert driver.execute_script("return document.scripts.length") == 0
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert driver.execute_script("return document.querySelectorAll('tbody tr').length") == len(members)
    driver.execute_script(axe)
    found = driver.execute_async_script("axe.run().then(arguments[0])")
    assert not found["violations"], (width, scheme, [one["id"] for one in found["violations"]])
page = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
assert len(page["data"]) > 10_000
driver.quit()
print("good")

"""What the guides show as C++ compiles, and what they show as JSON is JSON."""
import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / name for name in ("coming-from.md", "start-hobbyist.md", "start-esp-idf.md")]
BEGIN = """#include <esb/console/output.hpp>
#include <esb/device/policy.hpp>
#include <esb/esb.hpp>
#include <esb/settings/store.hpp>
using namespace esb;
"""


def blocks(page: pathlib.Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def test_lines_of_an_author_compile(tmp_path):
    """All in one go, each block as the body of an esb_main()."""
    text = BEGIN
    for page in PAGES:
        for number, block in enumerate(blocks(page, "cpp")):
            text += f'void {page.stem.replace("-", "_")}_{number}(Device& device);\n'
            text += f'void {page.stem.replace("-", "_")}_{number}(Device& device) {{\n#line 1 "{page.name}"\n{block}}}\n'
    source = tmp_path / "blocks.cpp"
    source.write_text(text, encoding="utf-8")
    options = ["-std=gnu++23", "-fsyntax-only", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Werror"]
    done = subprocess.run(["c++", *options, "-I", ROOT / "src", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_json_is_json(page):
    for block in blocks(page, "json"):
        json.loads(block)

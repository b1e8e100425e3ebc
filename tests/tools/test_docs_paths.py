"""What the documents name is there: source files, functions given with their file, relative links and their headings."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "src/esb"
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"])
TOP = ("src", "tests", "host", "docs", "tools", "web", "bench", "scripts", "cmake", "examples", "esp-idf")
ROOMS = tuple(sorted(folder.name for folder in LIBRARY.iterdir() if folder.is_dir()))
SOURCE = r"[\w.*{},-]+\.(?:cpp|hpp|py|js|css|html|md|cmake|csv|defaults)"
IN_ROOM = re.compile(rf"(?:{'|'.join(ROOMS)})/(?:esp32/)?{SOURCE}")
IN_FOLDER = re.compile(rf"(?:{'|'.join(TOP)})/[\w./*{{}},-]*")
ALONE = re.compile(r"[a-z]\w*\.(?:cpp|hpp|py)")
OF_OTHERS = {"idf.py", "gen_esp32part.py", "espcoredump.py", "esptool.py", "espefuse.py", "espsecure.py"}  # ESP-IDF's
WITH_FUNCTION = re.compile(rf"({'|'.join(TOP + ROOMS)})/([\w./]+\.[ch]pp):([\w:~]+)\(\)")


def without_examples(page):
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def words(page):
    for span in re.findall(r"`([^`]+)`", without_examples(page)):
        yield from span.split()


def expand(text):
    """Braces as a shell reads them."""
    braces = re.search(r"\{([^{}]*)\}", text)
    if not braces:
        return [text]
    return [one for word in braces.group(1).split(",")
            for one in expand(text[:braces.start()] + word + text[braces.end():])]


def is_there(path):
    """Globs name at least one file."""
    folder = LIBRARY if path.split("/")[0] in ROOMS else ROOT
    return any(folder.glob(path.rstrip("/"))) if "*" in path else (folder / path).exists()


def known_names():
    return {file.name for top in TOP for file in (ROOT / top).rglob("*.*")}


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", "")).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_exist(page):
    names = known_names()
    missing = []
    for word in words(page):
        if IN_ROOM.fullmatch(word) or IN_FOLDER.fullmatch(word):
            missing += [path for path in expand(word) if not is_there(path)]
        elif ALONE.fullmatch(word) and word not in names | OF_OTHERS:
            missing.append(word)
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_functions_are_in_their_files(page):
    missing = []
    for word in words(page):
        named = WITH_FUNCTION.fullmatch(word)
        if not named:
            continue
        top, rest, function = named.groups()
        file = (LIBRARY if top in ROOMS else ROOT) / top / rest
        # A definition: with its class in front, or in the class.
        patterns = [re.escape(function) + r"\(", r"\b" + re.escape(function.split("::")[-1]) + r"\([^;]*\{"]
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if not any(re.search(pattern, text) for pattern in patterns):
            missing.append(word)
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = without_examples(page)
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
        if re.match(r"\w+:", target):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists():
            missing.append(target)
        elif heading and heading not in {slug(h) for h in re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M)}:
            missing.append(target)
    assert not missing


def test_the_readme_shows_the_example_as_it_is():
    shown = (ROOT / "README.md").read_text().split("```cpp\n")[1].split("```\n")[0]
    assert shown == (ROOT / "examples/basic/main.cpp").read_text()

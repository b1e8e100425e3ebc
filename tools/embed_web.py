#!/usr/bin/env python3
"""Compresses the files of the set-up page into a C++ source that defines esb::portal::pages().

    embed_web.py FOLDER OUTPUT.cpp [--language en]     writes the source
    embed_web.py FOLDER --check BYTES [--language en]  prints the weight; fails if it is more
    ... --with FEATURE                                 with what stands behind //+FEATURE, in styles in /*+FEATURE ...*/;
                                                       `//+FEATURE include FILE` stands for that file
    embed_web.py FOLDER --unpack TARGET                writes what browsers get, to be looked at

The same files make the same source: no times, no names of machines. Comments and the white space of scripts and
styles are left out, which asks of them that every statement ends with a semicolon and that there are no templates.
"""

import argparse
import gzip
import pathlib
import re
import sys

SCRIPT_TOKEN = re.compile(r'''
    "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'                             # texts
  | //[^\n]* | /\*.*?\*/                                                  # comments
  | (?<=[(,=:!&|])[ ]?/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/[a-z]*    # regular expressions
  | \s+ | [\w$]+ | .''', re.VERBOSE | re.DOTALL)


def small_script(text: str) -> str:
    out = []
    gap = False
    for token in SCRIPT_TOKEN.findall(text):
        if token.isspace() or token.startswith(("//", "/*")):
            gap = True
            continue
        if gap and out and re.match(r"[\w$]", out[-1][-1]) and re.match(r"[\w$]", token):
            out.append(" ")
        out.append(token.strip())
        gap = False
    return "".join(out) + "\n"


def small_style(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", text))
    return re.sub(r":\s+", ":", text).replace(";}", "}").strip() + "\n"


def small_page(text: str) -> str:
    return "".join(line.strip() + "\n" for line in text.splitlines() if line.strip())


# path, files ({} is the language), content type, what makes it small. The words go with the script: every request is
# a connection.
PAGES = [
    ("/", ["index.html"], "text/html; charset=utf-8", small_page),
    ("/style.css", ["style.css"], "text/css; charset=utf-8", small_style),
    ("/app.js", ["texts.{}.js", "app.js"], "text/javascript; charset=utf-8", small_script),
]


# Each feature's own words.
WORDS_OF = {"certificates": ["trust.{}.js"], "enterprise": []}


def with_features(folder: pathlib.Path, text: str, features: list[str]) -> str:
    for feature in features:
        text = re.sub(rf"//\+{feature} include (\S+)", lambda m: (folder / m[1]).read_text(encoding="utf-8"), text)
        text = re.sub(rf"/\*\+{feature} (.*?)\*/", r"\1", text)
        text = text.replace(f"//+{feature} ", "")
    return text


def contents(folder: pathlib.Path, language: str, features: list[str]):
    for path, names, content_type, small in PAGES:
        if path == "/app.js":
            names = [names[0], *(words for feature in features for words in WORDS_OF[feature]), names[1]]
        text = "".join((folder / name.format(language)).read_text(encoding="utf-8") for name in names)
        yield path, content_type, small(with_features(folder, text, features)).encode()


def compress(data: bytes) -> bytes:
    packed = bytearray(gzip.compress(data, compresslevel=9, mtime=0))
    packed[9] = 255  # the system that packed it: Python's versions differ
    return bytes(packed)


def source(pages) -> str:
    arrays, table = [], []
    for number, (path, content_type, data) in enumerate(pages):
        rows = [", ".join(str(byte) for byte in data[at:at + 24]) for at in range(0, len(data), 24)]
        arrays.append(f"constexpr std::uint8_t page_{number}[] = {{\n    " + ",\n    ".join(rows) + "};\n")
        table.append(f'    {{"{path}", "{content_type}", page_{number}}},\n')
    return ("// Made by tools/embed_web.py from web/.\n#include \"esb/portal/pages.hpp\"\n\n#include <cstdint>\n\n"
            "namespace esb::portal {\nnamespace {\n\n" + "\n".join(arrays) +
            "\nconstexpr Page table[] = {\n" + "".join(table) +
            "};\n\n}  // namespace\n\nstd::span<const Page> pages() { return table; }\n\n}  // namespace esb::portal\n")


def unpack(pages, target: pathlib.Path):
    target.mkdir(parents=True, exist_ok=True)
    for path, _, data in pages:
        (target / (path.strip("/") or "index.html")).write_bytes(data)


def weigh(pages, limit: int) -> int:
    for path, _, data in pages:
        print(f"{path}: {len(data)} bytes")
    total = sum(len(data) for _, _, data in pages)
    print(f"together: {total} of {limit} bytes")
    return 0 if total <= limit else 1


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("output", type=pathlib.Path, nargs="?")
    arguments.add_argument("--check", type=int)
    arguments.add_argument("--unpack", type=pathlib.Path)
    arguments.add_argument("--language", default="en")
    arguments.add_argument("--with", dest="features", action="append", default=[], choices=WORDS_OF)
    options = arguments.parse_args()
    plain = list(contents(options.folder, options.language, options.features))
    if options.unpack:
        unpack(plain, options.unpack)
    pages = [(path, content_type, compress(data)) for path, content_type, data in plain]
    if options.output:
        options.output.write_text(source(pages), encoding="utf-8")
    return weigh(pages, options.check) if options.check is not None else 0


if __name__ == "__main__":
    sys.exit(main())

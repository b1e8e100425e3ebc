#!/usr/bin/env python3
"""Compresses the files of the set-up page into a C++ source that defines esb::portal::pages().

    embed_web.py FOLDER OUTPUT.cpp [--language en]     writes the source
    embed_web.py FOLDER --check BYTES [--language en]  prints the weight; fails if it is more

The same files make the same source: no times, no names of machines.
"""

import argparse
import gzip
import pathlib
import sys

# path, file, content type; {} is the language
PAGES = [
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/style.css", "style.css", "text/css; charset=utf-8"),
    ("/app.js", "app.js", "text/javascript; charset=utf-8"),
    ("/texts.js", "texts.{}.js", "text/javascript; charset=utf-8"),
]


def compressed(folder: pathlib.Path, language: str):
    for path, name, content_type in PAGES:
        data = (folder / name.format(language)).read_bytes()
        yield path, content_type, gzip.compress(data, compresslevel=9, mtime=0)


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


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("output", type=pathlib.Path, nargs="?")
    arguments.add_argument("--check", type=int)
    arguments.add_argument("--language", default="en")
    options = arguments.parse_args()
    pages = list(compressed(options.folder, options.language))
    if options.check is not None:
        for path, _, data in pages:
            print(f"{path}: {len(data)} bytes")
        total = sum(len(data) for _, _, data in pages)
        print(f"together: {total} of {options.check} bytes")
        return 0 if total <= options.check else 1
    options.output.write_text(source(pages))
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes the comments of the library's headers Doxygen's (scripts/api-reference.sh): writes copies into a folder.

    doc_comments.py SOURCES FOLDER HEADER...     copies SOURCES/HEADER to FOLDER/HEADER; HEADER may have wildcards

A comment above a declaration belongs to it and to those that follow without an empty line, as people read it; one behind
a declaration or an enumerator belongs to that alone. Lines indented by four more are examples. What is deleted, and
destructors, need no words; errors have their own.
"""

import pathlib
import re
import sys

COMMENT = re.compile(r"^(\s*)//( .*)?$")
TRAILING = re.compile(r'^((?:[^"/]|"(?:\\.|[^"\\])*"|/(?!/))+?)(\s+)// (.*)$')
ERROR = re.compile(r'^\s*inline constexpr ErrorKind \w+\{"([^"]+)",\s*(?:"((?:[^"\\]|\\.)*)")?')
SEVERAL = re.compile(r"\s*([\w:]+) (\w+(?:, \w+)+);$")
NOTHING = re.compile(r"\s*(#(?!define)|[}]|public:|private:|protected:|namespace|using namespace)")
SILENT = re.compile(r"= delete;|~\w+\(\)|friend .*operator")


def escaped(text: str) -> str:
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\<>@#&%]|--)", r"\\\1", part) for part in parts)


def documented(block: list[str], indent: str) -> list[str]:
    out, example = [], False
    for text in block:
        is_example = text.startswith("     ")
        if is_example != example:
            out.append(f"{indent}/// @{'code{.cpp}' if is_example else 'endcode'}")
            example = is_example
        out.append(f"{indent}///{text if is_example else escaped(text)}")
    return out + ([f"{indent}/// @endcode"] if example else [])


class Page:
    def __init__(self):
        self.out: list[str] = []
        self.words: list[str] = []    # of the declarations from here on, until an empty line
        self.place = ""               # their indentation
        self.open = 0                 # brackets of a declaration that is not yet complete
        self.about = ("", [])         # the latest class and its words: its constructor's, too, unless it has own
        self.behind = -1              # the column of the comment behind the line before

    def comment(self, indent: str, text: str, fresh: bool):
        if self.behind == len(indent) and self.behind > 0:
            self.out.append(f"{indent}///<{escaped(text)}")
            return
        if fresh or indent != self.place:
            self.words, self.place = [], indent
        self.words.append(text)

    def above(self, indent: str, text: str):
        """In front of the declaration that the line is of: of a template, its first line."""
        at = len(self.out)
        while at > 0 and re.match(r"\s*(template|requires)\b", self.out[at - 1]):
            at -= 1
        words = self.words if indent == self.place and at == len(self.out) else []
        self.out[at:at] = documented([*words, " " + text], indent)

    def code(self, line: str, starts: bool):
        indent = re.match(r"\s*", line)[0]
        trailing = TRAILING.match(line)
        several = SEVERAL.match(trailing[1]) if trailing else None
        declares = starts and not NOTHING.match(line)
        if declares and self.words and indent == self.place and not trailing and not SILENT.search(line):
            self.out += documented(self.words, indent)
        error = ERROR.match(line)
        if error:  # its name and its sentence are what there is to say
            self.out.append(f"{indent}/// `{error[1]}`" + (f": {escaped(error[2])}." if error[2] else "."))
        begins = re.match(r"\s*(?:class|struct) (\w+)\b.*\{", line)
        if begins:
            self.about = (begins[1], self.words if indent == self.place else [])
        makes = re.match(r"\s+(?:constexpr )?(?:explicit )?(\w+)\(", line)
        if makes and makes[1] == self.about[0] and not trailing and not (self.words and indent == self.place):
            self.out += documented(self.about[1], indent)
        if SILENT.search(line) and re.search(r"[;}]\s*$", line):
            line = ""
        if trailing:
            self.behind = line.index("//", len(trailing[1]))
            if trailing[1].endswith("{") or re.match(r"\s*(enum |#define)", line):
                self.above(indent, trailing[3])
                line = trailing[1]
            elif several:
                names = several[2].split(", ")
                line = "\n".join(f"{indent}{several[1]} {name};  ///< {escaped(trailing[3])}" for name in names)
            else:
                line = f"{trailing[1]}{trailing[2]}///< {escaped(trailing[3])}"
        else:
            self.behind = -1
        self.out.append(line)


def converted(lines: list[str]) -> list[str]:
    page = Page()
    at = 0
    head = []
    while at < len(lines) and COMMENT.match(lines[at]):
        head.append(COMMENT.match(lines[at])[2] or "")
        at += 1
    page.out += ["/// @file", *documented(head, "")]
    previous, depth = "", 0
    for line in lines[at:]:
        comment = COMMENT.match(line)
        if not line.strip():
            page.words, page.behind = [], -1
            page.out.append("")
        elif comment and (comment[2] or "").startswith(" ---"):
            page.out.append("")
        elif comment:
            page.comment(comment[1], comment[2] or "", not COMMENT.match(previous))
        else:
            page.code(line, depth == 0)
            depth = max(0, depth + line.count("(") - line.count(")"))
        previous = line
    return page.out


def main() -> int:
    sources, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for pattern in sys.argv[3:]:
        files = sorted(sources.glob(pattern))
        if not files:
            sys.exit(f"doc_comments: there is no {pattern}")
        for file in files:
            target = folder / file.relative_to(sources)
            target.parent.mkdir(parents=True, exist_ok=True)
            lines = converted(file.read_text(encoding="utf-8").splitlines())
            target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

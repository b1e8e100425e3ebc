#!/usr/bin/python3
"""Tells the story of story.py as a terminal session. Started by demo.sh."""

import os
import shutil
import signal
import sys
import threading
import time

from pytest_esb.lab import Lab, Products, StepFailed
from story import STEPS, Story


class Narrator:
    """Prints the session; colors and a bar drawn in place only on a terminal."""

    COLORS = {"title": "1;36", "say": "3", "command": "1", "serial": "32", "typed": "33", "esb": "0", "good": "1;32",
              "bad": "1;31", "faint": "2"}
    MARKS = {"serial": "serial |", "typed": "serial >", "esb": "       |"}

    def __init__(self, stream=sys.stdout):
        self.stream = stream
        self.terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self.width = shutil.get_terminal_size().columns if self.terminal else 0
        self.lock = threading.Lock()
        self.bar = ""

    def paint(self, kind: str, text: str) -> str:
        return f"\x1b[{self.COLORS[kind]}m{text}\x1b[0m" if self.terminal else text

    def line(self, text: str = ""):
        with self.lock:
            if self.bar:
                self.stream.write("\r\x1b[K")
            self.stream.write(text + "\n" + self.bar)
            self.stream.flush()

    def title(self, text: str):
        self.line()
        self.line(self.paint("title", text))

    def say(self, text: str):
        self.line(self.paint("say", text))

    def command(self, arguments: list[str]):
        self.line("  " + self.paint("faint", "$ ") + self.paint("command", " ".join(quoted(a) for a in arguments)))

    def output(self, source: str, text: str):
        if self.bar and source == "esb":  # the bar is complete: it stays where it is
            bar = self.bar
            self.progress("")
            self.line(bar)
        text = "".join(c if c.isprintable() else "?" for c in text)
        self.line(f"    {self.paint('faint', self.MARKS[source])} {self.paint(source, text)}")

    def progress(self, text: str):
        """A state of the progress bar; empty takes it away."""
        with self.lock:
            if self.terminal:
                self.bar = f"    {self.MARKS['esb']} {text}"[:self.width - 1] if text else ""
                self.stream.write(f"\r\x1b[K{self.bar}")
            elif text:
                self.stream.write(f"    {self.MARKS['esb']} {text}\n")
            self.stream.flush()

    def table(self, rows: list[tuple[str, str]]):
        width = max(len(step) for step, _ in rows)
        for step, evidence in rows:
            self.line(f"  {self.paint('good', 'ok')}  {step.ljust(width)}  {evidence}")


def quoted(word: str) -> str:
    return f"'{word}'" if " " in word else word


def interrupt(*_):
    raise KeyboardInterrupt


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)  # so that what was started is ended
    narrator = Narrator()
    products = Products()
    if products.missing():
        print(f"demo: not built yet: {' '.join(products.missing())}", file=sys.stderr)
        return 1
    started = time.monotonic()
    lab = Lab(products, narrator)
    story = Story(lab, download_rate="150k")  # a second or two, so that the bar can be seen
    step = ""
    try:
        with lab:
            for number, (title, steps) in enumerate(STEPS, 1):
                narrator.title(f"{number}. {title}")
                for step in steps:
                    method = getattr(story, step)
                    narrator.say(method.__doc__.strip())
                    method()
    except StepFailed as failure:
        narrator.progress("")
        narrator.line(narrator.paint("bad", f"demo: {step.replace('_', ' ')}: {failure}"))
        narrator.line(f"logs and files are in {lab.folder}")
        return 1
    except KeyboardInterrupt:
        narrator.progress("")
        narrator.line(f"stopped; logs and files are in {lab.folder}")
        return 130
    narrator.title("What was shown")
    narrator.table(story.evidence)
    narrator.line(f"\nall in {time.monotonic() - started:.0f} s")
    if os.environ.get("KEEP") == "1":
        narrator.line(f"logs and files are in {lab.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

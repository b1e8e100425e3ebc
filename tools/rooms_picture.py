#!/usr/bin/python3
"""Draws the rooms of src/esb and the #includes between them: docs/images/rooms.svg.

Usage: rooms_picture.py [ROOT] [--check | --list]. --check writes nothing and fails when the picture is not what would
be drawn; --list prints every arrow.

An arrow that a chain of others says already is not drawn: its count stands in the box it leaves.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(next((word for word in sys.argv[1:] if word[0] != "-"), pathlib.Path(__file__).parent.parent))
sys.path.insert(0, str(ROOT / "tests/architecture"))
from check_arrows import LOWER, room_arrows  # noqa: E402

PICTURE = "docs/images/rooms.svg"
PORT = "chip/esp32"
NAMES = {"": "esb.hpp"}
SUBTITLES = {"": "what an author includes", PORT: "the port, ESP-IDF"}
# Drawn although longer chains say the same: what the port is for.
KEPT = {(PORT, "chip")}

LINE, LETTER, PAD = 15, 6.4, 10  # of the small text, pixels
GAP_X, GAP_Y, MARGIN = 34, 46, 24
WORDS_IN_A_LINE = 3
BEGINNINGS = 24  # of the search for an order with few crossings
STYLE = """
  .paper { fill: #ffffff; stroke: #d0d7de; }
  .box { fill: #eef4fb; stroke: #4a6f9c; stroke-width: 1.2; }
  .edge { fill: #f6f1e7; stroke: #a08550; stroke-width: 1.2; }
  .name { font: 600 15px sans-serif; fill: #1f2328; text-anchor: middle; }
  .small { font: 11.5px sans-serif; fill: #57606a; text-anchor: middle; }
  .arrow { fill: none; stroke: #4a6f9c; stroke-width: 1.3; marker-end: url(#head); }
"""


def reach(arrows, room):
    """Every room that chains of arrows lead to."""
    found, left = set(), [room]
    while left:
        at = left.pop()
        for start, end in arrows:
            if start == at and end not in found:
                found.add(end)
                left.append(end)
    return found


def without_shortcuts(arrows):
    """Only those arrows that no chain of others replaces."""
    return [(start, end) for start, end in arrows
            if (start, end) in KEPT or
            not any(end in reach(arrows, other) for first, other in arrows if first == start and other != end)]


def layers_of(rooms, arrows):
    """A room stands one above the highest that it includes."""
    level = {}

    def at(room):
        if room not in level:
            level[room] = 1 + max([at(end) for start, end in arrows if start == room], default=-1)
        return level[room]

    for room in rooms:
        at(room)
    return level


class Node:
    """A room, or a bend of an arrow that passes a layer."""

    def __init__(self, key, level, lines=()):
        self.key, self.level, self.lines = key, level, list(lines)
        is_room = bool(self.lines)
        self.width = max([90.0] + [len(line) * LETTER + 2 * PAD for line in self.lines[1:]]) if is_room else 14.0
        self.height = 24 + LINE * (len(self.lines) - 1) + 8 if is_room else 0
        self.up, self.down = [], []
        self.x = self.y = 0.0


def text_of(room, counts):
    """The name, and how often the room includes which."""
    lines = [NAMES.get(room, room)]
    if room in SUBTITLES:
        lines.append(SUBTITLES[room])
    order = list(LOWER)
    parts = [f"{other} {counts[room, other]}" for other in reversed(order) if counts[room, other]]
    words = 5 if len(parts) > 8 else WORDS_IN_A_LINE
    for i in range(0, len(parts), words):
        lines.append(" · ".join(parts[i:i + words]))
    return lines


def build(counts):
    rooms = [room for room in LOWER] + [PORT]
    arrows = sorted(counts)
    shown = without_shortcuts(arrows)
    level = layers_of(rooms, arrows)
    layers = [[] for _ in range(max(level.values()) + 1)]
    nodes = {}
    for room in rooms:
        nodes[room] = Node(room, level[room], text_of(room, counts))
        layers[level[room]].append(nodes[room])
    chains = []
    for start, end in shown:
        chain = [nodes[start]]
        for between in range(level[start] - 1, level[end], -1):
            bend = Node(f"{start}>{end}", between)
            layers[between].append(bend)
            chain.append(bend)
        chain.append(nodes[end])
        chains.append(((start, end), chain))
        for upper, lower in zip(chain, chain[1:]):
            upper.down.append(lower)
            lower.up.append(upper)
    return layers, chains


def crossings(layers):
    total = 0
    for lower in layers:
        place = {node: i for i, node in enumerate(lower)}
        above = layers[lower[0].level + 1] if lower[0].level + 1 < len(layers) else []
        ends = [(i, place[end]) for i, node in enumerate(above) for end in node.down]
        total += sum(1 for a in ends for b in ends if a[0] < b[0] and a[1] > b[1])
    return total


def spread(layers):
    """How far apart the ends of arrows are, as far as their order tells."""
    place = {node: (i + 0.5) / len(layer) for layer in layers for i, node in enumerate(layer)}
    return sum(abs(place[node] - place[end]) * 1000 for layer in layers for node in layer for end in node.down)


def by_means(layers):
    """Each layer in the order of what its nodes are joined with, in the layer above or below."""
    for sweep in (layers, list(reversed(layers))):
        for layer in sweep:
            means = {}
            for i, node in enumerate(layer):
                beside = node.down if sweep is layers else node.up
                places = [layers[other.level].index(other) / max(1, len(layers[other.level]) - 1) for other in beside]
                means[node] = sum(places) / len(places) if places else i / max(1, len(layer) - 1)
            layer.sort(key=means.get)


def improve(layers):
    """Two nodes of a layer change places as long as that helps."""
    best = (crossings(layers), spread(layers))
    improved = True
    while improved:
        improved = False
        for layer in layers:
            for i in range(len(layer)):
                for k in range(i + 1, len(layer)):
                    layer[i], layer[k] = layer[k], layer[i]
                    now = (crossings(layers), spread(layers))
                    if now < best:
                        best, improved = now, True
                    else:
                        layer[i], layer[k] = layer[k], layer[i]
    return best


def order(layers):
    """The best of several beginnings: each turns the layers by another number of places."""
    start = [list(layer) for layer in layers]
    found = []
    for turn in range(BEGINNINGS):
        for i, layer in enumerate(layers):
            by = (turn * (2 * i + 1)) % len(layer)
            layer[:] = start[i][by:] + start[i][:by]
        for _ in range(6):
            by_means(layers)
        found.append((improve(layers), turn, [list(layer) for layer in layers]))
    for layer, best in zip(layers, min(found, key=lambda one: one[:2])[2]):
        layer[:] = best


def settle(layer, wanted):
    """The places nearest to the wanted ones in which nothing overlaps (pool adjacent violators)."""
    offsets, total = [], 0.0
    for i, node in enumerate(layer):
        if i > 0:
            total += (layer[i - 1].width + node.width) / 2 + GAP_X
        offsets.append(total)
    pools = []  # (sum, count)
    for node, offset in zip(layer, offsets):
        pools.append((wanted[node] - offset, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            last = pools.pop()
            pools[-1] = (pools[-1][0] + last[0], pools[-1][1] + last[1])
    i = 0
    for total, count in pools:
        for _ in range(count):
            layer[i].x = total / count + offsets[i]
            i += 1


def place(layers):
    for layer in layers:
        settle(layer, {node: 0.0 for node in layer})
    for turn in range(60):
        for layer in (layers if turn % 2 else reversed(layers)):
            wanted = {}
            for node in layer:
                weights = [(other.x, 1 if node.lines or other.lines else 6) for other in node.up + node.down]
                wanted[node] = sum(x * weight for x, weight in weights) / sum(weight for _, weight in weights)
            settle(layer, wanted)
    left = min(node.x - node.width / 2 for layer in layers for node in layer)
    for layer in layers:
        for node in layer:
            node.x += MARGIN - left
    y = float(MARGIN)
    for layer in reversed(layers):
        height = max(node.height for node in layer)
        for node in layer:
            node.y = y + height / 2
            if not node.lines:
                node.height = height  # passes it straight
        y += height + GAP_Y
    width = max(node.x + node.width / 2 for layer in layers for node in layer) + MARGIN
    return width, y - GAP_Y + MARGIN


def ports(node, others):
    """Where arrows leave or enter a box, so that they do so side by side in the order of their other ends."""
    ranked = sorted(range(len(others)), key=lambda i: others[i].x)
    room = node.width * 0.7
    step = min(22.0, room / max(1, len(others) - 1)) if len(others) > 1 else 0
    return {others[index]: node.x + (rank - (len(others) - 1) / 2) * step for rank, index in enumerate(ranked)}


def path(chain):
    """Curves between layers, straight lines through bends."""
    bits = []
    for upper, lower in zip(chain, chain[1:]):
        x1 = ports(upper, upper.down)[lower] if upper.lines else upper.x
        x2 = ports(lower, lower.up)[upper] if lower.lines else lower.x
        y1, y2 = upper.y + upper.height / 2, lower.y - lower.height / 2
        if lower.lines:
            y2 -= 1
        middle = (y1 + y2) / 2
        bits.append(f"{'M' if not bits else 'L'}{x1:.1f} {y1:.1f} C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} "
                    f"{x2:.1f} {y2:.1f}")
    return " ".join(bits)


def box(node):
    x, y = node.x - node.width / 2, node.y - node.height / 2
    kind = "edge" if node.key in SUBTITLES else "box"
    out = [f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{node.width:.1f}" height="{node.height:.1f}" rx="7"/>',
           f'<text class="name" x="{node.x:.1f}" y="{y + 20:.1f}">{node.lines[0]}</text>']
    for i, line in enumerate(node.lines[1:]):
        out.append(f'<text class="small" x="{node.x:.1f}" y="{y + 22 + LINE * (i + 1):.1f}">{line}</text>')
    return out


def draw(counts):
    layers, chains = build(counts)
    order(layers)
    width, height = place(layers)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
           f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="The rooms and what they include">',
           "<!-- Made by tools/rooms_picture.py. -->", f"<style>{STYLE}</style>",
           '<defs><marker id="head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" '
           'orient="auto" markerUnits="userSpaceOnUse"><path d="M0 0 L8 4 L0 8 z" fill="#4a6f9c"/></marker></defs>',
           f'<rect class="paper" x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="8"/>']
    out += [f'<path class="arrow" d="{path(chain)}"/>' for _, chain in chains]
    for layer in layers:
        for node in layer:
            if node.lines:
                out += box(node)
    return "\n".join(out + ["</svg>", ""])


def main():
    counts = room_arrows(ROOT)
    file = ROOT / PICTURE
    if "--list" in sys.argv:
        for (start, end), count in sorted(counts.items()):
            print(f"{start or NAMES['']} -> {end}: {count}")
        print(f"{len(counts)} arrows, {sum(counts.values())} includes")
        return 0
    picture = draw(counts)
    if "--check" not in sys.argv:
        file.write_text(picture, encoding="utf-8")
        return 0
    if file.exists() and file.read_text(encoding="utf-8") == picture:
        return 0
    print(f"{PICTURE} is not what the sources say: tools/rooms_picture.py . draws it anew")
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""The plot of a run as SVG: latency under load, and throughput by number of live agreements."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 360
PANEL = {"top": 56, "bottom": 300, "width": 300}
LEFT, RIGHT = 70, 500  # where the panels begin

# Colours that can be read on white and on black alike.
STYLE = """
  text { font: 12px sans-serif; fill: #808080 }
  .title { font-size: 14px; font-weight: bold }
  .grid { stroke: #808080; stroke-opacity: 0.35; stroke-width: 1 }
  path { fill: none; stroke-width: 2 }
  .c0 { stroke: #3b82c4 } text.c0, circle.c0 { fill: #3b82c4; stroke: none }
  .c1 { stroke: #cc7722 } text.c1, circle.c1 { fill: #cc7722; stroke: none }
  .c2 { stroke: #3a9d5d } text.c2, circle.c2 { fill: #3a9d5d; stroke: none }"""


def short(value):
    """10000 -> 10 k; what is not round stays as it is."""
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if value >= size and value % size == 0:
            return f"{value / size:g}{unit}"
    return f"{value:,g}"


def decades(values):
    """Powers of ten that enclose the values."""
    first = math.floor(math.log10(min(values)))
    last = max(math.ceil(math.log10(max(values))), first + 1)
    return [10.0**exponent for exponent in range(first, last + 1)]


class Panel:
    """A chart with logarithmic axes."""

    def __init__(self, left, title, x_label, xs, ys):
        self.left, self.xs, self.ticks = left, xs, decades(ys)
        self.parts = [self.text(left, PANEL["top"] - 26, title, "title"),
                      self.text(left + PANEL["width"] / 2, PANEL["bottom"] + 38, x_label,
                                anchor="middle")]
        for y in self.ticks:
            self.parts.append(f'<path class="grid" d="M{left} {self.y(y):.1f}h{PANEL["width"]}"/>')
            self.parts.append(self.text(left - 8, self.y(y) + 4, short(y), anchor="end"))
        for x in xs:
            self.parts.append(self.text(self.x(x), PANEL["bottom"] + 18, short(x),
                                        anchor="middle"))

    def text(self, x, y, words, css="", anchor="start"):
        return (f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">'
                f'{escape(words)}</text>')

    def x(self, value):
        low, high = math.log10(self.xs[0]), math.log10(self.xs[-1])
        share = (math.log10(value) - low) / (high - low) if high > low else 0.5
        return self.left + 14 + share * (PANEL["width"] - 28)

    def y(self, value):
        low, high = math.log10(self.ticks[0]), math.log10(self.ticks[-1])
        share = (math.log10(value) - low) / (high - low)
        return PANEL["bottom"] - share * (PANEL["bottom"] - PANEL["top"])

    def lines(self, named):
        """Lines by name, each labelled at its right end; labels keep clear of each other."""
        lowest = PANEL["top"] - 20.0
        for css, (name, ys) in sorted(enumerate(named.items()), key=lambda n: -n[1][1][-1]):
            points = [(self.x(x), self.y(y)) for x, y in zip(self.xs, ys)]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            self.parts.append(f'<path class="c{css}" d="M{path}"/>')
            self.parts += [f'<circle class="c{css}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                           for x, y in points]
            lowest = max(points[-1][1] + 4, lowest + 15)
            self.parts.append(self.text(self.left + PANEL["width"], lowest, name, f"c{css}"))
        return self.parts


def svg(run):
    """The plot of a run (run.py)."""
    head = run["populations"][run["headline"]]
    levels = head["open_loop"]
    latency = {name: [level[key] for level in levels]
               for name, key in (("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us"))}
    left = Panel(LEFT, "Latency of a durable unary call, µs",
                 "calls in flight at most (open loop)",
                 [level["lanes"] for level in levels], sum(latency.values(), []))
    populations = run["populations"]
    rates = {name: [p["figures"][key] for p in populations.values()]
             for name, key in (("in process", "engine_commands_per_second"),
                               ("batches", "batch_commands_per_second"),
                               ("unary", "unary_commands_per_second"))}
    right = Panel(RIGHT, "Durable commands per second", "live agreements",
                  [int(live) for live in populations], sum(rates.values(), []))
    parts = left.lines(latency) + right.lines(rates)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'role="img" aria-label="Escrowd: latency and throughput">\n'
            f"<style>{STYLE}\n</style>\n" + "\n".join(parts) + "\n</svg>\n")

"""Draw what the benchmarks measured: docs/plots/*.svg from the JSON files beside them.

python benchmarks/plots.py [FOLDER]

The same figures give the same files. They are read on white and on black, so nothing is drawn
behind them, and every colour stands out from both; text stays text.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

FOLDER = Path(__file__).parents[1] / "docs" / "plots"
TEXT, OURS, OTHERS = "#777777", "#2f81d6", "#8a8a8a"
SERIES = (OURS, "#d4681c", "#2a9461", "#b05cc4", "#c8434f", "#8c7a1f")
MARKS = "osD^vP"
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "arami-db",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 10,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "grid.color": TEXT,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}
Data = dict[str, Any]


@dataclass(frozen=True)
class Plot:
    """A picture.

    Attributes:
        name: of its file.
        source: the benchmark whose JSON it shows.
        title: what it is about, in a few words.
        draw: puts it on the places.
        places: how many diagrams it has, side by side.
    """

    name: str
    source: str
    title: str
    draw: Callable[[Sequence[Axes], Data], None]
    places: int = 2


def bars(axes: Axes, title: str, unit: str, measured: Mapping[str, Sequence[float]]) -> None:
    """A bar for each median, with a line from the smallest to the largest of the runs."""
    names = list(measured)
    middles = [median(measured[name]) for name in names]
    ends = [
        [middle - min(measured[name]) for name, middle in zip(names, middles, strict=True)],
        [max(measured[name]) - middle for name, middle in zip(names, middles, strict=True)],
    ]
    colours = [OURS if name.startswith("arami-db") else OTHERS for name in names]
    axes.barh(names, middles, color=colours, height=0.6)
    axes.errorbar(middles, names, xerr=ends, fmt="none", ecolor=TEXT, elinewidth=1, capsize=2)
    for name, middle in zip(names, middles, strict=True):
        text = f"{middle:,.0f}" if middle >= 100 else f"{middle:.2f}"
        end = (max(measured[name]), name)
        axes.annotate(text, end, (4, 0), textcoords="offset points", va="center")
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set(title=title, xlabel=unit)
    axes.grid(axis="x")
    axes.set_axisbelow(True)


def curves(
    axes: Axes, unit: str, sizes: Sequence[float], measured: Mapping[str, Sequence[float]]
) -> None:
    """A curve for each series over the number of sessions, whose axis is logarithmic."""
    for (name, values), colour, mark in zip(measured.items(), SERIES, MARKS, strict=False):
        axes.plot(sizes, values, color=colour, marker=mark, markersize=4, label=name)
    axes.set(xscale="log", xlabel="sessions in the database", ylabel=unit)
    axes.xaxis.set_major_formatter(FuncFormatter(_plain))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid()


def _plain(value: float, _: object) -> str:
    """As in 10,000 and 0.1."""
    return f"{value:,g}"


def migrate(places: Sequence[Axes], data: Data) -> None:
    """Fresh apply and no-op, of the largest size, the fastest first."""
    largest = max(timing["size"] for timing in data["timings"])
    for axes, action in zip(places, ("fresh apply", "no-op"), strict=True):
        found = [t for t in data["timings"] if (t["action"], t["size"]) == (action, largest)]
        found = sorted((t for t in found if t["seconds"]), key=lambda t: float(t["median"]))
        title = f"{action}, {largest} migrations"
        bars(axes, title, "seconds", {t["tool"]: t["seconds"] for t in found})


def dashboard(places: Sequence[Axes], data: Data) -> None:
    """The dashboard by size, ours and the document's; both axes are logarithmic."""
    sizes = data["sizes"]
    ours = [size["requests"]["dashboard"] for size in sizes]
    measured = {
        "arami-db, as an app sends it": [figures["planned"] for figures in ours],
        "arami-db, prepared": [figures["prepared"] for figures in ours],
        "by hand, as owner, for one user": [figures["hand"] for figures in ours],
        "the document's, for one user": [size["document"]["id"] for size in sizes],
        "the document's, as an app sends it": [size["document"]["all"] for size in sizes],
    }
    [axes] = places
    curves(axes, "milliseconds", [size["sessions"] for size in sizes], measured)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def growth(places: Sequence[Axes], data: Data) -> None:
    """What each request costs by size, in time and in pages."""
    sizes = data["sizes"]
    for axes, unit, figure in zip(
        places, ("milliseconds, planned each time", "pages"), ("planned", "pages"), strict=True
    ):
        measured = {
            name: [size["requests"][name][figure] for size in sizes]
            for name in sizes[0]["requests"]
        }
        curves(axes, unit, [size["sessions"] for size in sizes], measured)
        axes.set_ylim(bottom=0)
    places[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5))


def archive(places: Sequence[Axes], data: Data) -> None:
    """How fast each way archives, and how much longer others wait meanwhile."""
    bars(places[0], "throughput", "sessions a second", data["throughput"])
    if "p99" in data:  # it takes pgbench
        bars(places[1], "others' p99 meanwhile", "times that without", data["p99"])
    else:
        places[1].set_axis_off()


PLOTS = (
    Plot("migrate", "migrate", "Applying migrations", migrate),
    Plot("dashboard", "mobile", "Dashboard of one user", dashboard, places=1),
    Plot("growth", "mobile", "What an app's requests cost as the database grows", growth),
    Plot("archive", "archive", "Archiving what is old", archive),
)


def save(plot: Plot, data: Data, path: Path) -> None:
    """Write one picture, with where it was measured beneath."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    places = figure.subplots(1, plot.places, squeeze=False)[0]
    plot.draw(places, data)
    figure.suptitle(plot.title, weight="bold")
    figure.supxlabel(textwrap.fill("; ".join(data["notes"]), 150), size=7)
    about = {"Title": plot.title, "Date": None, "Creator": None}
    figure.savefig(path, format="svg", metadata=about)


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    folder = parser.parse_args().folder
    with mpl.rc_context(SETTINGS):
        for plot in PLOTS:
            data = json.loads((folder / f"{plot.source}.json").read_text(encoding="utf-8"))
            save(plot, data, folder / f"{plot.name}.svg")


if __name__ == "__main__":
    main()

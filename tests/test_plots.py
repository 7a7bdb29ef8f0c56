"""The plots in docs/ show what benchmarks wrote down, on any background, and pages embed them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.conftest import clean_environment

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "plots"
PAGE = (ROOT / "docs" / "benchmarks.md").read_text()
EMBEDDED = dict(re.findall(r"!\[(.*?)\]\(plots/(.*?)\)", PAGE))
SOURCES = {"dashboard": "mobile", "growth": "mobile", "migrate": "migrate", "archive": "archive"}
BACKGROUNDS = ("#ffffff", "#0d1117")  # of code hosts, light and dark


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the figures of docs/plots, drawn there."""
    folder = tmp_path_factory.mktemp("plots")
    for path in FOLDER.glob("*.json"):
        shutil.copy(path, folder)
    draw(folder)
    return folder


def draw(folder: Path) -> None:
    command = [sys.executable, "benchmarks/plots.py", str(folder)]
    subprocess.run(command, cwd=ROOT, env=clean_environment(), check=True)


def texts(path: Path) -> list[str]:
    """What an SVG says."""
    root = ElementTree.parse(path).getroot()  # noqa: S314 - our own
    return [
        "".join(found.itertext()).strip() for found in root.iter() if found.tag.endswith("text")
    ]


def names(plot: str) -> set[str]:
    """The names that are in the figures of a plot."""
    data: dict[str, Any] = json.loads((FOLDER / f"{SOURCES[plot]}.json").read_text())
    match plot:
        case "migrate":
            return {timing["tool"] for timing in data["timings"]}
        case "growth":
            return set(data["sizes"][0]["requests"])
        case "archive":
            return {*data["throughput"], *data["p99"]}
    return {f"{whose}, as an app sends it" for whose in ("arami-db", "the document's")}


@pytest.mark.parametrize("plot", sorted(SOURCES))
def test_a_plot_says_what_it_is_about_and_names_every_series(drawn: Path, plot: str) -> None:
    path = drawn / f"{plot}.svg"
    title = ElementTree.parse(path).getroot()[0].text  # noqa: S314 - our own
    assert title
    said = texts(path)
    assert {title, *names(plot)} <= set(said)
    assert any("PostgreSQL" in text for text in said)  # and so where it was measured


@pytest.mark.parametrize("plot", sorted(SOURCES))
def test_the_plot_in_docs_is_of_the_figures_beside_it(drawn: Path, plot: str) -> None:
    assert texts(FOLDER / f"{plot}.svg") == texts(drawn / f"{plot}.svg"), (
        "run python benchmarks/plots.py"
    )


def test_the_same_figures_give_the_same_files(drawn: Path) -> None:
    before = {path.name: path.read_bytes() for path in drawn.glob("*.svg")}
    draw(drawn)
    assert {path.name: path.read_bytes() for path in drawn.glob("*.svg")} == before


@pytest.mark.parametrize("plot", sorted(SOURCES))
def test_every_colour_stands_out_from_white_and_from_black(drawn: Path, plot: str) -> None:
    colours = set(re.findall(r"(?:fill|stroke): (#\w{6})", (drawn / f"{plot}.svg").read_text()))
    assert len(colours) >= 2
    for colour in colours:
        # Of graphics, as WCAG has it.
        assert min(contrast(colour, background) for background in BACKGROUNDS) >= 3, colour


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_docs_embed_every_plot_and_say_in_words_what_it_shows() -> None:
    assert sorted(EMBEDDED.values()) == sorted(path.name for path in FOLDER.glob("*.svg"))
    assert all(len(alt.split()) >= 10 for alt in EMBEDDED)


def test_make_bench_measures_as_the_page_says_and_draws() -> None:
    told = subprocess.run(
        ["make", "--dry-run", "VENV=v", "-o", "v/.installed", "bench"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
    ).stdout
    commands = re.findall(r"(?m)^    (python benchmarks/.*)$", PAGE)
    assert len(commands) == 4
    for command in commands:
        assert f"v/bin/{command}" in told


@pytest.mark.parametrize("benchmark", ["migrate", "mobile", "archive"])
def test_a_benchmark_takes_the_options_that_it_is_run_with(benchmark: str) -> None:
    [arguments] = re.findall(rf"call measure,{benchmark},(.*)\)", (ROOT / "Makefile").read_text())
    helped = subprocess.run(
        [sys.executable, f"benchmarks/{benchmark}.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
    ).stdout
    for option in (*re.findall(r"--\w+", arguments), "--format"):
        assert option in helped

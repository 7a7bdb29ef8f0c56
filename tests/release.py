"""Make what a release is made of, and install it: `make release`.

The source distribution and, of it, the wheel are built into dist/, their metadata is checked as a
package index would, and the wheel is installed in an empty environment of every Python that this
package is for and that this machine has.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from arami_db import __version__

ROOT = Path(__file__).parents[1]
MINORS = range(11, 15)  # Python 3.11 to 3.14


def main() -> int:
    """Build, check and install; return how many environments failed."""
    wheel = build(ROOT / "dist")
    found = pythons()
    failed = [name for name, python in found.items() if not _works(name, python, wheel)]
    for name in sorted({f"3.{minor}" for minor in MINORS} - set(found)):
        print(f"Python {name}: not on this machine")
    return len(failed)


def build(folder: Path) -> Path:
    """Build both distributions, check their metadata, and return the wheel.

    Args:
        folder: where to put them; what it has of earlier ones is deleted.
    """
    for old in (*folder.glob("*.whl"), *folder.glob("*.tar.gz")):
        old.unlink()
    _python(sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT))
    [wheel], [source] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    _python(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(source))
    print(f"built {wheel.name} and {source.name}")
    return wheel


def pythons() -> dict[str, str]:
    """The Pythons of this machine that the package is for: each minor version, and its program."""
    found = {}
    for minor in MINORS:
        name = f"python3.{minor}"
        kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/{name}"))
        for candidate in (sys.executable, shutil.which(name), *map(str, kept)):
            if candidate and _minor(candidate) == minor:
                found[f"3.{minor}"] = candidate
                break
    return found


def _minor(python: str) -> int | None:
    """What a program is, where it is one: a shim of pyenv may lead nowhere."""
    argv = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    said = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    match = re.fullmatch(r"3 (\d+)\n", said)
    return int(match[1]) if match else None


def install(python: str, wheel: Path, folder: Path, extra: str = "") -> Path:
    """Make an empty environment, install the wheel there, and return where its programs are."""
    _python(python, "-m", "venv", str(folder))
    programs = folder / "bin"
    options = ("--quiet", "--disable-pip-version-check")
    _python(str(programs / "python"), "-m", "pip", "install", *options, f"{wheel}{extra}")
    return programs


def _works(name: str, python: str, wheel: Path) -> bool:
    """Whether the wheel can be installed with a Python and says its version there."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = install(python, wheel, Path(folder) / "venv") / "arami-db"
            _python(str(program.with_name("python")), "-c", "from arami_db import migrate, verify")
            argv = [str(program), "--version"]
            said = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=folder)
        except subprocess.CalledProcessError as error:
            print(f"Python {name}: FAILED\n{error.stdout}{error.stderr}")
            return False
    works = said.stdout == f"arami-db {__version__}\n"
    print(f"Python {name}: {said.stdout.strip()}" + ("" if works else "; FAILED"))
    return works


def _python(python: str, *arguments: str) -> None:
    subprocess.run([python, *arguments], capture_output=True, text=True, check=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.stdout}{error.stderr}")

"""The line above each exported text: it names the file, so that no list of exports is needed.

The Supabase CLI stores this comment in its own ledger as part of the statement below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from arami_db.files.sqlfile import ALGORITHM, SqlFile

_HEADER = re.compile(
    r"^-- arami-db export: (migration|view)s/([0-9]+)[_-](\S.*)\.sql"
    rf" {ALGORITHM}:([0-9a-f]{{64}})(?: \(([0-9]+) of ([0-9]+)\))?$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Header:
    """One export.

    Attributes:
        kind: as in SqlFile.kind.
        version: as in SqlFile.version.
        name: as in SqlFile.name.
        checksum: as in SqlFile.checksum.
        part: the number of a statement that has its own migration; 1 for a whole file.
        parts: how many migrations the file became.
        text: the text up to the next header.
    """

    kind: str
    version: int
    name: str
    checksum: str
    part: int
    parts: int
    text: str

    @property
    def title(self) -> str:
        """Such as migrations/003_users."""
        return f"{self.kind}s/{self.version:03}_{self.name}"


def header(file: SqlFile, part: int = 1, parts: int = 1) -> str:
    """The line above the text of a file, or of one part of it."""
    which = f" ({part} of {parts})" if parts > 1 else ""
    return f"-- arami-db export: {file.label} {ALGORITHM}:{file.checksum}{which}\n"


def headers(text: str) -> Iterator[Header]:
    """The exports in a text, in order."""
    found = list(_HEADER.finditer(text))
    for match, following in zip_longest(found, found[1:]):
        kind, version, name, checksum, part, parts = match.groups(default="1")
        rest = text[match.end() : following.start() if following else len(text)]
        yield Header(kind, int(version), name, checksum, int(part), int(parts), rest)

"""The line above each exported text: which file it was, so that no list has to be kept of it.

It is a comment, which the Supabase CLI keeps in its own ledger as a part of the statement below it.
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
    """What was exported.

    Attributes:
        kind: as SqlFile.kind.
        version: as SqlFile.version.
        name: as SqlFile.name.
        checksum: as SqlFile.checksum.
        part: the number of the statement that is alone in its migration; 1 of a whole file.
        parts: how many migrations the file became.
        text: what follows, up to the next header.
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
        """As in migrations/003_users."""
        return f"{self.kind}s/{self.version:03}_{self.name}"


def header(file: SqlFile, part: int = 1, parts: int = 1) -> str:
    """The line that stands above the text of a file, or of one part of it."""
    which = f" ({part} of {parts})" if parts > 1 else ""
    return f"-- arami-db export: {file.label} {ALGORITHM}:{file.checksum}{which}\n"


def headers(text: str) -> Iterator[Header]:
    """What was exported in a text, in order."""
    found = list(_HEADER.finditer(text))
    for match, following in zip_longest(found, found[1:]):
        kind, version, name, checksum, part, parts = match.groups(default="1")
        rest = text[match.end() : following.start() if following else len(text)]
        yield Header(kind, int(version), name, checksum, int(part), int(parts), rest)

"""The one model of a schema: its facts, stated by SQL, kept in a file, asked of a database."""

from arami_db.facts.reading import (
    FactsReading,
    QueryFailedError,
    ask_within,
    facts_within,
    locked,
    read,
    schemas_of,
)
from arami_db.facts.session import read_for
from arami_db.facts.snapshot import Fact, dump, load

__all__ = [
    "Fact",
    "FactsReading",
    "QueryFailedError",
    "ask_within",
    "dump",
    "facts_within",
    "load",
    "locked",
    "read",
    "read_for",
    "schemas_of",
]

"""arami-db: plain-SQL migrations, applied to and verified against a live Postgres.

For programs: `arami_db.migrate(conninfo)` and `arami_db.verify(conninfo)`, which print nothing,
return frozen dataclasses and raise `arami_db.AramiError`. Each name below is loaded when it is
first used, so that `import arami_db` is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arami_db.api import (
        Applied,
        AramiError,
        Finding,
        MigrateOptions,
        MigrateResult,
        Severity,
        VerifyReport,
        migrate,
        verify,
    )

__version__ = "0.2.0"
__all__ = (
    "Applied",
    "AramiError",
    "Finding",
    "MigrateOptions",
    "MigrateResult",
    "Severity",
    "VerifyReport",
    "__version__",
    "migrate",
    "verify",
)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a name of the API when it is first used."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from arami_db import api

        return getattr(api, name)

    def __dir__() -> list[str]:
        """The names of the API, loaded or not."""
        return sorted({*globals(), *__all__})

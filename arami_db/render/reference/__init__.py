"""The reference of a schema as pages: Markdown for code hosts, or one HTML file.

Raises:
    UsageError: when it is imported, and the libraries of the extra `docs` are not installed.
"""

from arami_db.errors import UsageError

try:
    from arami_db.render.reference.pages import html, markdown
except ModuleNotFoundError as error:
    if error.name not in {"jinja2", "markupsafe"}:
        raise
    hint = "Install it: pip install 'arami-db[docs]'"
    raise UsageError("writing pages needs Jinja2", hint=hint) from error

__all__ = ["html", "markdown"]

"""The reference of a schema as pages: Markdown for code hosts, or one HTML file."""

from arami_db.render.reference.pages import html, markdown

__all__ = ["html", "markdown"]

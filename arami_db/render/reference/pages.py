"""The pages of a reference by their file names."""

from __future__ import annotations

from markupsafe import Markup

from arami_db.docs.model import Reference, RelationDoc
from arami_db.docs.names import slug
from arami_db.docs.writing import MARKER
from arami_db.render.output import count
from arami_db.render.reference import escaping, mermaid
from arami_db.render.reference.diagram import draw
from arami_db.render.reference.extra import environment, static


def markdown(reference: Reference) -> dict[str, str]:
    """An index with the diagram, a page for each table and view, one for functions and for types.

    Args:
        reference: what they say.

    Raises:
        UsageError: the library for templates is not installed.
    """
    templates = environment(escaping.prose)
    templates.globals["count"] = count
    templates.filters |= {"code": escaping.code, "fenced": escaping.fenced}
    templates.globals |= {"marker": Markup(MARKER), "file": file, "mermaid": _mermaid}  # noqa: S704
    known = {one.name: one for one in reference.relations}
    values = {"reference": reference, "known": known, "overview": _overview(reference)}
    index = templates.get_template("index.md").render(values)
    page = templates.get_template("relation.md")
    pages = {"README.md": index}
    for one in reference.relations:
        near = [known[name] for name in _near(one) if name in known]
        pages[file(one)] = page.render(values, one=one, near=near)
    for name, there in (("functions", reference.functions), ("types", reference.types)):
        if there:
            pages[f"{name}.md"] = templates.get_template(f"{name}.md").render(values)
    return {name: f"{text.strip()}\n" for name, text in pages.items()}


def file(one: RelationDoc) -> str:
    """The file of a table or view: the same for as long as its name is."""
    return f"{slug(one.name)}.md"


def html(reference: Reference) -> dict[str, str]:
    """One page that needs no other file.

    Args:
        reference: what it says.

    Raises:
        UsageError: a library of the extra `docs` is not installed.
    """
    templates = environment(escaping.hypertext)
    templates.globals["count"] = count
    templates.filters["preformatted"] = escaping.preformatted
    text = templates.get_template("page.html").render(
        marker=Markup(MARKER),  # noqa: S704
        reference=reference,
        known={one.name: one for one in reference.relations},
        drawing=draw(reference),
        style=Markup(static("style.css")),  # noqa: S704
        script=Markup(static("script.js")),  # noqa: S704
    )
    return {"index.html": text}


def _near(one: RelationDoc) -> list[str]:
    """A table and those it has foreign keys to or from, each once."""
    keys = [*(key.target for key in one.references), *(key.table for key in one.referenced)]
    return sorted({one.name, *keys})


def _overview(reference: Reference) -> Markup:
    """All tables in one diagram, without their columns where that is more than Mermaid draws."""
    for with_keys in (True, False):
        drawn = mermaid.diagram(reference.tables, with_keys=with_keys)
        if len(drawn) < mermaid.MOST_TEXT and len(reference.foreign_keys) < mermaid.MOST_LINES:
            return _fence(drawn)
    return Markup("There are too many for one diagram; each table's page has its neighbours.")


def _mermaid(tables: list[RelationDoc], full: str | None = None) -> Markup:
    return _fence(mermaid.diagram(tables, full=full))


def _fence(drawn: str) -> Markup:
    return Markup(f"```mermaid\n{drawn}\n```")  # noqa: S704

"""Tables, views and sequences."""

from __future__ import annotations

from arami_db.drift.remedies.around import Properties
from arami_db.drift.remedies.columns import definition
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import literal, quoted
from arami_db.facts.names import listed

_OPTION = "option "
_BEYOND = {"foreign server"}  # made by clauses that facts alone cannot restore
_PARAMETERS = {  # of a sequence: the clause, and its default
    "type": ("as {}", "bigint"),
    "increment": ("increment by {}", "1"),
    "minimum": ("minvalue {}", "1"),
    "maximum": ("maxvalue {}", "9223372036854775807"),
    "start": ("start with {}", "1"),
    "cache": ("cache {}", "1"),
}


def create_table(difference: Difference) -> str | None:
    """A table with its columns and options; None for a foreign table."""
    wanted, around, name = difference.wanted, difference.around, difference.name
    if _BEYOND & wanted.keys():
        return None
    columns = [f"{name}.{column}" for column in listed(wanted.get("columns", ""))]
    if any(("column", column) not in around.wanted for column in columns):
        return None
    # A partition has its identity columns from what it is a part of, and may bring none along.
    left_out = {"identity"} if "partition bound" in wanted else set[str]()
    defined = [
        (c, {k: v for k, v in around.wanted["column", c].items() if k not in left_out})
        for c in columns
    ]
    lines = [f"    {definition(*one)}" for one in defined]
    unlogged = "unlogged " if wanted.get("persistence") == "unlogged" else ""
    inside = ",\n".join(lines)
    clauses = f" partition by {wanted['partition key']}" if "partition key" in wanted else ""
    clauses += f" using {wanted['access method']}" if "access method" in wanted else ""
    clauses += f"{_with(wanted)} /* without its rows */"
    return f"create {unlogged}table {name} (\n{inside}\n){clauses};"


def attached(difference: Difference) -> list[str]:
    """The statements that make a table a child, a partition or a typed table again."""
    wanted, name = difference.wanted, difference.name
    found = sorted((v, k) for k, v in wanted.items() if k.startswith("inherits "))
    parents = [key.removeprefix("inherits ") for _, key in found]
    if bound := wanted.get("partition bound"):
        return [f"alter table {parent} attach partition {name} {bound};" for parent in parents]
    made = [f"alter table {name} inherit {parent};" for parent in parents]
    return made + ([f"alter table {name} of {wanted['of type']};"] if "of type" in wanted else [])


def create_view(difference: Difference) -> str | None:
    """A view or materialized view."""
    wanted = difference.wanted
    if "definition" not in wanted:
        return None
    replace = "or replace view" if difference.kind == "view" else "materialized view"
    definition = wanted["definition"]
    if wanted.get("populated") == "false":
        definition = f"{definition.removesuffix(';')}\nwith no data;"
    return f"create {replace} {difference.name}{_with(wanted)} as\n{definition}"


def _with(wanted: Properties) -> str:
    options = [
        f"{_option(key)} = {_value(value)}"
        for key, value in wanted.items()
        if key.startswith(_OPTION)
    ]
    return f" with ({', '.join(options)})" if options else ""


def _option(key: str) -> str:
    name = key.removeprefix(_OPTION)
    return f"toast.{quoted(name[6:])}" if name.startswith("toast.") else quoted(name)


def _value(text: str) -> str:
    return text if text.replace("_", "").replace(".", "").isalnum() else literal(text)


def create_sequence(difference: Difference) -> str:
    """A sequence that does not belong to an identity column."""
    return f"create sequence {difference.name} {_parameters(difference.wanted)};"


def _parameters(wanted: Properties) -> str:
    clauses = [clause.format(wanted.get(k, v)) for k, (clause, v) in _PARAMETERS.items()]
    return " ".join([*clauses, "cycle" if "cycle" in wanted else "no cycle"])


def change_relation(difference: Difference) -> str | None:
    """A property of a table, view, index or sequence that can be changed in place."""
    key, kind, name = difference.key or "", difference.kind, difference.name
    value = difference.value
    if key.startswith(_OPTION):
        option = _option(key)
        change = f"reset ({option})" if value is None else f"set ({option} = {_value(value)})"
        return f"alter {kind} {name} {change};"
    if key == "persistence":
        return f"alter {kind} {name} set {'logged' if value is None else value};"
    if kind == "sequence":
        return _change_sequence(difference)
    return _change_table(difference) if kind == "table" else None


def _change_sequence(difference: Difference) -> str | None:
    if difference.key == "owned by":
        return f"alter sequence {difference.name} owned by {difference.value or 'none'};"
    if difference.key in _PARAMETERS or difference.key == "cycle":
        return f"alter sequence {difference.name} {_parameters(difference.wanted)};"
    return None


def _change_table(difference: Difference) -> str | None:
    key, value, alter = difference.key or "", difference.value, f"alter table {difference.name}"
    actions = {
        "row level security": f"{'enable' if value == 'enabled' else 'disable'} row level security",
        "force row level security": f"{'force' if value else 'no force'} row level security",
        "replica identity": f"replica identity {_identity(difference)}",
        "access method": f"set access method {value or 'heap'}",
        "of type": f"of {value}" if value else "not of",
    }
    if key in actions:
        return f"{alter} {actions[key]};"
    if key.startswith("inherits "):
        return f"{alter} {'inherit' if value else 'no inherit'} {key.removeprefix('inherits ')};"
    if key == "child in another schema" and value is None and "partition key" not in difference.now:
        children = listed(difference.actual or "")
        return "\n".join(f"alter table {c} no inherit {difference.name};" for c in children)
    return None


def _identity(difference: Difference) -> str:
    """The replica identity of a table."""
    if difference.value != "index":
        return difference.value or "default"
    around = difference.around
    for index in around.parts(difference.name, "index"):
        if "replica identity" in around.wanted["index", index]:
            return f"using index {index.rpartition('.')[2]}"
    return "default"

"""Publications created again, and changes of what they send."""

from __future__ import annotations

from arami_db.drift.remedies.difference import Difference

_TABLE, _SCHEMA = "table ", "schema "


def publication(difference: Difference) -> str:
    """A publication that sends nothing yet, or all tables; its tables follow."""
    wanted = difference.wanted
    everything = " for all tables" if "all tables" in wanted else ""
    options = [f"publish = '{wanted['operations']}'"] if "operations" in wanted else []
    options += ["publish_via_partition_root = true"] if "via root" in wanted else []
    with_ = f" with ({', '.join(options)})" if options else ""
    return f"create publication {difference.name}{everything}{with_};"


def published(difference: Difference) -> str | None:
    """Changes of a publication in place."""
    key, value, name = difference.key or "", difference.value, difference.name
    alter = f"alter publication {name}"
    if key == "operations" and value is not None:
        return f"{alter} set (publish = '{value}');"
    if key == "via root":
        return f"{alter} set (publish_via_partition_root = {str(value is not None).lower()});"
    is_there = key in difference.now
    if key.startswith(_SCHEMA) and value is not None:
        return f"{alter} add tables in schema {key.removeprefix(_SCHEMA)};"
    if not key.startswith(_TABLE):
        return None
    table = key.removeprefix(_TABLE)
    sql = [f"{alter} drop table only {table};"] if is_there else []
    if value is not None:
        columns, _, where = value.partition(" where ")
        listed = "" if columns == "all columns" else f" ({columns})"
        filtered = f" where {where}" if where.startswith("(") else f" where ({where})"
        sql.append(f"{alter} add table only {table}{listed}{filtered if where else ''};")
    return "\n".join(sql)

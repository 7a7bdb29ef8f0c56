"""What to do where no SQL follows from the facts."""

from __future__ import annotations

from arami_db.drift.remedies.columns import definition, needs_values
from arami_db.drift.remedies.difference import Difference
from arami_db.facts.names import head, split

PLACE = "place"  # the key of a column that is elsewhere among its table's
_KEYS = {
    PLACE: "Only a new table, into which the rows are copied, has its columns in another order.",
    "columns": "Only a new table, into which the rows are copied, has other columns in this order.",
    "tablespace": "Move it to where the rest lies, with ALTER ... SET TABLESPACE: this copies it"
    " under an exclusive lock.",
    "generated kind": "Drop the column and add it anew, as its migration does.",
    "default": "Drop the column and add it anew: what it is generated from is part of it.",
    "type": "Drop the column and add it anew: what it is generated from is part of it.",
    "partition key": "Make the table anew and copy the rows: how it is split cannot change.",
    "partition bound": "Detach the partition and attach it with the bounds of its migration.",
    "of type": "ALTER TABLE ... OF or NOT OF, as its migration has it.",
    "child in another schema": "Detach the partition, or attach it where its migration does.",
    "foreign server": "ALTER FOREIGN TABLE ... OPTIONS, or make it anew as its migration does.",
    "foreign options": "ALTER FOREIGN TABLE ... ALTER COLUMN ... OPTIONS, as its migration has it.",
    "labels": "A label can be added (ALTER TYPE ... ADD VALUE) and renamed, not taken away: for"
    " that, make the type anew and move its columns to it.",
    "internal triggers": "Drop the constraint and add it anew: triggers of its own are missing.",
    "not null": "ALTER TABLE ... RENAME or VALIDATE CONSTRAINT, or drop it and set NOT NULL anew.",
    "distributed": "arami-db distribute, or the next arami-db migrate, distributes what is not yet;"
    " what is, undistribute_table() brings back to the coordinator.",
    "populated": "REFRESH MATERIALIZED VIEW fills it.",
    "rows": "ALTER FUNCTION ... ROWS, once it returns a set again.",
}
_KINDS = {
    "schema": "If it was renamed, give it its name back; if it was dropped, all in it is gone:"
    " restore a backup.",
    "aggregate": "Drop it and make it anew, as its migration does.",
    "type": "Drop it and make it anew as its migration does; what uses it must let go first."
    " A multirange type goes with its range.",
    "event trigger": "Drop it and make it anew: an event trigger cannot be changed.",
    "cast": "Drop it and make it anew, as its migration does.",
    "publication": "ALTER PUBLICATION ... SET, as its migration has it.",
    "foreign table": "Make it anew, as its migration does.",
    "default privilege": "ALTER DEFAULT PRIVILEGES, by the role they are of.",
}
_ANY = "Compare it with the file that defines it, and change it by hand."


def words(difference: Difference) -> str:
    """One or two plain sentences for a human."""
    kind, key = difference.kind, difference.key
    if kind == "grant":
        return _of_grant(difference)
    if kind == "reach":
        return "Take away what the path goes through, or declare it in the snapshot."
    if kind == "column" and key is None and difference.wanted:
        return _of_column(difference)
    if key and key.startswith("subscribed by "):
        return f"Take it out of what {key.removeprefix('subscribed by ')} receives, or drop that."
    dependents = difference.around.dependents(head(difference.name))
    if dependents and kind in {"function", "procedure", "view", "materialized view"}:
        return (
            f"Drop what depends on it ({', '.join(dependents)}), drop it, and apply the files that"
            " make them again."
        )
    return _KEYS.get(key or "") or _KINDS.get(kind) or _ANY


def _of_grant(difference: Difference) -> str:
    values = f"{difference.value}, {difference.actual}"
    others = [word for word in values.split("granted by ")[1:] if not word.startswith("owner")]
    if not others:
        return "GRANT or REVOKE it as the role that owns the object."
    return f"Only the role that granted it takes it back: SET ROLE {others[0].split(', ')[0]}."


def _of_column(difference: Difference) -> str:
    table = split(difference.name)[0]
    if "type" not in difference.wanted:
        return _ANY
    text, then = definition(difference.name, difference.wanted), ""
    if needs_values(difference.wanted):
        text, then = text.removesuffix(" not null"), " Fill it, and SET NOT NULL."
    return (
        f"ALTER TABLE {table} ADD COLUMN {text} gives it back, without its values and as the last"
        f" one.{then} A place among the others only a new table gives it, into which the rows are"
        " copied."
    )

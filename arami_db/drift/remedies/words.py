"""Advice where no SQL can be derived from the facts."""

from __future__ import annotations

from arami_db.drift.remedies.columns import definition, needs_values
from arami_db.drift.remedies.difference import Difference
from arami_db.facts.names import head, split

PLACE = "place"  # the key of a column in another place of its table
_KEYS = {
    PLACE: "Only a new table, into which the rows are copied, has its columns in another order.",
    "columns": "Only a new table, into which the rows are copied, has other columns in this order.",
    "tablespace": "Move it to the tablespace of the others with ALTER ... SET TABLESPACE: this"
    " copies it under an exclusive lock.",
    "generated kind": "Drop the column and add it again, as its migration does.",
    "default": "Drop the column and add it again: its expression cannot change.",
    "type": "Drop the column and add it again: its expression cannot change.",
    "partition key": "Create a new table and copy the rows: the partition key cannot change.",
    "partition bound": "Detach the partition and attach it with the bounds of its migration.",
    "of type": "ALTER TABLE ... OF or NOT OF, as its migration has it.",
    "child in another schema": "Detach the partition, or attach it where its migration does.",
    "foreign server": "ALTER FOREIGN TABLE ... OPTIONS, or create it again as its migration does.",
    "foreign options": "ALTER FOREIGN TABLE ... ALTER COLUMN ... OPTIONS, as its migration has it.",
    "labels": "A label can be added (ALTER TYPE ... ADD VALUE) and renamed, not removed: for"
    " that, create the type again and move its columns to it.",
    "internal triggers": "Drop the constraint and add it again: its internal triggers are missing.",
    "not null": "ALTER TABLE ... RENAME or VALIDATE CONSTRAINT, or drop it and set NOT NULL again.",
    "distributed": "arami-db distribute, or the next arami-db migrate, distributes what is not yet;"
    " what is, undistribute_table() brings back to the coordinator.",
    "populated": "REFRESH MATERIALIZED VIEW fills it.",
    "rows": "ALTER FUNCTION ... ROWS, once it returns a set again.",
}
_KINDS = {
    "schema": "If it was renamed, rename it back; if it was dropped, its contents are lost:"
    " restore a backup.",
    "aggregate": "Drop it and create it again, as its migration does.",
    "type": "Drop it and create it again as its migration does; first drop what uses it."
    " A multirange type is dropped with its range.",
    "event trigger": "Drop it and create it again: an event trigger cannot be changed.",
    "cast": "Drop it and create it again, as its migration does.",
    "publication": "ALTER PUBLICATION ... SET, as its migration has it.",
    "foreign table": "Create it again, as its migration does.",
    "default privilege": "ALTER DEFAULT PRIVILEGES, as the role that they are for.",
}
_ANY = "Compare it with the file that defines it, and change it by hand."


def words(difference: Difference) -> str:
    """One or two plain sentences for a human."""
    kind, key = difference.kind, difference.key
    if kind == "grant":
        return _of_grant(difference)
    if kind == "reach":
        return "Remove what the path goes through, or add it to the snapshot."
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
    return f"Only the role that granted it can revoke it: SET ROLE {others[0].split(', ')[0]}."


def _of_column(difference: Difference) -> str:
    table = split(difference.name)[0]
    if "type" not in difference.wanted:
        return _ANY
    text, then = definition(difference.name, difference.wanted), ""
    if needs_values(difference.wanted):
        text, then = text.removesuffix(" not null"), " Fill it, and SET NOT NULL."
    return (
        f"ALTER TABLE {table} ADD COLUMN {text} restores it, without its values and as the last"
        f" one.{then} Its former place needs a new table, into which the rows are"
        " copied."
    )

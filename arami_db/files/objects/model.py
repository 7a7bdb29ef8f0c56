"""The objects known so far, and how one of them is found by a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from postgast import deparse
from postgast.pg_query_pb2 import OBJECT_FUNCTION, ParseResult

from arami_db.files.lexical import quoted

Name = tuple[str, ...]
"""A name's parts, the schema first where one is written."""

TEMPORARY = "pg_temp"
PARTS = {"column", "constraint", "trigger", "policy", "row level security"}
"""What has a name only inside its table."""

_NO_RELATIONS = {*PARTS, "function", "schema", "extension"}


class Argument(NamedTuple):
    """The type of a function's parameter."""

    name: Name
    is_array: bool


@dataclass
class Object:
    """An object by kind and name.

    Attributes:
        kind: such as table, column or policy.
        name: qualified where it can be; a single part for what has its name inside a table.
        inside: the table, parent or owning table it goes with.
        mentions: the names its definition uses, each with what it is a name of.
        arguments: the types a function is called with.
    """

    kind: str
    name: Name
    inside: Name = ()
    mentions: frozenset[tuple[str, Name]] = frozenset()
    arguments: tuple[Argument, ...] = ()

    @property
    def is_relation(self) -> bool:
        """Whether its name is one of a table, view, index, sequence or type."""
        return self.kind not in _NO_RELATIONS

    @property
    def table(self) -> str:
        """The quoted name of the table that gives its own name a meaning, or nothing."""
        return quoted(self.inside) if self.kind in PARTS else ""

    @property
    def label(self) -> str:
        """Its own name as the server reads it: plain inside a table, elsewhere quoted."""
        if self.kind == "function":
            return _signature(self.name, self.arguments)
        return self.name[0] if self.kind in {*PARTS, "extension"} else quoted(self.name)

    @property
    def types(self) -> list[str]:
        """The quoted types a function is called with."""
        return [quoted(a.name) + ("[]" if a.is_array else "") for a in self.arguments]

    def uses(self, what: str, name: Name) -> bool:
        """Whether its definition mentions that name of a column, relation, type or function."""
        return any(kind == what and same(name, mentioned) for kind, mentioned in self.mentions)


def same(one: Name, other: Name) -> bool:
    """Whether two names can mean the same: the schema counts only where both have one."""
    length = min(len(one), len(other))
    return length > 0 and one[-length:] == other[-length:]


def _signature(name: Name, arguments: Iterable[Argument]) -> str:
    tree = ParseResult()
    node = tree.stmts.add().stmt.drop_stmt
    node.remove_type = OBJECT_FUNCTION
    function = node.objects.add().object_with_args
    for part in name:
        function.objname.add().string.sval = part
    for argument in arguments:
        kind = function.objargs.add().type_name
        for part in argument.name:
            kind.names.add().string.sval = part
        if argument.is_array:
            kind.array_bounds.add().integer.ival = -1
    return deparse(tree).removeprefix("DROP FUNCTION ")


class Known:
    """The objects known so far, and the search_path that unqualified names are read with."""

    def __init__(self) -> None:
        """Start with nothing, and the search_path nobody has set."""
        self.objects: list[Object] = []
        self.path: Name = ()

    def add(self, objects: Iterable[Object]) -> None:
        """Expect these; one that is there already mentions what either definition does."""
        for new in objects:
            for old in self.objects:
                if old.name == new.name and _scope(old) == _scope(new):
                    old.mentions |= new.mentions
                    break
            else:
                self.objects.append(new)

    def remove(self, gone: Callable[[Object], bool]) -> None:
        """Expect none of these any more."""
        self.objects = [o for o in self.objects if not gone(o)]

    def end_of_script(self) -> None:
        """Nothing of the session outlives a script: no temporary object and no setting."""
        self.remove(lambda o: (o.inside or o.name)[0] == TEMPORARY)
        self.path = ()

    def home(self, name: Name) -> Name:
        """The full name of what is made under a name."""
        return name if len(name) > 1 else (*self.path[:1], *name)

    def find(self, name: Name, *, relations: bool = True) -> list[Object]:
        """The relations, or else the functions, that a name means.

        The whole name decides; next the search_path; last, whatever can mean the same.
        """
        candidates = [
            o
            for o in self.objects
            if (o.is_relation if relations else o.kind == "function") and same(o.name, name)
        ]
        wanted: list[Name] = [name]
        if len(name) == 1:
            wanted = [(TEMPORARY, *name), *((schema, *name) for schema in self.path)]
            wanted += [] if self.path else [name, ("public", *name)]
        for full in wanted:
            if exact := [o for o in candidates if o.name == full]:
                return exact
        return candidates

    def table(self, name: Name) -> Name:
        """The full name of the table or other relation that a statement names."""
        found = self.find(name)
        return found[0].name if found else self.home(name)

    def part(self, kind: str, table: Name, name: str) -> list[Object]:
        """What of that kind and name is known in a table."""
        return [o for o in self.objects if (o.kind, o.inside, o.name) == (kind, table, (name,))]


def _scope(o: Object) -> tuple[str, Name, tuple[Argument, ...]]:
    """What tells it from others of the same name."""
    return (o.kind, o.inside if o.kind in PARTS else (), o.arguments)

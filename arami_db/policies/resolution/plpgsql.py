"""Functions in PL/pgSQL that write nothing: their result as one expression."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import postgast

from arami_db.files.definitions.names import quoted
from arami_db.policies.catalog import Function
from arami_db.policies.expressions.parsing import expression, query
from arami_db.policies.expressions.tree import FALSE, NULL, Expr, Query

Values = Mapping[str, Expr]
_PLAIN_RETURN = re.compile(r"\breturn\s+([a-z_][\w$]*)\s*;", re.IGNORECASE)
_BEGIN = re.compile(r"\bbegin\b", re.IGNORECASE)
_OWN_TYPE = re.compile(
    r"""^(\s*(?:declare\s+)?\w+\s+(?:constant\s+)?)(?:[\w"]+(?:\.[\w"]+)+(?:%\w+)?|[\w"]+%\w+)""",
    re.IGNORECASE | re.MULTILINE,
)
# How an expression and a query read, where names are these.
Resolve = Callable[[Expr, Values], Expr]
ResolveQuery = Callable[[Query, Values], Query]


class UnreadableError(Exception):
    """The function does more than decide, or in a way that is not read."""


@dataclass(frozen=True)
class Reader:
    """Reads bodies.

    Attributes:
        resolve: an expression, with values for names.
        resolve_query: a query, likewise.
    """

    resolve: Resolve
    resolve_query: ResolveQuery

    def result(self, function: Function, values: Values) -> Query:
        """What a function returns, as a query.

        Args:
            function: the function.
            values: of its arguments.

        Raises:
            UnreadableError: it is of another kind.
        """
        try:
            parsed = postgast.parse_plpgsql(_plain(function))
        except postgast.PgQueryError as error:
            raise UnreadableError from error
        found = json.loads(parsed) if isinstance(parsed, str) else parsed
        inside = (found[0] if isinstance(found, list) else found)["PLpgSQL_function"]
        names = [next(iter(datum.values())).get("refname", "") for datum in inside["datums"]]
        known = dict(values)
        for datum in inside["datums"]:
            kind, variable = next(iter(datum.items()))
            default = variable.get("default_val")
            if kind == "PLpgSQL_var" and variable["refname"] not in known:
                known[variable["refname"]] = self._expression(default, known) if default else NULL
        return self._run(_statements(inside["action"]), known, names)

    def _run(self, statements: list[Any], values: Values, names: list[str]) -> Query:
        """What is returned from here on; without RETURN it is nothing that is true."""
        for place, statement in enumerate(statements):
            kind, inside = next(iter(statement.items()))
            rest = statements[place + 1 :]
            match kind:
                case "PLpgSQL_stmt_return":
                    return Query(self._expression(inside.get("expr"), values))
                case "PLpgSQL_stmt_return_query":
                    return self._query(inside["query"], values)
                case "PLpgSQL_stmt_block":
                    return self._run([*_statements(statement), *rest], values, names)
                case "PLpgSQL_stmt_if":
                    return self._decided(inside, rest, values, names)
                case "PLpgSQL_stmt_assign":
                    _, _, right = inside["expr"]["PLpgSQL_expr"]["query"].partition("=")
                    value = self.resolve(expression(right), values)
                    values = {**values, names[inside["varno"]]: value}
                case "PLpgSQL_stmt_execsql" if inside.get("into"):
                    values = {**values, **self._into(inside, values)}
                case "PLpgSQL_stmt_perform":
                    values = {**values, "found": self._exists(inside["expr"], values)}
                case "PLpgSQL_stmt_case":
                    return self._chosen(inside, rest, values, names)
                case "PLpgSQL_stmt_execsql" | "PLpgSQL_stmt_getdiag":
                    continue  # what it writes decides nothing
                case "PLpgSQL_stmt_raise":
                    if int(inside.get("elog_level", 21)) >= 21:
                        return Query(FALSE)
                case _:
                    raise UnreadableError
        return Query(FALSE)

    def _chosen(
        self, inside: dict[str, Any], rest: list[Any], values: Values, names: list[str]
    ) -> Query:
        """CASE is IF on a variable that holds what is compared."""
        if "t_expr" in inside:
            held = {names[inside["t_varno"]]: self._expression(inside["t_expr"], values)}
            values = {**values, **held}
        ways = [one["PLpgSQL_case_when"] for one in inside["case_when_list"]]
        as_if = {
            "cond": ways[0]["expr"],
            "then_body": ways[0].get("stmts", []),
            "elsif_list": [
                {"PLpgSQL_if_elsif": {"cond": one["expr"], "stmts": one.get("stmts", [])}}
                for one in ways[1:]
            ],
            "else_body": inside.get("else_stmts", []),
        }
        return self._decided(as_if, rest, values, names)

    def _decided(
        self, inside: dict[str, Any], rest: list[Any], values: Values, names: list[str]
    ) -> Query:
        ways = [(inside["cond"], inside.get("then_body", []))]
        for one in inside.get("elsif_list", []):
            found = one["PLpgSQL_if_elsif"]
            ways.append((found["cond"], found.get("stmts", [])))
        args: list[Expr] = []
        for condition, body in ways:
            args.append(self._expression(condition, values))
            args.append(_value(self._run([*body, *rest], values, names)))
        otherwise = self._run([*inside.get("else_body", []), *rest], values, names)
        return Query(Expr("case", args=(*args, _value(otherwise))))

    def _into(self, inside: dict[str, Any], values: Values) -> dict[str, Expr]:
        """Variables that a query fills, one each for what it selects."""
        made = self._query(inside["sqlstmt"], values)
        kind, target = next(iter(inside["target"].items()))
        found = {"found": Expr("exists", query=replace(made, target=None))}
        if kind != "PLpgSQL_row":
            return {**found, target["refname"]: _value(made)}
        fields = [field["name"] for field in target["fields"]]
        parts = made.target.args if made.target and made.target.kind == "row" else (made.target,)
        if len(parts) != len(fields):
            raise UnreadableError
        for field, part in zip(fields, parts, strict=True):
            found[field] = _value(replace(made, target=part))
        return found

    def _exists(self, found: dict[str, Any], values: Values) -> Expr:
        return Expr("exists", query=replace(self._query(found, values), target=None))

    def _expression(self, found: dict[str, Any] | None, values: Values) -> Expr:
        if found is None:
            raise UnreadableError
        return self.resolve(expression(found["PLpgSQL_expr"]["query"]), values)

    def _query(self, found: dict[str, Any], values: Values) -> Query:
        made = query(found["PLpgSQL_expr"]["query"])
        if made is None:
            raise UnreadableError
        return self.resolve_query(made, values)


def _plain(function: Function) -> str:
    """A function as the parser takes it, which knows no types but the server's own.

    Of a RETURN of a variable alone it does not say which: in brackets it is an expression.
    """
    body = _PLAIN_RETURN.sub(r"return (\1);", function.body)
    begin = _BEGIN.search(body)
    if begin is not None:
        body = _OWN_TYPE.sub(r"\1record", body[: begin.start()]) + body[begin.start() :]
    names = ", ".join(f"{quoted(name)} text" for name in function.arguments if name)
    returned = "setof text" if function.returns_set else "text"
    mark = "$arami_db$"
    return f"create function f({names}) returns {returned} language plpgsql as {mark}{body}{mark}"


def _statements(statement: dict[str, Any]) -> list[Any]:
    return list(statement["PLpgSQL_stmt_block"].get("body", []))


def _value(made: Query) -> Expr:
    """What a query yields, as an expression."""
    return made.value or Expr("scalar", query=made)

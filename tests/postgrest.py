"""What PostgREST sends to the database for a request, as far as the mobile client's calls go.

The shapes of the statements are PostgREST 14's (src/library/PostgREST/Query/, read in August 2026):
one statement a request, in a transaction whose first statement sets role and claims. Resources are
embedded along foreign keys; one is embedded as an object where a unique constraint says so.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg

_OPERATORS = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_NOT_FILTERS = ("select", "order", "limit", "offset", "on_conflict", "columns")
_SINGLE = "application/vnd.pgrst.object+json"
_STATUS = {"42501": 403, "23505": 409, "23503": 409}
# How PostgREST counts what an upsert inserted; it makes the WHERE of its INSERT true.
_INSERTED = (
    "set_config('pgrst.inserted', (coalesce(nullif("
    "current_setting('pgrst.inserted', true), '')::int, 0) {} 1)::text, true) <> '{}'"
)
_SETTINGS = """
select set_config('search_path', '"public", "extensions"', true), set_config('role', %s, true),
    set_config('request.jwt.claims', %s, true), set_config('request.method', %s, true),
    set_config('request.path', %s, true), set_config('request.headers', '{}', true),
    set_config('request.cookies', '{}', true)
"""
_COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
    and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_KEYS = """
select f.relname, t.relname, columns.near, columns.far, exists (
    select from pg_constraint as u
    where u.conrelid = k.conrelid and u.contype in ('p', 'u') and u.conkey <@ k.conkey
)
from pg_constraint as k
inner join pg_class as f on f.oid = k.conrelid
inner join pg_class as t on t.oid = k.confrelid
cross join lateral (
    select array_agg(n.attname::text order by o), array_agg(r.attname::text order by o)
    from unnest(k.conkey, k.confkey) with ordinality as pair (near, far, o)
    inner join pg_attribute as n on n.attrelid = k.conrelid and n.attnum = pair.near
    inner join pg_attribute as r on r.attrelid = k.confrelid and r.attnum = pair.far
) as columns (near, far)
where k.contype = 'f' and k.connamespace = 'public'::regnamespace
"""
_FUNCTIONS = """
select p.proname, p.proretset, t.typtype = 'c' or t.typname = 'record' and p.proretset,
    array(
        select array[p.proargnames[i], format_type(p.proargtypes[i - 1], null)]
        from generate_series(1, p.pronargs) as i
    )
from pg_proc as p inner join pg_type as t on t.oid = p.prorettype
where p.pronamespace = 'public'::regnamespace and t.typname <> 'trigger'
"""


@dataclass(frozen=True)
class Request:
    """A request: method, path with query string below /rest/v1, headers and body."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def resource(self) -> str:
        return unquote(urlsplit(self.path).path).strip("/")

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.path).query, keep_blank_values=True)

    def asks(self, name: str, default: str = "") -> str:
        return dict(self.query).get(name, default)

    def prefers(self, what: str) -> bool:
        return what in self.headers.get("prefer", "")


@dataclass(frozen=True)
class Response:
    """A status and the body, read from its JSON."""

    status: int
    body: Any


def _name(*parts: str) -> str:
    return ".".join('"' + part.replace('"', '""').replace("%", "%%") + '"' for part in parts)


def _listed(text: str) -> list[str]:
    """Split at the commas outside parentheses."""
    parts, depth = [""], 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part for part in parts if part]


class Api:
    """The requests' way to one database.

    Args:
        conninfo: a superuser's; each request becomes `authenticator`, then its role.
    """

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.columns: dict[str, dict[str, str]] = {}
        with psycopg.connect(conninfo) as connection:
            for relation, column, kind in connection.execute(_COLUMNS):
                self.columns.setdefault(relation, {})[column] = kind
            self.keys = connection.execute(_KEYS).fetchall()
            self.functions = {row[0]: row[1:] for row in connection.execute(_FUNCTIONS)}

    def statement(self, request: Request) -> tuple[str, list[Any]]:
        """The one statement of a request, and its parameters."""
        values: list[Any] = []
        kind, _, function = request.resource.partition("/")
        if kind == "rpc":
            source = self._call(function, request, values)
            single = self.functions[function][1] and not self.functions[function][0]
            scalar = not self.functions[function][1]
            outer = "pgrst_source"
        else:
            source = self._source(kind, request, values)
            single, scalar, outer = False, False, "pgrst_source"
            if request.method != "GET" and request.prefers("return=representation"):
                select = request.asks("select", "*")
                outer = f"({self._select(kind, select, values, relation='pgrst_source')})"
        row = "_postgrest_t.pgrst_scalar" if scalar else "_postgrest_t"
        single = single or scalar or request.headers.get("accept") == _SINGLE
        body = f"json_agg({row})->0, 'null'" if single else f"json_agg({row}), '[]'"
        if kind != "rpc" and request.method != "GET" and outer == "pgrst_source":
            body = "null, 'null'"
        return (
            f"WITH pgrst_source AS ({source}) SELECT null::bigint AS total_result_set,"
            f" pg_catalog.count(_postgrest_t) AS page_total, coalesce({body})::text AS body,"
            " nullif(current_setting('response.headers', true), '') AS response_headers,"
            " nullif(current_setting('response.status', true), '') AS response_status,"
            f" '' AS response_inserted FROM (SELECT * FROM {outer} AS pgrst_rows) _postgrest_t",
            values,
        )

    def _source(self, table: str, request: Request, values: list[Any]) -> str:
        if request.method == "GET":
            text = self._select(table, request.asks("select", "*"), values)
            return text + self._where(table, request, values) + self._page(table, request)
        returning = ", ".join(_name(table, column) for column in self.columns[table])
        returning = f" RETURNING {returning}"
        if request.method == "DELETE":
            return (
                f"DELETE FROM {_name('public', table)}"
                f"{self._where(table, request, values)}{returning}"
            )
        names = list(request.body if isinstance(request.body, dict) else request.body[0])
        columns = ", ".join(_name(name) for name in names)
        if request.method == "PATCH":
            pairs = ", ".join(f"{_name(name)} = {_name('pgrst_body', name)}" for name in names)
            body = self._body(request, {name: self.columns[table][name] for name in names}, values)
            where = self._where(table, request, values)
            return f"UPDATE {_name('public', table)} SET {pairs} FROM {body}{where}{returning}"
        chosen = ", ".join(_name("pgrst_body", name) for name in names)
        body = self._body(request, {name: self.columns[table][name] for name in names}, values)
        text = f"INSERT INTO {_name('public', table)}({columns}) SELECT {chosen} FROM {body}"
        if request.prefers("resolution=merge-duplicates"):
            keys = ", ".join(_name(key) for key in request.asks("on_conflict", "id").split(","))
            sets = ", ".join(f"{_name(name)} = EXCLUDED.{_name(name)}" for name in names)
            text += f" WHERE {_INSERTED.format('+', 0)} ON CONFLICT({keys}) DO UPDATE SET {sets}"
            text += f" WHERE {_INSERTED.format('-', -1)}"
        return text + returning

    def _body(self, request: Request, kinds: dict[str, str], values: list[Any]) -> str:
        values.append(json.dumps(request.body))
        record = "json_to_record" if isinstance(request.body, dict) else "json_to_recordset"
        columns = ", ".join(_name(name) for name in kinds)
        typed = ", ".join(f"{_name(name)} {kind}" for name, kind in kinds.items())
        return (
            "(SELECT %s::json AS json_data) pgrst_payload, LATERAL (SELECT "
            f"{columns} FROM {record}(pgrst_payload.json_data) AS _({typed})) pgrst_body"
        )

    def _call(self, function: str, request: Request, values: list[Any]) -> str:
        _, composite, parameters = self.functions[function]
        given = request.body or {}
        kinds = {name: kind for name, kind in parameters if name in given}
        arguments = ", ".join(f"{_name(name)} := {_name('pgrst_body', name)}" for name in kinds)
        call = f"{_name('public', function)}({arguments})"
        call = f"{call} pgrst_call" if composite else f"(SELECT {call} pgrst_scalar) pgrst_call"
        body = f"{self._body(request, kinds, values)}, LATERAL " if kinds else ""
        return f"SELECT pgrst_call.* FROM {body}{call}"

    def _select(
        self, table: str, select: str, values: list[Any], *, relation: str = "", alias: str = ""
    ) -> str:
        """SELECT … FROM … with a lateral join for each resource embedded, without a WHERE."""
        at = alias or relation or _name("public", table)
        chosen, joins = [], []
        for item in _listed(select):
            if "(" in item:
                column, join = self._embed(table, at, item, values)
                chosen.append(column)
                joins.append(join)
            else:
                chosen.append(f"{at}.*" if item == "*" else f"{at}.{_name(item)}")
        source = relation or _name("public", table)
        named = f"{source} AS {alias}" if alias else source
        return f"SELECT {', '.join(chosen)} FROM {named}{''.join(joins)}"

    def _embed(self, table: str, at: str, item: str, values: list[Any]) -> tuple[str, str]:
        label, _, inner = item[:-1].partition("(")
        shown, _, wanted = label.rpartition(":")
        target, _, hint = wanted.partition("!")
        alias = _name(f"{table}_{target}_1")
        inside = _name(f"{target}_1")
        condition, one = self._joined(table, at, target, inside, hint)
        sub = f"{self._select(target, inner, values, alias=inside)} WHERE {condition}"
        if one:
            return (
                f"row_to_json({alias}.*)::jsonb AS {_name(shown or target)}",
                f" LEFT JOIN LATERAL ({sub}) AS {alias} ON TRUE",
            )
        return (
            f"COALESCE({alias}.{alias}, '[]') AS {_name(shown or target)}",
            f" LEFT JOIN LATERAL (SELECT json_agg({alias})::jsonb AS {alias}"
            f" FROM ({sub}) AS {alias}) AS {alias} ON TRUE",
        )

    def _joined(self, table: str, at: str, target: str, inside: str, hint: str) -> tuple[str, bool]:
        """How an embedded resource is joined, and whether there is at most one."""
        for source, to, near, far, unique in self.keys:
            if (source, to) == (target, table) and (not hint or hint in near):
                pairs = zip(near, far, strict=True)
                return " AND ".join(
                    f"{inside}.{_name(n)} = {at}.{_name(f)}" for n, f in pairs
                ), unique
            if (source, to) == (table, target) and (not hint or hint in near):
                pairs = zip(near, far, strict=True)
                return " AND ".join(
                    f"{inside}.{_name(f)} = {at}.{_name(n)}" for n, f in pairs
                ), True
        raise LookupError(f"no relationship between {table} and {target}")

    def _where(self, table: str, request: Request, values: list[Any]) -> str:
        found = []
        for name, value in request.query:
            if name in ("or", "and"):
                found.append(self._logic(table, f"{name}{value}", values))
            elif name not in _NOT_FILTERS:
                found.append(self._filter(table, name, value, values))
        return f" WHERE {' AND '.join(found)}" if found else ""

    def _logic(self, table: str, text: str, values: list[Any]) -> str:
        word, _, inner = text.partition("(")
        if word in ("or", "and") and text.endswith(")"):
            parts = [self._logic(table, part, values) for part in _listed(inner[:-1])]
            return f"({f' {word.upper()} '.join(parts)})"
        column, _, condition = text.partition(".")
        return self._filter(table, column, condition, values)

    def _filter(self, table: str, column: str, condition: str, values: list[Any]) -> str:
        operator, _, value = condition.partition(".")
        at = _name("public", table, column)
        if operator == "is":
            return f"{at} IS {'NULL' if value == 'null' else value.upper()}"
        if operator == "in":
            values.append([one.strip('"') for one in value[1:-1].split(",")])
            return f"{at} = ANY (%s::{self.columns[table][column]}[])"
        values.append(value.strip('"'))
        return f"{at} {_OPERATORS[operator]} %s"

    def _page(self, table: str, request: Request) -> str:
        text = ""
        if order := request.asks("order"):
            terms = [term.partition(".") for term in order.split(",")]
            text = " ORDER BY " + ", ".join(
                f"{_name('public', table, column)} {how.upper()}" for column, _, how in terms
            )
        limit, offset = request.asks("limit"), request.asks("offset", "0")
        return f"{text} LIMIT {int(limit) if limit else 'ALL'} OFFSET {int(offset)}"

    @contextmanager
    def acting(self, request: Request) -> Iterator[psycopg.Cursor[Any]]:
        """A transaction with the request's role and claims; committed where nothing was raised."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        claims = _claims(token) if token else {"role": "anon"}
        with psycopg.connect(self.conninfo) as connection:
            connection.execute("set session authorization authenticator")
            connection.execute(
                _SETTINGS,
                [claims["role"], json.dumps(claims), request.method, f"/{request.resource}"],
            )
            with connection.cursor() as cursor:
                yield cursor

    def send(self, request: Request) -> Response:
        """Answer a request."""
        text, values = self.statement(request)
        try:
            with self.acting(request) as cursor:
                row = cursor.execute(text.encode(), values).fetchone()
                assert row is not None
                is_wrong = request.headers.get("accept") == _SINGLE and row[1] != 1
                if is_wrong:
                    cursor.connection.rollback()
        except psycopg.Error as failure:
            said = failure.diag
            code = said.sqlstate or ""
            body = _error(code, said.message_primary, said.message_detail, said.message_hint)
            return Response(_STATUS.get(code, 400), body)
        if is_wrong:
            return Response(406, _error("PGRST116", f"The result contains {row[1]} rows"))
        created = request.method == "POST" and not request.resource.startswith("rpc/")
        return Response(201 if created else 200, json.loads(row[2] or "null"))


def _error(code: str, message: str | None, *more: str | None) -> dict[str, str | None]:
    details, hint = more or (None, None)
    return {"code": code, "message": message, "details": details, "hint": hint}


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def token(user: str | None, role: str = "authenticated") -> str:
    """A token that says who asks. Nobody checks a signature here: that is PostgREST's part."""
    claims = {"role": role, **({"sub": user} if user else {})}
    parts = ({"alg": "none"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([part.rstrip("=") for part in encoded] + ["signature"])


@contextmanager
def serving(api: Api) -> Iterator[str]:
    """Serve an Api at an address of this machine; its URL, as `createClient` takes it."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = self.path.removeprefix("/rest/v1")
            answer = api.send(Request(self.command, path, headers, body))
            data = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()

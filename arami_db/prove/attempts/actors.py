"""Actors: the roles of the API, each with claims of the JWT as PostgREST sets them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from psycopg import sql

from arami_db.rows.identities import email

API_ROLES = ("anon", "authenticated", "service_role")
ROLE = "authenticated"
# The end of acting as somebody: full rights again.
RESET = sql.SQL("reset role; set local row_security = off")


@dataclass(frozen=True)
class Actor:
    """A role and the claims it comes with: all as JSON, or the subject alone, the legacy way.

    On Citus a transaction has one role from its start, and workers learn who asks by SET LOCAL.
    """

    name: str
    role: str
    claims: str = ""
    legacy: str = ""
    headers: str = ""
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    on_citus: bool = False

    @cached_property
    def become(self) -> sql.SQL:
        """The statement after which, to the end of the savepoint, this actor acts."""
        settings = {
            "request.jwt.claims": self.claims,
            "request.jwt.claim": "",
            "request.jwt.claim.sub": self.legacy,
            "request.headers": self.headers,
            "request.jwt.claim.role": self.role if self.legacy else "",
            **self.settings,
            "row_security": "on",
            "role": self.role,  # the last one: what follows is done with its rights
        }
        if self.on_citus:
            told = ("request.jwt.claims", "request.jwt.claim.sub")
            there = {k: v for k, v in settings.items() if k.startswith("request.")}
            return _sent({k: v for k, v in there.items() if v or k in told})
        calls = (
            sql.SQL("pg_catalog.set_config({}, {}, true)").format(name, value)
            for name, value in settings.items()
        )
        return rendered(sql.SQL("select {}").format(sql.SQL(", ").join(calls)))


def _sent(settings: dict[str, str]) -> sql.SQL:
    """SET LOCAL within a block: outside, Citus sends on all that came with it in one message."""
    sets = (
        sql.SQL("set local {} to {};").format(sql.SQL(name), value)
        for name, value in settings.items()
    )
    block = sql.SQL("begin {} end").format(sql.SQL(" ").join(sets))
    return rendered(sql.SQL("do {}").format(block.as_string()))


def rendered(statement: sql.Composable) -> sql.SQL:
    """A statement that is sent many times, put together once."""
    return sql.SQL(statement.as_string())


def claims(user: str | None, role: str = ROLE, more: Mapping[str, object] | None = None) -> str:
    """The claims of a signed-in user, as JSON."""
    mail = {"email": email(user)} if user else {}
    merged = {"sub": user, "role": role, **mail, **(more or {})}
    return json.dumps({k: v for k, v in merged.items() if v is not None or k == "sub"})


def owner(user: str, more: Mapping[str, object]) -> Actor:
    """A user, signed in.

    Args:
        user: the id.
        more: claims besides, which operators set.
    """
    return Actor("A", ROLE, claims(user, more=more))


def owners(user: str, more: Mapping[str, object]) -> tuple[Actor, ...]:
    """The user, signed in, in both claim styles."""
    return (owner(user, more), Actor("A (legacy claims)", ROLE, legacy=user))


def attackers(user: str, other: str, more: Mapping[str, object]) -> tuple[Actor, ...]:
    """All actors who must not reach another user's rows.

    Args:
        user: whose claims A has.
        other: whom A claims to be where users may write what they like.
        more: claims of A's besides, which operators set.
    """
    forged = dict.fromkeys(("sub", "id", "user_id"), other) | {"email": email(other)}
    headers = dict.fromkeys(("x-user-id", "x-user", "user-id", "x-forwarded-user"), other)
    return (
        *owners(user, more),
        Actor(
            "A with B's id in what users write",
            ROLE,
            claims(user, more={**more, "user_metadata": forged}),
            headers=json.dumps(headers),
        ),
        Actor("anon", "anon"),
        Actor("anon with A's claims", "anon", claims(user)),
        Actor("anon with A's legacy claims", "anon", legacy=user),
        Actor("authenticated without claims", ROLE),
        Actor("authenticated with empty claims", ROLE, "{}"),
        Actor("authenticated with a null subject", ROLE, claims(None)),
        Actor("authenticated with an empty subject", ROLE, claims("")),
        Actor("authenticated with a malformed subject", ROLE, claims("not-a-uuid")),
        Actor("authenticated with malformed claims", ROLE, "{not json"),
        Actor("authenticated with malformed legacy claims", ROLE, legacy="not-a-uuid"),
    )


THOROUGH = ("A", "A with B's id in what users write", "anon")  # who try every attack there is
PLAIN = ("A", "anon", "authenticated without claims")  # who differ by role and id
PRIVILEGES = ("select", "insert", "update", "delete")


def insider(user: str, role: str) -> Actor:
    """On Citus, the actor in the tried role who does what needs all rights elsewhere."""
    return Actor("insider", role, claims(user, role), on_citus=True)


def with_claims(
    actor: Actor, name: str, more: Mapping[str, object], settings: Mapping[str, str]
) -> Actor:
    """The same actor with further claims, and with settings besides claims."""
    held = json.loads(actor.claims or "{}") | more
    kept = {k: v for k, v in held.items() if v is not None}
    return replace(actor, name=name, claims=json.dumps(kept), settings=settings)


SERVICE = Actor("service_role", "service_role", claims(None, "service_role"))

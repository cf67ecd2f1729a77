"""Reads a source file's imports, those inside functions and those by name too, for tests/test_arrows.py."""

import ast
from collections.abc import Iterator
from pathlib import Path

# Calls whose first argument names a module or a model of another room.
BY_NAME = {"import_module", "import_string", "get_model", "ForeignKey", "OneToOneField", "ManyToManyField"}


def module_of(path: Path, root: Path) -> str:
    """`catalogue/rules/engine.py` is `catalogue.rules.engine`; an `__init__.py` is its package."""
    parts = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, module: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that a module imports; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                parts = module.split(".")
                kept = parts[: len(parts) - node.level + is_package]
                start = ".".join([*kept, *filter(None, [node.module])])
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in BY_NAME and node.args and isinstance(node.args[0], ast.Constant):
                yield node.lineno, str(node.args[0].value)

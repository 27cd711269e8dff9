"""The floors of the house: who may import whom, read from the source with ast, lazy imports included."""

import ast
from pathlib import Path

SRC = Path(__file__).parent.parent / "src" / "whyrec"

# A package may import itself (models excepted), and what stands here.
MAY = {
    "core": set(),
    "data": {"core"},
    "store": {"core"},
    "features": {"core"},
    "explain": {"core"},
    "measure": {"core"},
    "simulated": {"core"},
    "words": {"core"},
    "learn": {"core", "data", "store", "features", "measure"},
    "models": {"core", "data", "features", "measure", "learn"},
    "rank": {"core", "data", "store", "features", "measure", "learn", "models"},
    "app": {"core", "data", "store", "features", "explain", "measure", "words", "learn", "models", "rank", "simulated"},
}
NO_TORCH = {"core", "data", "store", "simulated", "explain", "measure", "words", "rank", "app"}
MAY_BE_LAZY = {"features/media.py"}


def imports(path):
    """(module imported, line) of a file, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import; write the whole path"
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def files():
    return sorted(SRC.rglob("*.py"))


def test_every_package_has_a_floor():
    packages = {p.name for p in SRC.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert packages == set(MAY)
    assert len(files()) > 20, "the walk over src found too few files to be right"


def test_imports_go_down_only():
    wrong = []
    for path in files():
        inside = path.relative_to(SRC)
        if len(inside.parts) == 1:
            continue
        package = inside.parts[0]
        for module, line in imports(path):
            parts = module.split(".")
            if parts[0] == "whyrec" and len(parts) > 1 and parts[1] in MAY:
                own = parts[1] == package
                if not own and parts[1] not in MAY[package]:
                    wrong.append(f"{inside}:{line} imports {module}")
                if own and package == "models" and inside.name != "__init__.py" and len(parts) > 2:
                    wrong.append(f"{inside}:{line} imports another model, {module}")
            if parts[0] == "torch" and package in NO_TORCH and str(inside) not in MAY_BE_LAZY:
                wrong.append(f"{inside}:{line} imports torch")
    assert not wrong, "\n".join(wrong)

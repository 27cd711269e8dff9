"""Make the parts of the documentation that are read from code, or check that they are up to date.

python tools/docs.py           write docs/settings.md, docs/cli.md, docs/reference.md and the trees of both READMEs
python tools/docs.py --check   exit 1 and name what differs
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "whyrec"


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a docstring on one line."""
    line = " ".join((text or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", line)[0].rstrip(".")


def tree(language: str) -> str:
    """Return the tree of src/whyrec, one line a file, each with the first sentence of its module."""
    chinese = tomllib.loads((ROOT / "docs" / "tree.zh.toml").read_text(encoding="utf-8")) if language == "zh" else {}
    lines = ["```text", "src/whyrec/"]
    for path in sorted(
        SRC.rglob("*.py"), key=lambda p: (p.relative_to(SRC).parent.as_posix(), p.name != "__init__.py", p.name)
    ):
        inside = path.relative_to(SRC)
        is_package = inside.name == "__init__.py"
        name = inside.parent.as_posix() + "/" if is_package else inside.name
        if name in ("./", ".//"):
            name = "__init__.py"
        depth = 2 * len(inside.parent.parts) - (2 if is_package and inside.parent.parts else 0) + 2
        if language == "zh":
            about = chinese.get(inside.as_posix(), "(docs/tree.zh.toml 里缺这一行)")
        else:
            about = first_sentence(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))))
        label = " " * depth + (name.split("/")[-2] + "/" if is_package and inside.parent.parts else name)
        lines.append(f"{label:<26} {about}")
    return "\n".join([*lines, "```"])


def reference() -> str:
    """Return the reference of the Python API, from the docstrings and signatures of what users import."""
    import whyrec
    from whyrec.app.shop import Shop
    from whyrec.core import errors, types

    lines = ["# Python reference", "", "Generated from the code by `make docs`.", "", "## whyrec", ""]
    for name in ("open", "init"):
        lines += _entry(f"whyrec.{name}", getattr(whyrec, name))
    lines += ["## Shop", "", inspect.getdoc(Shop) or "", ""]
    for kind in reversed(Shop.__mro__[:-1]):  # what the folder holds, then what a shop does
        for name, member in vars(kind).items():
            if not name.startswith("_"):
                lines += _entry(f"shop.{name}", member)
    lines += ["## Types", ""]
    for name in (
        "Events",
        "History",
        "Catalog",
        "Query",
        "Recommendation",
        "Item",
        "Explanation",
        "Reason",
        "Counterfactual",
    ):
        lines += [f"### {name}", "", inspect.getdoc(getattr(types, name)) or "", ""]
    return "\n".join([*lines, "## Errors", "", "```text", (inspect.getdoc(errors) or "").strip(), "```", ""])


def _entry(name: str, member: object) -> list[str]:
    inner = getattr(member, "fget", None) or getattr(member, "func", None) or member
    if not callable(inner):
        return []
    called = (
        "" if inner is not member else str(inspect.signature(inner)).replace("(self, ", "(").replace("(self)", "()")
    )
    called = re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", called)  # an address differs in every process
    return [f"### {name}", "", f"`{name}{called}`", "", inspect.getdoc(inner) or "", ""]


def commands() -> str:
    """Return the manual of the command line, from its own help."""
    import os

    os.environ.update(COLUMNS="100", TERM="dumb", NO_COLOR="1")
    import typer
    from typer.testing import CliRunner

    from whyrec.app.cli import app

    runner = CliRunner()
    lines = ["# Command line", "", "Generated from `whyrec --help` by `make docs`.", ""]
    names = [""]
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        names += [name, *(f"{name} {inner}" for inner in getattr(command, "commands", ()))]
    for name in names:
        text = runner.invoke(app, [*name.split(), "--help"], prog_name="whyrec").output
        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
        lines += [
            f"## whyrec {name}".rstrip(),
            "",
            "```text",
            *(line.rstrip() for line in text.strip().splitlines()),
            "```",
            "",
        ]
    return "\n".join(lines)


def outputs() -> dict[Path, str]:
    """Return every generated file with its text."""
    from whyrec.core.config import manual

    made = {
        ROOT / "docs" / "settings.md": manual(),
        ROOT / "docs" / "cli.md": commands(),
        ROOT / "docs" / "reference.md": reference(),
    }
    for name, language in (("README.md", "en"), ("README.zh-CN.md", "zh")):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        made[path] = re.sub(
            r"(<!-- tree -->\n).*?(\n<!-- /tree -->)",
            lambda m, lang=language: m[1] + tree(lang) + m[2],  # type: ignore[misc]
            text,
            flags=re.S,
        )
    return made


def main() -> int:
    """Write or check."""
    wrong = []
    for path, text in outputs().items():
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                wrong.append(path.relative_to(ROOT).as_posix())
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if wrong:
        print(f"Not up to date: {', '.join(wrong)}. Run: make docs", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Docs are run, not believed: the tour's commands, the generated pages, the links, and the two READMEs side by side."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(path, language):
    """Fenced blocks of one language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.M | re.S)


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_tour_runs(tmp_path):
    tour = ROOT / "docs" / "tour.md"
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = tour.read_text(encoding="utf-8")
    steps = re.findall(r"^```(sh|python)\n(.*?)^```", text, flags=re.M | re.S)
    n_commands = 0
    for language, body in steps:
        if language == "python":
            done = run([sys.executable, "-c", body], tmp_path)
            assert done.returncode == 0, done.stderr
            continue
        for line in body.strip().splitlines():
            words = shlex.split(line)
            assert words[0] == "whyrec"
            done = run([sys.executable, "-m", "whyrec", *words[1:]], tmp_path)
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            n_commands += 1
    assert n_commands >= 10
    assert (tmp_path / "lists.parquet").stat().st_size > 0
    counts = subprocess.run(["wc", "-l", ROOT / "examples/electronics/events.csv"], capture_output=True, text=True)
    assert f"{int(counts.stdout.split()[0]) - 1:,} events" in text


def test_generated_pages_are_up_to_date():
    done = run([sys.executable, "tools/docs.py", "--check"], ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_both_readmes_say_the_same():
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    without_comments = [[re.sub(r"\s*#.*", "", block) for block in blocks(p, "sh")] for p in (english, chinese)]
    assert without_comments[0] == without_comments[1]
    assert len(without_comments[0]) >= 3
    code = [[block.replace('"zh"', '"en"') for block in blocks(p, "python")] for p in (english, chinese)]
    assert code[0] == code[1]
    links = [set(re.findall(r"\]\((docs/[^)]+)", p.read_text(encoding="utf-8"))) for p in (english, chinese)]
    assert links[0] == links[1]
    headings = [re.findall(r"^## ", p.read_text(encoding="utf-8"), flags=re.M) for p in (english, chinese)]
    assert len(headings[0]) == len(headings[1])


def test_every_file_has_its_line_in_the_tree():
    files = [p.name for p in (ROOT / "src" / "whyrec").rglob("*.py") if p.name != "__init__.py"]
    assert len(files) > 30
    for page in ("README.md", "README.zh-CN.md"):
        tree = (ROOT / page).read_text(encoding="utf-8").split("<!-- tree -->")[1]
        assert not [name for name in files if f" {name} " not in tree], page
        assert "缺这一行" not in tree

"""Write the reference pages of docs/reference from the code's own catalogues.

    python docs/generate.py            writes the pages
    python docs/generate.py --check    names the pages that are out of date, and ends with 1 if there are any

A page says what the code says at this moment: commands, settings, event types, problems, messages,
endpoints, figures. Words that the code does not hold (what a setting is for) stand in
`settings_explained.py` beside this file, and a setting without its words is an error.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Before anything of the project is imported: the script touches nobody's data folder, and speaks English
# whatever the language of the terminal is.
os.environ["WANGGE_DATA"] = tempfile.mkdtemp(prefix="wangge-docs-")
os.environ["DJANGO_SETTINGS_MODULE"] = "wangge.settings"
os.environ["LANG"] = os.environ["LC_ALL"] = "en_US.UTF-8"
for name in ("DATABASE_URL", "WANGGE_PACKS", "LANGUAGE"):
    os.environ.pop(name, None)
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import shutil  # noqa: E402 - the environment above comes first

import django  # noqa: E402

django.setup()

from docs.pages import catalogues, commands, endpoints, packs, settings  # noqa: E402 - models exist only after setup

FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by docs/generate.py; change the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    written = {
        "commands.md": commands.page_text(ROOT),
        "settings.md": settings.page_text(ROOT),
        "events.md": catalogues.events_page(),
        "problems.md": catalogues.problems_page(),
        "messages.md": catalogues.messages_page(),
        "endpoints.md": endpoints.page_text(),
        "figures.md": packs.figures_page(ROOT / "packs"),
        **packs.pack_pages(ROOT / "packs"),
    }
    return {name: NOTE + text.rstrip("\n") + "\n" for name, text in written.items()}


def main(args: list[str]) -> int:
    """Write the pages, or with --check name those that are not as they would be written."""
    outdated = {
        name: text
        for name, text in pages().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    }
    if "--check" in args:
        for name in outdated:
            print(f"docs/reference/{name} is out of date; run: python docs/generate.py")
        return 1 if outdated else 0
    for name, text in outdated.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        shutil.rmtree(os.environ["WANGGE_DATA"], ignore_errors=True)

"""A demonstration small enough for a test: three towns of the pack's city, replayed by the command itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "packs" / "huizhou-2020"
COMMAND = "import sys; from wangge.cli import main; main(sys.argv[1:])"
VILLAGES = """code12,name,kind,town_code9,town_name,county_code6,county_name
441302001001,东湖社区居委会,居民委员会,441302001,桥东街道,441302,惠城区
441302001003,新建社区居委会,居民委员会,441302001,桥东街道,441302,惠城区
441302110200,横沥村委会,村民委员会,441302110,横沥镇,441302,惠城区
441323001001,新平社区居委会,居民委员会,441323001,平山街道,441323,惠东县
"""
MANAGEMENT = """code,level,name,parent_code,member_codes
441302001-P1,station,桥东派出所,441302,441302001
441302110-P1,station,横沥派出所,441302,441302110
441323001-P1,station,平山派出所,441323,441323001
"""


def small_pack(folder: Path) -> Path:
    """The pack of Huizhou with four villages, in a folder of its own."""
    made = folder / PACK.name
    shutil.copytree(PACK, made)
    (made / "areas" / "villages.csv").write_text(VILLAGES, encoding="utf-8")
    (made / "areas" / "management.csv").write_text(MANAGEMENT, encoding="utf-8")
    for name in ("counties.geojson", "town_points.csv"):
        (made / "areas" / name).unlink(missing_ok=True)
    return made


def wangge(
    data: Path, *args: str, database: str = "", lang: str = "", typed: str | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command on an installation of its own: a data folder and, where one is named, a PostgreSQL."""
    data.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "LC_ALL", "LANG"}}
    if database:
        kept["DATABASE_URL"] = database
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *args],
        cwd=data,
        env={**kept, "WANGGE_DATA": str(data), "LANG": lang or "zh_CN.UTF-8", "PYTHONPATH": str(ROOT / "src"), **env},
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )


def figures_of(data: Path, at: str = "2020-02-05T20:00", area: str = "4413", database: str = "") -> dict[str, Any]:
    """What `wangge bulletin --json` prints, by code."""
    printed = wangge(data, "bulletin", "--area", area, "--at", at, "--json", database=database)
    assert printed.returncode == 0, printed.stderr
    return {row["code"]: row["total"] for row in json.loads(printed.stdout)["figures"]}


def replayed(data: Path, pack: Path, seed: int, totals: dict[str, int]) -> subprocess.CompletedProcess[str]:
    """A small demonstration with these totals."""
    data.mkdir(parents=True, exist_ok=True)
    file = data.parent / f"{data.name}-totals.json"
    file.write_text(json.dumps(totals), encoding="utf-8")
    return wangge(data, "demo", "--seed", str(seed), "--totals", str(file), "--pack", str(pack), "--no-serve")


def number_in(said: str) -> str:
    """The case number in what a command said."""
    found = re.search(r"441302\d+-\d{8}-\d{4}", said)
    assert found is not None, said
    return found[0]

"""The command line: what it lists, what it does, and one sentence for whatever goes wrong."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.contrib.auth.hashers import check_password

from tests.conftest import City
from tests.small_city import PACK, ROOT, VILLAGES, number_in, wangge
from wangge.cli import COMMANDS
from wangge.cli import wangge as commands
from wangge.cli.failing import told
from wangge.duties.matters.queries import matter_by_number
from wangge.ground.accounts.queries import actor_of, people, person_by_token
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor


def run(*args: str, typed: str = "") -> Result:
    """One command in this process, on the database of the test."""
    return CliRunner().invoke(commands, list(args), input=typed, standalone_mode=False)


def sentence(result: Result) -> str:
    assert result.exception is not None
    return told(result.exception)[0]


def test_help_lists_every_command_in_both_languages(tmp_path: Path) -> None:
    for lang, word in (("zh_CN.UTF-8", "战报"), ("en_US.UTF-8", "bulletin of an area")):
        shown = wangge(tmp_path, "--help", lang=lang)
        assert shown.returncode == 0
        assert word in shown.stdout
        listed = {line.split()[0] for line in shown.stdout.partition("Commands:")[2].splitlines() if line.strip()}
        assert listed == set(COMMANDS)


@pytest.mark.parametrize(
    ("args", "zh", "en"),
    [
        (["nonsense"], "没有命令 nonsense", "no command nonsense"),
        (["bulletin"], "缺少 --area", "--area is missing"),
        (["bulletin", "--area", "4413", "--at", "noon"], "不是时间", "is no time"),
        (["bulletin", "--area", "4413"], "wangge migrate", "wangge migrate"),
        (["areas", "check", "nowhere.csv"], "nowhere.csv", "nowhere.csv"),
        (["pack", "check", "nowhere"], "pack.yaml", "pack.yaml"),
        (["restore", "nowhere.zip"], "nowhere.zip", "nowhere.zip"),
        (["demo", "--totals", "nowhere.json", "--no-serve"], "nowhere.json", "nowhere.json"),
    ],
)
def test_every_failure_is_a_sentence_and_never_a_traceback(tmp_path: Path, args: list[str], zh: str, en: str) -> None:
    for lang, said in (("zh_CN.UTF-8", zh), ("en_US.UTF-8", en)):
        failed = wangge(tmp_path, *args, lang=lang)
        assert failed.returncode in {1, 2}
        assert said in failed.stderr
        assert "Traceback" not in failed.stderr


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    failed = wangge(tmp_path, "doctor", WANGGE_DATA=str(tmp_path / "file" / "data"))
    assert failed.returncode == 2
    assert str(tmp_path / "file") in failed.stderr
    assert failed.stderr.strip().count("\n") == 0


def test_a_setting_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    failed = wangge(tmp_path, "doctor", WANGGE_TRUSTED_PROXIES="proxy.example.cn")
    assert failed.returncode == 2
    assert "WANGGE_TRUSTED_PROXIES" in failed.stderr and "proxy.example.cn" in failed.stderr
    assert failed.stderr.strip().count("\n") == 0


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    failed = wangge(tmp_path, "web", "--host", "203.0.113.1", "--port", "8000")
    assert failed.returncode == 2
    assert "203.0.113.1:8000" in failed.stderr


def test_a_report_gets_a_number_and_reaches_its_village(city: City) -> None:
    done = run("report", "--area", "441302001001", "--kind", "gathering", "--text", "广场有人聚餐", "--source", "phone")
    assert done.exception is None, done.exception
    number = number_in(done.output)
    matter = matter_by_number(number, actor=system_actor("test", "matter.view"))
    assert (matter.kind, matter.area_id) == ("gathering", city.area("441302001001"))


def test_a_report_of_an_unknown_kind_or_place_is_refused(city: City) -> None:
    bad = run("report", "--area", "441302001001", "--kind", "party", "--text", "聚餐")
    assert "party" in sentence(bad)
    lost = run("report", "--area", "999999", "--kind", "gathering", "--text", "聚餐")
    assert "999999" in sentence(lost)


def test_somebody_added_with_a_password_and_a_post_may_act_there(city: City) -> None:
    added = run("user", "add", "Nina", "--name", "尼娜", "--password-stdin", typed="long enough 42\n")
    assert added.exception is None, added.exception
    held = run("user", "hold", "nina", "--role", "duty_desk", "--area", "441302001", "--agency", "government")
    assert held.exception is None, held.exception
    person = people().get(username="nina")
    assert check_password("long enough 42", person.password)
    actor = actor_of(person, clock.now())
    assert actor.area_ids == (city.area("441302001"),)
    assert actor.agency_ids == {city.agencies["government/441302001"]}
    again = run("user", "password", "nina", "--password-stdin", typed="another one 43\n")
    assert again.exception is None, again.exception
    assert check_password("another one 43", people().get(username="nina").password)
    short = run("user", "password", "nina", "--password-stdin", typed="short\n")
    assert "password" in sentence(short)
    assert "无名氏" in sentence(run("user", "token", "无名氏"))


def test_a_token_signs_a_program_in(city: City) -> None:
    assert run("user", "add", "feed", "--name", "接入", "--program").exception is None
    secret = run("user", "token", "feed").output.strip()
    found = person_by_token(secret, clock.now())
    assert found is not None and found.username == "feed"


def test_a_token_may_run_out(city: City) -> None:
    assert run("user", "add", "feed", "--name", "接入", "--program").exception is None
    end = clock.now() + timedelta(days=30)
    secret = run("user", "token", "feed", "--expires", end.isoformat()).output.strip()
    assert person_by_token(secret, end - timedelta(minutes=1)) is not None
    assert person_by_token(secret, end) is None
    assert "失效时间" in sentence(run("user", "token", "feed", "--expires", "2019-01-01"))


def test_a_post_may_be_held_for_a_time(city: City) -> None:
    assert run("user", "add", "nina", "--name", "尼娜", "--no-password").exception is None
    until = clock.now() + timedelta(days=14)
    held = run("user", "hold", "nina", "--role", "duty_desk", "--area", "441302001", "--until", until.isoformat())
    assert held.exception is None, held.exception
    assert f"至 {clock.local(until):%Y-%m-%d %H:%M}" in held.output
    person = people().get(username="nina")
    assert actor_of(person, until - timedelta(minutes=1)).grants and not actor_of(person, until).grants
    past = run("user", "hold", "nina", "--role", "command", "--area", "4413", "--until", "2019-01-01")
    assert "离岗时间" in sentence(past)


def test_what_is_known_of_somebody_can_be_changed(city: City) -> None:
    reached = ("--email", "nina@example.cn", "--webhook", "https://example.cn/in", "--language", "en")
    assert run("user", "add", "nina", "--name", "尼娜", "--no-password", *reached).exception is None
    person = people().get(username="nina")
    assert (person.email, person.webhook_url, person.language) == (reached[1], reached[3], "en")
    assert "已变更" in run("user", "change", "nina", "--name", "妮娜", "--email", "", "--language", "zh-hans").output
    person = people().get(username="nina")
    assert (person.display_name, person.email, person.language) == ("妮娜", "", "zh-hans")
    assert "没有变更" in run("user", "change", "nina", "--name", "妮娜").output
    assert "变更什么" in sentence(run("user", "change", "nina"))
    assert "--language" in sentence(run("user", "change", "nina", "--language", "fr"))
    assert "email" in sentence(run("user", "change", "nina", "--email", "nowhere"))


def test_whoever_leaves_may_not_act_and_may_come_back(city: City) -> None:
    left = run("user", "leave", "dan")
    assert left.exception is None, left.exception
    assert "结束任职 1 项" in left.output
    dan = city.person("dan")
    assert not dan.is_active and not actor_of(dan, clock.now()).grants
    assert "已恢复使用" in run("user", "change", "dan", "--back").output
    assert city.person("dan").is_active
    planned = clock.now() + timedelta(days=3)
    assert "定于" in run("user", "leave", "dora", "--at", planned.isoformat()).output
    assert actor_of(city.person("dora"), clock.now()).grants and not actor_of(city.person("dora"), planned).grants
    assert "无名氏" in sentence(run("user", "leave", "无名氏"))


def test_a_response_needs_its_purpose(city: City) -> None:
    asked = (
        "response",
        "open",
        "--code",
        "drill",
        "--name",
        "演练",
        "--area",
        "4413",
        "--pack",
        str(PACK),
        "--exercise",
    )
    stated = ("--basis", "《传染病防治法》", "--authority", "惠州市")
    assert "purpose" in sentence(run(*asked, *stated, "--purpose", " "))
    opened = run(*asked, *stated, "--purpose", "演练")
    assert opened.exception is None, opened.exception
    assert "drill" in opened.output


def test_the_bulletin_comes_as_text_as_data_and_as_word(city: City, tmp_path: Path) -> None:
    data = run("bulletin", "--area", "4413", "--json")
    assert data.exception is None, data.exception
    printed = json.loads(data.output)
    assert {row["code"] for row in printed["figures"]} >= {"leaflets_handed_out", "push_first_moment"}
    assert all(row["name"] for row in printed["figures"])
    assert "战报" in run("bulletin", "--area", "441302").output
    saved = run("bulletin", "--area", "4413", "--docx", str(tmp_path / "b.docx"))
    assert saved.exception is None, saved.exception
    assert (tmp_path / "b.docx").read_bytes()[:2] == b"PK"


def test_areas_are_checked_before_they_are_imported(city: City, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(VILLAGES + "441302001,短码,居民委员会,441302001,桥东街道,441302,惠城区\n", encoding="utf-8")
    checked = run("areas", "check", str(file))
    assert isinstance(checked.exception, SystemExit) and checked.exception.code == 1
    assert "第 6 行" in checked.output
    assert "--edition" in sentence(run("areas", "import", str(file)))
    done = run("areas", "import", str(file), "--edition", date(2019, 10, 31).isoformat())
    assert done.exception is None, done.exception


def test_figures_are_made_again_and_the_journal_is_held_against_its_seal(city: City) -> None:
    assert run("figures", "rebuild").exception is None
    verified = run("journal", "verify")
    assert verified.exception is None
    assert "日志完整" in verified.output


def test_every_command_of_the_issue_is_there() -> None:
    wanted = (
        "serve web engine migrate areas pack response bulletin report read user "
        "backup restore doctor demo journal figures forms roster roster-search"
    )
    assert set(COMMANDS) == set(wanted.split())
    assert (ROOT / "pyproject.toml").read_text().count('wangge = "wangge.cli:main"') == 1

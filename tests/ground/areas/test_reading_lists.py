"""A list somebody sent: encodings, line ends, and every bad line named with its reason. No database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.ground.areas.rules import LIST_HEADINGS, Wanted, kind_of, read_list, short_name, stem
from wangge.ground.areas.tables import LineError, read_table
from wangge.ground.kernel.problems import AreaFileUnreadable

from .conftest import HEADING, NAMES, ROWS, village_list

GOOD = ROWS[0]


def read(data: bytes, city: str = "9901") -> tuple[list[Wanted], list[LineError]]:
    lines, errors = read_table(data, LIST_HEADINGS)
    wanted, bad = read_list(lines, NAMES, city)
    return wanted, [*errors, *bad]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_list_reads_the_same_in_every_encoding_and_line_end(encoding: str, line_end: str) -> None:
    text = village_list(*ROWS).decode().replace("\n", line_end)
    wanted, errors = read(text.encode(encoding))
    assert errors == []
    assert next(one.name for one in wanted if one.level == "village") == "东湖社区居委会"
    assert [one.level for one in wanted][:4] == ["province", "city", "county", "county"]
    assert len(wanted) == 2 + 2 + 3 + 5


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("99010200100,少一位,居民委员会,990102001,桥东街道,990102,城中区", "应为 12 位，实为 11 位"),
        ("9901020010012,多一位,居民委员会,990102001,桥东街道,990102,城中区", "应为 12 位，实为 13 位"),
        ("99010200100A,字母,居民委员会,990102001,桥东街道,990102,城中区", "数字以外"),
        ("99010200100\uff13,全角,居民委员会,990102001,桥东街道,990102,城中区", "数字以外"),
        ("9.90102E+11,科学,居民委员会,990102001,桥东街道,990102,城中区", "科学计数法"),
        ("990102001003,,居民委员会,990102001,桥东街道,990102,城中区", "缺少名称"),
        ("990102001003,乱\ufffd码,居民委员会,990102001,桥东街道,990102,城中区", "乱码"),
        ("990102001003,新村,居民委员会,990102002,桥东街道,990102,城中区", "上级编码“990102002”"),
        ("990102001003,新村,居民委员会,990102001,桥东街道,990103,城中区", "上级编码“990103”"),
        ("990102001003,新村,居民委员会,990102001,桥西街道,990102,城中区", "在第 2 行名为“桥东街道”"),
        ("990102009003,新村,居民委员会,990102009,,990102,城中区", "上级 990102009 未知"),
        ("990202001003,新村,居民委员会,990202001,外街道,990202,外区", "不属于本市"),
        ("990102001001,又一个,居民委员会,990102001,桥东街道,990102,城中区", "与第 2 行重复"),
        ("990102001003,少一列,居民委员会,990102001,桥东街道,990102", "应有 7 列，实有 6 列"),
        ("990102001003," + "长" * 81 + ",居民委员会,990102001,桥东街道,990102,城中区", "太长"),
    ],
)
def test_a_bad_line_is_named_with_its_reason_and_the_good_ones_stay(row: str, reason: str) -> None:
    wanted, errors = read(village_list(GOOD, row, ROWS[3]))
    assert [error.line for error in errors] == [3]
    assert reason in errors[0].zh
    assert errors[0].en and errors[0].en != errors[0].zh
    assert [one.code for one in wanted if one.level == "village"] == ["990102001001", "990103100200"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_broken_byte_spoils_one_line_and_not_the_file(encoding: str) -> None:
    data = village_list(GOOD, *ROWS[1:]).decode().encode(encoding)
    damaged = data.replace("新建".encode(encoding), "新".encode(encoding) + b"\xff")
    wanted, errors = read(damaged)
    assert [(error.line, "乱码" in error.zh) for error in errors] == [(3, True)]
    assert "东湖社区居委会" in {one.name for one in wanted}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空的"),
        (b"  \n\n", "空的"),
        (b"\xef\xbb\xbf", "缺少列"),
        (HEADING.encode(), "没有数据行"),
        (b"code12,name\n1,2", "缺少列：kind、town_code9"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256)), "不是 UTF-8 或 GB18030"),
        ("code12,name".encode("utf-16"), "不是 UTF-8 或 GB18030"),
        ("这不是表格,只是一封信。".encode(), "缺少列"),
    ],
)
def test_what_is_no_list_at_all_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(AreaFileUnreadable) as refused:
        read(data)
    assert reason in refused.value.sentence("zh")
    assert refused.value.sentence("en")


def test_line_numbers_are_those_of_the_file_even_after_blank_lines_and_cells_with_line_ends() -> None:
    odd = '990102001003,"新\n村",居民委员会,990102001,桥东街道,990102,城中区'
    _, errors = read(village_list(GOOD, "", odd, "1,坏,,,,,"))
    assert [error.line for error in errors] == [4, 6]


def test_without_the_name_of_the_province_nothing_is_taken_and_the_reason_is_given() -> None:
    lines, _ = read_table(village_list(GOOD), LIST_HEADINGS)
    wanted, errors = read_list(lines, {}, "")
    assert wanted == []
    assert "99 的名称" in errors[0].zh


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("990102001001", "居民委员会"),
        ("990102001200", "村民委员会"),
        ("990102001400", "类似居民委员会"),
        ("990102001598", "类似村民委员会"),
        ("990102001", "街道"),
        ("990102100", "镇"),
        ("990102200", "乡"),
        ("990102450", "类似乡级单位"),
        ("990102", ""),
    ],
)
def test_a_missing_kind_is_read_off_the_number(code: str, kind: str) -> None:
    assert kind_of(code) == kind


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("东湖社区居委会", "东湖社区"),
        ("振兴社区居民委员会", "振兴社区"),
        ("望斗村民委员会", "望斗村"),
        ("卢屋村村民委员会", "卢屋村"),
        ("杨村居民委员会", "杨村居委会"),
        ("惠州市林场虚拟生活区", "惠州市林场虚拟生活区"),
        ("居委会", "居委会"),
    ],
)
def test_short_names_are_as_people_say_them(name: str, short: str) -> None:
    assert short_name(name) == short


def test_a_village_that_became_a_community_keeps_its_stem() -> None:
    assert stem("朝田村民委员会生活区") == stem("朝田办事处社区") == "朝田"


@given(st.binary(max_size=400))
def test_no_bytes_whatever_end_in_anything_but_lines_or_a_clear_refusal(data: bytes) -> None:
    for body in (data, HEADING.encode() + b"\n" + data):
        try:
            wanted, errors = read(body)
        except AreaFileUnreadable as refused:
            assert refused.sentence("zh")
        else:
            assert all(error.line >= 2 for error in errors)
            assert all(one.name for one in wanted)

"""What is shown of personal data to those who may not see it whole, and which forms are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.ground.responses.rules import mask, normal, searchable


def wide(text: str) -> str:
    """The full-width form, as Chinese keyboards type it."""
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "王小明", "王**"),
        ("name", "王", "王*"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "2234567", "*******"),
        ("document", "44130219800101123X", "4413**********123X"),
        ("document", "E1234567", "********"),
        ("address", "惠州市惠城区桥东街道东湖花园三号", "惠州市惠城区****"),
        ("address", "东湖花园", "东湖****"),
        ("text", "王生来电13812345678,住三号楼", "王生来电138******78,住三号楼"),
        ("text", "电话138 1234 5678", "电话138********78"),
        ("text", "电话138.1234.5678", "电话138********78"),
        ("text", "电话138—1234—5678", "电话138********78"),
        ("text", f"电话{wide('13812345678')}", f"电话{wide('138')}******{wide('78')}"),
        ("text", "固话0752-2234567", "固话075*******67"),
        ("text", "证号44130219800101123X。", "证号441*************3X。"),
        ("text", "护照E12345678", "护照E12****78"),
        ("text", "2020-01-23 08:30从武汉返回,体温37.3", "2020-01-23 08:30从武汉返回,体温37.3"),
        ("text", "2020-01-23 13812345678", "2020-01-23 138******78"),
        ("text", "约200人,劝散150人,区划441302", "约200人,劝散150人,区划441302"),
        ("unknown", "anything", "****"),
        ("name", "", ""),
    ],
)
def test_masks(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


@given(st.sampled_from(["name", "phone", "document", "address", "unknown"]), st.text(min_size=1, max_size=40))
def test_no_mask_shows_a_whole_value(kind: str, value: str) -> None:
    assert mask(kind, value) != value or set(value) == {"*"}


@given(
    st.text("甲乙,。 ", max_size=20), st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.text("甲乙,。 ", max_size=20)
)
def test_no_phone_in_a_text_is_shown(before: str, phone: str, after: str) -> None:
    assert phone not in mask("text", before + phone + after)


@pytest.mark.parametrize(
    ("kind", "forms"),
    [
        ("phone", ["13812345678", "+8613812345678", "86 138 1234 5678", "0086-138-1234-5678", "138—1234—5678",
                   wide("+8613812345678"), "138.1234.5678", " 138 12345678\n"]),
        ("phone", ["07522234567", "0752-2234567", "(0752)2234567", wide("(0752)2234567")]),
        ("document", ["44130219800101123X", "44130219800101123x", "441302 19800101 123X", wide("44130219800101123x")]),
        ("name", ["王小明", " 王小明 ", "王 小明", "王 小 明"]),
        ("name", ["买买提·艾力", "买买提•艾力", "买买提・艾力"]),
        ("name", ["John Smith", "JOHN SMITH", wide("John Smith")]),
    ],
)  # fmt: skip
def test_equal_forms_are_one(kind: str, forms: list[str]) -> None:
    assert len({normal(kind, form) for form in forms}) == 1


def test_different_values_stay_different() -> None:
    assert len({normal("phone", value) for value in ("13812345678", "13812345679", "8612345", "12345")}) == 4
    assert normal("name", "John Smith") != normal("name", "Johnsmith")
    assert [kind for kind in ("name", "phone", "document", "address", "text") if searchable(kind)] == [
        "name", "phone", "document",
    ]  # fmt: skip

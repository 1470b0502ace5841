"""What pyxform says of a form's mistakes, in Chinese: by its catalogue of errors, and by sentences beside that."""

from __future__ import annotations

import re
from functools import lru_cache

from pyxform.errors import ErrorCode

WORDS = {
    "HEADER_001": "表“{sheet_name}”缺少表头，第一行应为列名。",
    "HEADER_002": "表“{sheet_name}”有两列其实是同一列：{other} 与 {header}，请删去一列。",
    "HEADER_003": "表“{sheet_name}”缺少必需的列：{missing}。",
    "HEADER_004": "choices 表的列名“{column}”不能为空，也不能有空格。",
    "LABEL_001": "choices 表的选项没有 label。",
    "NAMES_001": "题目名“{value}”重复：同一组内 name 不能相同。",
    "NAMES_002": "题目名“{value}”与另一个只有大小写不同，请改名。",
    "NAMES_003": "重复组不能取名“{value}”。",
    "NAMES_004": "重复组名“{value}”在表单里已用过，请改名。",
    "NAMES_005": "meta 是保留字，不能用作题目名。",
    "NAMES_006": "choices 表的选项没有 name。",
    "NAMES_007": "同一选项表里有两个相同的 name。",
    "NAMES_008": "{sheet} 表的 {column} 写法不对：须以字母或下划线开头，只含字母、数字、下划线、横线和点。",
    "NAMES_013": "没有名为“{sheet}”的表，是否写成了 {candidates}？",
    "PYREF_001": "{sheet} 表的 {column} 里引用写错了：应为 ${{题目名}}。",
    "PYREF_002": "{sheet} 表的 {column} 里多个引用之间要有逗号。",
    "PYREF_003": "{sheet} 表的 {column} 引用了不存在的题目“{q}”。",
    "PYREF_004": "{sheet} 表的 {column} 引用的“{q}”在表单里不止一个，请改名。",
    "RANGE_001": "range 题的参数 {name} 须为数字。",
    "SURVEY_001": "多了一个 end {type}：前面没有与它成对的 begin {type}。",
    "SURVEY_002": "begin {type} “{name}”没有与它成对的 end {type}。",
    "SURVEY_004": "parameters 写法不对，应为 名称=值，多个之间用空格隔开。",
    "SURVEY_005": "parameters 里有不认识的参数：{rejected}；可用的是 {accepted}。",
}
SENTENCES = (
    (re.compile(r"Question with no type"), "这一行有内容而没有 type。"),
    (re.compile(r"Question or group with no name"), "这一题没有 name。"),
    (re.compile(r"List name not in choices sheet: (?P<a>\S+)"), "choices 表里没有选项表“{a}”。"),
    (re.compile(r"Missing calculation"), "calculate 题没有填写 calculation。"),
    (re.compile(r"(?:Unknown|Unsupported) question type '(?P<a>[^']+)'|Unknown question type \"?(?P<b>[^\"\s]+)"),
     "没有“{a}{b}”这种题型。"),
    (re.compile(r"There is no survey element named '(?P<a>[^']+)'"), "引用了不存在的题目“{a}”。"),
)  # fmt: skip
HINT = "转换工具提示：{sentence}"
GAP = re.compile(r"\\\{(\w+)\\\}")


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The sentences of the catalogue as patterns, each with its Chinese."""
    found = []
    for code, chinese in WORDS.items():
        sentence = ErrorCode[code].value.msg.replace("[row : {row}] ", "").replace("[row : 1] ", "")
        escaped = re.escape(sentence.replace("${{", "${").replace("}}'", "}'"))
        seen: set[str] = set()

        def gap(match: re.Match[str], seen: set[str] = seen) -> str:
            name = match[1]
            again = name in seen
            seen.add(name)
            return f"(?P={name})" if again else f"(?P<{name}>.+?)"

        found.append((re.compile(GAP.sub(gap, escaped) + r"\Z"), chinese))
    return found


def in_chinese(sentence: str) -> str:
    """A sentence of pyxform in Chinese; one that is not known stands as it is, marked as the tool's own."""
    for pattern, chinese in (*_patterns(), *SENTENCES):
        found = pattern.search(sentence)
        if found:
            return chinese.format(**{name: text or "" for name, text in found.groupdict().items()})
    return HINT.format(sentence=sentence)

"""How many people: 三个人, 20余人, 一家五口, 夫妻俩."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangge.duties.matters.reading.numbers import HAN, number, whole
from wangge.duties.matters.reading.spans import Field, Found, Taken

NUMBER = rf"(?:\d{{1,5}}|[{HAN}]{{1,6}})"
ONE_OF = "[一二三四五六七八九]"
# 7、8个, 20-30人, 10到15名: of two numbers the lower is sure.
FIRST = number(r"\d{0,4}", f"[{HAN}]{{0,5}}", rf"[\d.年月日第半数好几{HAN}]", r"\d,")
LOWER = rf"(?P<number>{FIRST})(?:[、~-]{NUMBER}|[到至]{NUMBER})?"
MORE = r"(?:余|多|几[廿二]?十?|来)?"
PEOPLE = (
    "(?:人(?!民|次|行|均(?!正常|无|已|未|在|为)|间|气|份|工|家)|男子|女子|男性|女性|男的|女的|男人|女人|老人|阿婆|阿公|阿伯|阿叔|阿婶|阿姐|大叔|大婶|小伙|女孩|男孩|老头|老伯|叔叔|阿姨|婆婆|老奶奶|老太|大爷|大妈|"
    "大人|小孩|孩子|儿童|学生|同学|青年|后生|工人|员工|务工|民工|旅客|客人|住客|乘客|村民|居民|租客|租户|妇女|孕妇|群众|人员|"
    "打工仔|打工妹|后生仔|细佬|细路|伢子|妹子|病人|患者|密切接触者|密接|接触者|司机|游客|老乡|亲戚|朋友|外地佬|老板)"
)
MEASURED = re.compile(rf"{LOWER}{MORE}号?(?:(?<=\d) )?(?:个|名|位|口)?(?:(?<=[\d个名位口]) )?{PEOPLE}")
# 两个湖北人, 一位从随州返惠的务工人员: words stand between the measure and the people.
# 三个村都有人: what is counted are places.
PLACES = (
    "(?!(?:自然|行政)?村(?![干民医官里])|社区(?![干民医工居里])|[小片地县市辖]区|镇|街道|乡[镇村]|地方|地点|路口|卡口)"
)
DESCRIBED = re.compile(rf"{LOWER}{MORE}(?:个|名|位){PLACES}(?=[^\d,。;!?、\s]{{1,12}}?{PEOPLE})")
# 返乡人员4名, 一位: these measures are for people alone. A 个 must end its phrase: 回来6个，
COUNTED = re.compile(rf"{LOWER}{MORE}(?:名(?!字|称|单|额)|位(?!置|于))")
BARE = re.compile(
    rf"(?:人|回|来|到|住了?|有|共|去了?|最少|至少|起码|大概|大约|约|估计){LOWER}{MORE}个(?=\s*(?:[,。;!?、]|$))"
)
CAME = re.compile(rf"{LOWER}{MORE}个(?=从?[^\d,。;!?、\s]{{0,8}}(?:来|回来|过来|返来)的)")
ANY = number(r"\d{0,4}", f"[{HAN}]{{0,5}}")
FAMILY = re.compile(rf"(?P<number>{ANY})口(?:人(?!民)|子|之家)?(?!人民)(?=[^\u4e00-\u9fff]|[^岸罩岛腔红])")
HOME = re.compile(rf"一家(?P<number>{NUMBER})口")
SOME = re.compile(rf"有(?P<number>个|位)(?=[^\d,。;!?、\s个位]{{0,6}}?{PEOPLE})")
PAIRS = re.compile(
    r"(?:一对|两)(?:夫妻|夫妇|公婆|公孙|爷孙|父子|父女|母子|母女|兄弟|姐妹|姊妹|情侣|老人)|(?:夫妻|夫妇|父子|父女|母子|母女|兄弟|姐妹|姊妹|婆孙|爷孙)[俩二两]人?|小两口|两口子|老两口"
)
MEN_WOMEN = re.compile(rf"(?P<men>{ONE_OF}|两|\d)[男大](?P<women>{ONE_OF}|两|\d)[女小](?!时|区)")
BIG_SMALL = re.compile(
    rf"(?P<men>{NUMBER})个?(?:大人|成年人)[、,和带]?(?P<women>{NUMBER})个?(?:小孩|孩子|儿童|小朋友)"
    rf"|(?:大人|成年人)(?P<big>{NUMBER})[个名][、,和]?(?:小孩|孩子|儿童)(?P<small>{NUMBER})[个名]"
)
STATED = re.compile(rf"(?:人数|人员数)(?:为|是|有|约|大概|大约|:|\s)*(?P<number>{NUMBER})")
# What is said to be the whole, and what is only a part of it.
WHOLE = re.compile(r"(?:共|共计|总共|一共|合计|累计|一行|总计)(?:有|约|大概|大约)?$")
PART = re.compile(r"(?:其中|另有|另外|还有|外加)(?:有)?$")
LARGEST = 1_000_000


def counts(text: str, taken: Taken) -> Iterator[Found]:
    """Every count of people, in the order of the text. An approximate one counts as the least it can mean."""
    taken, seen = taken.copy(), []
    for pattern in (PAIRS, MEN_WOMEN, BIG_SMALL, STATED, MEASURED, DESCRIBED, COUNTED, CAME, BARE, FAMILY, HOME, SOME):
        for match in pattern.finditer(text):
            count = _count(match)
            start = min(
                (match.start(name) for name in match.re.groupindex if match.start(name) >= 0), default=match.start()
            )
            if count and count <= LARGEST and taken.take(Found(Field.PEOPLE, start, match.end(), count)):
                seen.append(taken.found[-1])
    yield from sorted(seen, key=lambda one: one.start)


def _count(match: re.Match[str]) -> int | None:
    if match.re is PAIRS:
        return 2
    if match.re is SOME:
        return 1
    if match.re in {MEN_WOMEN, BIG_SMALL}:
        parts = (whole(part) for part in match.groups() if part)
        return sum(part for part in parts if part)
    return whole(match["number"])


def people_meant(text: str, found: list[Found]) -> Found | None:
    """Of several counts the one that is meant: a total, else the first that is no part and more than one."""

    def before(one: Found) -> str:
        return text[max(0, one.start - 8) : one.start]

    totals = [one for one in found if WHOLE.search(before(one))]
    whole_ones = [one for one in found if not PART.search(before(one))]
    several = [one for one in whole_ones if one.value != 1]
    return next(iter([*totals, *several, *whole_ones, *found]), None)

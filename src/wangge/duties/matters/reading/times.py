"""When something happened: 昨天下午, 1月22日, 正月初四, 三天前, counted from the moment of receipt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wangge.duties.matters.reading.moon import LAST_MONTH, from_lunar, lunar_month, new_years_eve
from wangge.duties.matters.reading.numbers import HAN, NEIGHBOURS, number, whole
from wangge.duties.matters.reading.spans import Doubt, Field, Found, Taken


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, with the part of it (上午, 晚) and the hour (15:30) where the message names them."""

    on: date
    part: str = ""
    at: str = ""


Reader = Callable[["re.Match[str]", datetime], "date | None"]

NUM = rf"(?:\d(?:\s?\d)?|[{HAN}]{{1,3}})"

COUNT = rf"(?:\d{{1,3}}|[{HAN}]{{1,4}})"
PARTS = "凌晨|清晨|清早|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜里|夜间|半夜|深夜|早|晨|晚|夜"
PAST = r"(?P<past>半|一刻|三刻|\d{1,2}分?)?(?:钟|整)?(?:左右|多|许)?"
HOUR = rf"(?:(?P<hour>\d{{1,2}}|[{HAN}]{{1,3}})(?::(?P<minute>[0-5]\d)|[点时]{PAST}))"
TAIL = re.compile(rf"(?:的|\s)?(?P<part>{PARTS})?\s?(?:大概|大约|约)?\s?{HOUR}?")
ALONE = re.compile(rf"(?<![\d每天])(?P<part>{PARTS})\s?(?:大概|大约|约)?\s?{HOUR}")
CLOCK = re.compile(r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])")
OF_DAY = number(r"\d?", f"[{HAN}]{{0,2}}", rf"[\d.{HAN}]")
O_CLOCK = re.compile(rf"(?P<hour>{OF_DAY})点(?P<past>钟|半|多钟?|左右|\d{{1,2}}分)")
# A day of birth is no day on which something happened.
BORN = re.compile(r"\s*(?:出生|生人|生日|生(?=[,。;\s]|$))")
LONG_AGO = timedelta(days=3 * 365)
DAYS = {"大前": -3, "前": -2, "昨": -1, "寻": -1, "琴": -1, "今": 0, "明": 1, "听": 1, "后": 2, "大后": 3}
WEEKDAYS = {
    char: index for index, chars in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日天7")) for char in chars
}
LATER_IN_NEW_YEAR = 2


def nearest(days: Iterable[date | None], received: date) -> date | None:
    """Of days the nearest to the receipt; of two equally near the earlier."""
    return min((day for day in days if day), key=lambda day: (abs(day - received), day), default=None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _number(text: str) -> int:
    """A number of a date; 0, which is no day or month, where it is none."""
    return whole(re.sub(r"\s", "", text)) or 0


def _full(match: re.Match[str], received: datetime) -> date | None:
    year = int(match["year"])
    return _day(year + 2000 if year < 100 else year, _number(match["month"]), _number(match["day"]))


def _month_day(match: re.Match[str], received: datetime) -> date | None:
    month = 1 if match["month"] == "元" else _number(match["month"])
    years = range(received.year - 1, received.year + 2)
    return nearest((_day(year, month, _number(match["day"])) for year in years), received.date())


def _last_year(match: re.Match[str], received: datetime) -> date | None:
    year = received.year - (2 if match["which"] == "前年" else 1)
    return _day(year, _number(match["month"]), _number(match["day"]))


def _day_of_month(match: re.Match[str], received: datetime) -> date | None:
    """22号: of this month, or of the one before where that is still to come; 上个月 and 本月 say which."""
    first, day = received.date().replace(day=1), _number(match["day"])
    before = (first - timedelta(days=1)).replace(day=1)
    here, there = _day(first.year, first.month, day), _day(before.year, before.month, day)
    which = match["which"] or ""
    if which.startswith("上"):
        return there
    return here if which or (here and here <= received.date()) else there


def _lunar(match: re.Match[str], received: datetime) -> date | None:
    """腊月廿八, 正月初四, 年廿九, 初五."""
    year, here = lunar_month(received.date())
    named, day = match["month"] or "", _number(match["day"].removeprefix("初"))
    if not named:
        # 初四 alone: of the new year where that is near, else of the month that runs.
        near_new_year = here in {1, LAST_MONTH} or here == LATER_IN_NEW_YEAR
        months = [1] if near_new_year else [here]
    else:
        months = [{"正": 1, "冬": 11, "腊": LAST_MONTH, "年": LAST_MONTH, "大年": 1}.get(named) or _number(named)]
    if named in {"年", "大年"} and match["day"].startswith("初"):
        months = [1]
    elif named in {"年", "大年"}:
        months = [LAST_MONTH]
    if not 1 <= months[0] <= LAST_MONTH:
        return None
    return nearest((from_lunar(one, months[0], day) for one in range(year - 1, year + 2)), received.date())


def _eve(match: re.Match[str], received: datetime) -> date | None:
    year, _ = lunar_month(received.date())
    return nearest(map(new_years_eve, range(year - 1, year + 1)), received.date())


def _festival(match: re.Match[str], received: datetime) -> date | None:
    year, _ = lunar_month(received.date())
    if match[0].startswith("元旦"):
        return nearest((date(one, 1, 1) for one in (received.year, received.year + 1)), received.date())
    day = 15 if match[0].startswith("元宵") else 1
    return nearest((from_lunar(one, 1, day) for one in range(year - 1, year + 2)), received.date())


def _relative(match: re.Match[str], received: datetime) -> date | None:
    return received.date() + timedelta(days=DAYS[match["which"]])


def _ago(match: re.Match[str], received: datetime) -> date | None:
    """三天前, 半个月前, 两小时前; 回来五天了. What is only roughly known, 三四天前, is left alone."""
    amount, unit = match["amount"], match["unit"]
    if NEIGHBOURS.search(amount):
        return None
    half = amount == "半"
    count = 0.5 if half else float(_number(amount))
    if not count:
        return None
    if unit == "月":
        return (received - timedelta(days=30 * count)).date() if half else _months_before(received.date(), int(count))
    days = {"天": 1, "日": 1, "晚": 1, "周": 7, "星期": 7, "礼拜": 7}.get(unit)
    if days:
        return received.date() - timedelta(days=int(days * count)) if not half else None
    minutes = {"分钟": 1, "小时": 60, "钟头": 60}[unit] * count
    return (received - timedelta(minutes=minutes)).date()


def _months_before(day: date, count: int) -> date | None:
    months = day.year * 12 + day.month - 1 - count
    return next((found for last in (day.day, 30, 29, 28) if (found := _day(months // 12, months % 12 + 1, last))), None)


def _weekday(match: re.Match[str], received: datetime) -> date | None:
    """上周五, 周三: without a word for the week the last one that has been."""
    today = received.date()
    monday = today - timedelta(days=today.weekday())
    day = monday + timedelta(days=WEEKDAYS[match["weekday"]])
    which = match["which"] or ""
    if which:
        return day + timedelta(weeks={"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}[which])
    return day if day <= today else day - timedelta(weeks=1)


def _today(match: re.Match[str], received: datetime) -> date | None:
    return received.date()


LUNAR_DAY = rf"(?P<day>初[{HAN}]|初\d{{1,2}}|[二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?)"
YEAR_END = rf"(?P<day>初[{HAN}]|初\d{{1,2}}|二十[四五六七八九]|廿[四五六七八九])"
MONTH_DAY = rf"(?P<month>{NUM})\s*月\s*(?P<day>{NUM})"
AFTER_DAY = (
    r"(?=\s*(?:晚|早|上午|下午|中午|凌晨|傍晚|夜|半夜|那天|当天|从|由|自|到|至|回|返|来|起|开始|有|就|[,。;\s]|$))"
)
AFTER_DOTTED = (
    r"[号日]?(?=\s*[\u4e00-\u9fff]| )(?!\s*(?:度|元|块|万|米|公里|斤|个|人|名|折|倍|版|亿|吨|左右|以上|以下|℃|%))"
)
# Numbers by what may not stand before them: the month, the day of the month, an amount.
OF_YEAR = number(r"(?:\s?\d)?", f"[{HAN}]{{0,2}}", rf"[\d个{HAN}]")
OF_MONTH = number(r"(?:\s?\d)?", f"[{HAN}]{{0,2}}", rf"[\d月路街巷道第组栋座{HAN}A-Za-z]")
OF_DAYS = number(r"\d{0,2}", f"[{HAN}]{{0,3}}", f"[第每{HAN}]")
AMOUNT = rf"(?P<amount>{COUNT})"
UNITS_AGO = r"(?P<unit>天|日|晚|周|星期|礼拜|月|小时|钟头|分钟)"
PATTERNS: tuple[tuple[str, Reader], ...] = (
    (rf"(?<!\d)(?P<year>(?:20)?\d\d)\s*年\s*{MONTH_DAY}\s*[日号]?", _full),
    (r"(?<!\d)(?P<year>20\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)", _full),
    (rf"(?:农历|阴历|旧历)?(?P<month>正|冬|腊)月{LUNAR_DAY}", _lunar),
    (rf"(?:农历|阴历|旧历)(?P<month>{NUM})月{LUNAR_DAY}", _lunar),
    (r"除夕|(?<!\d)大?年(?:三十|卅|30)(?!\d)|大年夜", _eve),
    (rf"(?<![今去前每半一两几过新拜\d])(?P<month>大年|年){YEAR_END}", _lunar),
    (r"(?<![最起当年月])(?P<month>)(?P<day>初[一二三四五六七八九十](?![级中期步次始]))", _lunar),
    (r"元宵节?|元旦|(?:春节|大年)(?:当天|那天)", _festival),
    (rf"(?P<which>去年|前年)\s*{MONTH_DAY}\s*[日号]?", _last_year),
    (rf"(?P<month>{OF_YEAR})\s*月\s*(?P<day>{NUM})\s*(?:[日号]|(?![\d\s个天份]))", _month_day),
    (rf"(?P<month>元)月(?P<day>{NUM})[日号]?", _month_day),
    (r"(?P<month>[0-9](?<![\d./-].)(?:(?<=1)[0-2]|(?<=0)[1-9]|(?<!0)))/(?P<day>[0-3]?\d)(?![\d/])", _month_day),
    (rf"(?:^|(?<=[,。;:\s(、于在从自]))(?P<month>1[0-2]|0?[1-9])\.(?P<day>[0-3]\d){AFTER_DOTTED}", _month_day),
    (rf"(?P<which>上个?月|本月|这个?月)(?P<day>{NUM})\s*[日号]?(?!个)", _day_of_month),
    (rf"(?P<day>{OF_MONTH})(?P<which>)\s*[日号]{AFTER_DAY}", _day_of_month),
    (rf"(?P<which>大前|大后|前|昨|今|明|后|寻|琴|听)(?:天|日|儿|(?={PARTS})|(?=起))", _relative),
    (
        rf"(?P<amount>[\d{HAN}半](?:(?<=\d)\d{{0,2}}|(?<=[{HAN}])[{HAN}]{{0,3}}|(?<=半)))(?:多|来)?个?{UNITS_AGO}(?:之|以)?前",
        _ago,
    ),
    (rf"(?:已经?|有|足足|整整)\s?{AMOUNT}个?(?P<unit>天|日|周|星期|礼拜)(?!内|后|前|期|的)了?", _ago),
    (rf"(?P<amount>{OF_DAYS})个?(?P<unit>天|日|晚|周|星期|礼拜)了", _ago),
    (
        r"(?<![一两几每\d])(?P<which>上上|上|这|本|下)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天1-7])(?![\d个天])",
        _weekday,
    ),
    (r"刚刚|刚才(?!能)", _today),
)
READERS = [(re.compile(pattern), reader) for pattern, reader in PATTERNS]
# 以后天, 今后: these words are no days.
NO_DAY = re.compile(r"(?:以|今|往|之|然|最)$")


def times(text: str, received: datetime, taken: Taken) -> Iterator[Found]:
    """Every time the text names, none overlapping; an impossible day has no value.

    `received` is local time. What stands in `taken` (documents, telephones, temperatures) is no time.
    """
    seen = taken.copy()
    for pattern, reader in READERS:
        for match in pattern.finditer(text):
            if seen.free(*match.span()) and not _is_no_time(text, match):
                seen.add(_found(text, match, reader(match, received), received))
    for match in (*ALONE.finditer(text), *CLOCK.finditer(text), *O_CLOCK.finditer(text)):
        before = text[max(0, match.start() - 10) : match.start()]
        if seen.free(*match.span()) and (hour := _hour(match)) and not EVERY.search(before):
            part = match["part"] if match.re is ALONE else ""
            seen.add(Found(Field.TIME, *match.span(), Moment(received.date(), part, hour)))
    yield from (one for one in seen.found[len(taken.found) :] if one.value or one.doubt)


EVERY = re.compile(r"(?:每天|每日|每晚|天天|晚晚|平时|经常)[^,。;!?\n]{0,6}$")
JUST = re.compile(r"\s*(?:从|由|自|回|返)")


def _is_no_time(text: str, match: re.Match[str]) -> bool:
    word = match[0]
    if word in {"刚刚", "刚才"}:
        return bool(JUST.match(text, match.end()))
    return word in {"后天", "后日"} and bool(NO_DAY.search(text[max(0, match.start() - 2) : match.start()]))


def _found(text: str, match: re.Match[str], day: date | None, received: datetime) -> Found:
    """What a match says. Neither value nor doubt: it is known for what it is, and nothing to be taken."""
    if day is None:
        vague = "amount" in match.re.groupindex
        return Found(Field.TIME, *match.span(), None, Doubt.NONE if vague else Doubt.NO_SUCH_DAY)
    if BORN.match(text, match.end()) or received.date() - day > LONG_AGO:
        return Found(Field.TIME, *match.span(), None)
    tail = TAIL.match(text, match.end())
    if tail is None or not tail[0].strip():
        return Found(Field.TIME, *match.span(), Moment(day))
    return Found(Field.TIME, match.start(), tail.end(), Moment(day, tail["part"] or "", _hour(tail)))


def _hour(match: re.Match[str]) -> str:
    """The hour a match names, 15:30; empty if it names none or none that a day has."""
    if not match["hour"]:
        return ""
    groups = match.groupdict()
    hour, past = whole(match["hour"]), groups.get("past") or ""
    minute = {"半": 30, "一刻": 15, "三刻": 45}.get(past) or int(groups.get("minute") or re.sub(r"\D", "", past) or 0)
    if hour is None or hour > 24 or minute > 59:
        return ""
    part = groups.get("part") or ""
    if hour < 12 and part in {"下午", "傍晚", "晚上", "晚间", "晚", "夜", "夜里"} and not (hour < 5 and part != "下午"):
        hour += 12
    return f"{hour % 24:02}:{minute:02}"

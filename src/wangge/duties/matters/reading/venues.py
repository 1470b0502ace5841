"""Named venues: 星海网吧, 如意旅馆. A venue without a name of its own is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wangge.duties.matters.reading.spans import Field, Found, Taken

# Kinds of places that have names of their own, besides those the pack counts in its duty log.
KIND_WORDS = """
网吧 网咖 酒吧 KTV 歌舞厅 卡拉OK 夜总会 舞厅 棋牌室 棋牌馆 麻将馆 麻将室
茶室 茶馆 茶楼 酒店 宾馆 旅馆 旅店 旅社 民宿 客栈 招待所
公寓 饭店 餐厅 餐馆 饭馆 酒楼 酒家 大排档 农庄 农家乐 山庄 度假村
超市 商店 便利店 士多 小卖部 商行 商场 购物中心 药店 药房 大药房 诊所
医院 卫生院 门诊部 工业园 产业园 理发店 发廊 美发店 美容院 沐足 足浴 桑拿
健身房 影院 电影院 影城 游戏厅 电玩城 台球室 茶餐厅 肉菜市场 农贸市场 批发市场 幼儿园
有限公司 公司 工厂 制衣厂 电子厂 五金厂 塑胶厂 鞋厂 加油站
"""
KINDS = frozenset(KIND_WORDS.split())
# Words that end what stands before a name: the name begins after the last of them.
LEFT = re.compile(
    r".*(?:那家|这家|某家|那间|这间|举报|反映|投诉|发现|在|到|去|的|有|是|从|了|叫做?|名为|送|找|进|往|至|于|来|把|被|和|与|及|对|经|由|给|让|这|那|该|某|哪|"
    r"一家|一间|有家|有间|那间|那家|这间|这家|[几两多每各]家|[几两多每各]间|辖内|辖区|境内|内的?|旁边?|附近|隔壁|对面|楼下|楼上|"
    r"村口|路口|门口|里面|村里|镇上|街上|本地|当地|昨晚|昨天|今晚|今天|今早|目前|现在|我们|他们|自己|小区|社区|村委|"
    r"村|镇|街道|县|区|大道|路|还|就|又|都|要|想|看|见|问|后面|前面|偷偷|照常|督促|指导|用好|作为|毕业|检查|要求|通知|提醒|协助|会同|配合|关闭|关停|走访|劝导|逐一|全部|接待|入住|安排|转运|救治|筹建|负责|老板|店主|经营|私人|无证|开|停|查|去过|住)"
)
NO_NAME = re.compile(
    r"(?:发热|定点|中心|人民|公立|私立|个体|小|大|黑|旧|新|老|各|全|外|其他|其它|所有|家|间|个|种|些|等)+"
)
# 没人敢送医院: what ends in such a word is no name.
NO_ENDS = frozenset("送去到在进往找叫是有的了")
# A short piece between two breaks is a name as a whole, 悦来客栈, but for words at its beginning.
SHORT = 4
FIRST = re.compile(
    r"(?:辖内|辖区|境内|那家|这家|某家|那间|这间|在|到|去了?|从|有|是|的|已经?|正在?|刚刚?|住在?|入住|和|与|及|那|这|某|哪|一家|一间|家|间|个|里面|外面|后面|前面|旁边|附近|隔壁|对面|楼下|楼上|村口|路口|门口|镇上|街上|"
    r"内|了|中|上|下|边|处|送|找|进|往|至|经营?|开了?|关于|举报|发现|投诉|反映|本地|私人|督促|检查|指导|通知)+"
)
LEAST, MOST = 2, 8
NOT_NAMED = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]")


def pattern_of(kinds: Iterable[str]) -> re.Pattern[str]:
    """The pattern for the words that end a venue of these kinds."""
    ends = "|".join(sorted(map(re.escape, {*kinds} | KINDS), key=len, reverse=True))
    return re.compile(rf"大?(?:{ends})", re.IGNORECASE)


def venues(text: str, pattern: re.Pattern[str], taken: Taken) -> Iterator[Found]:
    """Venues with a name of their own. `taken` are places and other spans: a name begins after them."""
    last = 0
    for match in pattern.finditer(text):
        kind = match.start()
        before = NOT_NAMED.split(text[max(last, kind - MOST) : kind])[-1]
        start = taken.clear_from(kind - len(before), kind)
        left = (LEFT if kind - start > SHORT else FIRST).match(text, start, kind)
        start = left.end() if left else start
        name = text[start:kind]
        last = match.end()
        if (
            len(name) >= LEAST
            and name[-1] not in NO_ENDS
            and not NO_NAME.fullmatch(name)
            and taken.free(start, match.end())
        ):
            yield Found(Field.VENUE, start, match.end(), text[start : match.end()])

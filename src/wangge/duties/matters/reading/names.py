"""Names of people where the text says that they are names: 姓名：张三, 李某某, 黄女士, 名叫端木松."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangge.duties.matters.reading.spans import Field, Found, Taken

# The family names of the 百家姓 and of the census in use today, double ones first.
DOUBLE = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|"
    "仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|子车|亓官|司寇|巫马|公西|颛孙|壤驷|公良|漆雕|乐正|宰父|谷梁|拓跋|夹谷|轩辕|令狐|"
    "段干|百里|呼延|东郭|南门|羊舌|微生|公户|公玉|公仪|梁丘|公仲|公上|公门|公山|公坚|左丘|公伯|西门|公祖|第五|公乘|贯丘|公皙|"
    "南荣|东里|东宫|仲长|子书|子桑|即墨|达奚|褚师|北冥"
)
SINGLE = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓"
    "郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫"
    "宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴鬱胥能苍双闻莘党翟谭贡劳逄姬申扶堵"
    "冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东"
    "欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖涂覃邝冼练丘佘练闫付佟"
)
FAMILY = rf"(?:{DOUBLE}|[{SINGLE}])"
# Words of grammar are in no name that anybody bears.
GIVEN = "[^\\W\\da-zA-Z_有在是了的来人把被从去到没不也都就还要会能可这那哪谁几两]{1,2}"
# 陈某, 李某某, 黄女士: the title says that the character before it is a family name.
TITLE = (
    "某某|某|先生|女士|小姐|太太|阿姨|阿婆|阿伯|师傅|老师|医生|护士|老板|大爷|大妈|大叔|大姐|大哥|伯伯|奶奶|爷爷"
    "|叔|婶|姨|伯"
)
TITLED = re.compile(rf"(?<![老小独邻定])({FAMILY})({TITLE})(?![\u4e00-\u9fff]?(?:市场|酒店|餐厅))")
# What may follow a name that a cue announces; a name is as short as this allows.
AFTER = (
    r"(?=[\s,。;:!?、()（）]|\d|$|[男女](?:[,。、\s(]|性|$)|电话|手机|联系|身份证|住|在|从|由|自|是|系|为|今|昨|前天|于|体温|现|的|"
    r"已|有|刚|说|称|家|和|与|来电|来问|问|咨询|反映|投诉|举报|报告|表示|回|发|年|未|没|不|要|想|来|去|被|拒|反映|确诊|正月|腊月|大年|初|上|同)"
)
CUED = re.compile(
    r"(?:姓名|名字|户主|业主|房东|租客|租户|租住户|住户|村医|网格员|司机|乘客|旅客|患者|病人|当事人|联系人|报告人|报警人|报案人|举报人|申请人|负责人|店主|老板|"
    r"村民|居民|群众|人员|学生|员工|名叫|叫做|叫|我是|本人|其子|其女|其夫|其妻|丈夫|妻子|老公|老婆|父亲|母亲|儿子|女儿)"
    rf"(?:姓名|名字|名叫|叫)?(?:是|为|:|\s)*({FAMILY}{GIVEN}?){AFTER}"
)
# 张三 13800138000; 李四，男，45岁: what follows is said of a person.
REACHED = r"[,、:(]?\s*(?:电话|手机|身份证|联系电话|(?:\+?86)?1[3-9]\d[\d -]{8,10}(?!\d)|\d{17}[\dXx])"
DESCRIBED = re.compile(
    rf"(?:^|[\s,。;:!?、()的户员])({FAMILY}{GIVEN}?)"
    rf"(?=\s*[,、(]?\s*[男女]\s*[,、)\s]|\s*{REACHED}|\s*(?:体温)?3[5-9]\.\d(?!\d))"
)
# A double family name is hardly anything else.
DOUBLE_NAMED = re.compile(rf"(?:^|[\s,。;:、(])((?:{DOUBLE}){GIVEN})(?=[\s,。;:、()]|$)")
# 沙岗村张三1月20日从…: a name right after the village it belongs to.
OF_PLACE = re.compile(
    rf"的?({FAMILY}{GIVEN}?)(?=\s*(?:\d{{1,2}}[月号]|[,、]?\s*[男女][,、\s(]|与|和|同|昨|前天|今天|今早|正月|腊月|大年|年初|从[^来]|自[^己]|由|问|咨询|反映|来电|报告"
    rf"|{REACHED}))"
)
# 何建国一家5口, 张桂香密接: the same, where a name in full is needed to be sure; 李家一家 is none.
OF_FAMILY = re.compile(rf"的?({FAMILY}{GIVEN})(?<!家)(?=一家|全家|家属|\s*(?:密切接触者|密接))")
# 陈建国、李大勇、黄志明: three family names in a row, each with one or two characters after it, are a list of people.
LISTED = re.compile(rf"{FAMILY}{GIVEN}(?:、{FAMILY}{GIVEN}){{2,}}(?=[\s,。;:()]|等|共|\d|$)")
ORDINARY = """
通过 经由 拨打 查看 接到 接听 联系 登记 反映 支持 从何 有关
时有 和我 和他 和她 方式 号码 那时 何以 广大 官方 双双 全员 平安 健康
有人 和人 别人 路人 经常 双方 全家 全部 全村 安全 明天 明显 时间 于是 应该 高烧 高热 方便 关于 向来
居民 那里 那边 那个 那家 家里 家人 家中 家属 广场 国道 文化 东西 东边 南边 平时 成功 常住 元宵 通知
都在 都是 从武 满了 能否 空房 红包 单位 单独 任何 农民 农历 养殖 游客 路口 路过 包括 计划 支部 管理
怀孕 解决 常年 车辆 车主 石头 水果 金额 安排 封路 封村 封城 尚未 向村 连夜 连续 须知 相关 相信 查实 查询
通报 马上 毛病 司机 师傅 老师 国家 和平 干部 干活 温度 时候 何时 何人 什么 许多 成员 经过 经济 华侨
"""
NO_NAMES = frozenset(ORDINARY.split())


def names(text: str, taken: Taken) -> Iterator[Found]:
    """Names that a title, a word before or what follows shows to be names. `taken` includes the places."""
    seen = taken.copy()
    ends = {one.end for one in taken if one.field in {Field.VILLAGE, Field.TOWN}}
    cued = [*TITLED.finditer(text), *CUED.finditer(text), *DESCRIBED.finditer(text), *DOUBLE_NAMED.finditer(text)]
    cued += [match for end in sorted(ends) if (match := OF_PLACE.match(text, end) or OF_FAMILY.match(text, end))]
    spans = [match.span() if match.re is TITLED else match.span(1) for match in cued]
    for start, end in [*spans, *_listed(text)]:
        name = Found(Field.NAME, start, end, text[start:end])
        if name.value not in NO_NAMES and seen.take(name):
            yield name


def _listed(text: str) -> Iterator[tuple[int, int]]:
    """Where the names of lists stand; a list with an ordinary word in it is none of people."""
    for match in LISTED.finditer(text):
        listed = match[0].split("、")
        if NO_NAMES.isdisjoint(listed):
            at = match.start()
            for name in listed:
                yield at, at + len(name)
                at += len(name) + 1

"""What codes of a record are called, in Chinese; doors translate."""

from __future__ import annotations

from wangge.duties.observation.models.people import DOCUMENTS, ROLES

ROLE_NAMES = dict(ROLES)
DOCUMENT_NAMES = dict(DOCUMENTS)
STATE_NAMES = {"active": "在管", "over": "已解除", "withdrawn": "不属实", "merged": "已并档"}
SOURCE_NAMES = {"matter": "事项", "list": "名单", "desk": "登记", "contact": "流调"}
TRANSPORT_NAMES = {
    "train": "火车",
    "coach": "长途客车",
    "plane": "飞机",
    "car": "自驾",
    "ship": "轮船",
    "other": "其他",
}
FIELD_NAMES = {
    "name": "姓名",
    "document": "证件号码",
    "document_kind": "证件类型",
    "phone": "电话",
    "phone_2": "另一电话",
    "address": "现住地址",
    "note": "备注",
    "origin": "来源地",
    "arrived_on": "到达日期",
    "last_exposure_on": "末次接触日期",
    "onset_on": "发病日期",
    "household": "同住户",
    "area": "所在村（居）",
    "escort": "护送人员",
    "vehicle": "车次、座位",
    "evidence": "接触依据",
    "need": "照料需求",
}
# What is to be done about somebody under observation, as the board names it; "": everybody.
BOARD_NAMES = {
    "": "在观察",
    "missing": "未测",
    "due": "待测",
    "done": "已测",
    "found": "有异常",
    "release": "待解除",
    "hospital": "住院",
}
SETTING_NAMES = {"home": "居家", "facility": "集中", "hospital": "住院治疗"}

"""What each permission lets somebody do, in the words of a sentence: “您的岗位不能在此区域…”."""

from __future__ import annotations

VERBS: dict[str, tuple[str, str]] = {
    "account.expire": ("终止到期的账号", "end accounts whose time is over"),
    "account.manage": ("管理账号和岗位", "manage accounts and posts"),
    "area.manage": ("管理区划", "manage areas"),
    "bulletin.issue": ("签发战报", "issue bulletins"),
    "call.forget": ("清理接口调用记录", "forget answered calls"),
    "clinic.answer": ("答复转诊", "answer referrals"),
    "coverage.view": ("查看岗位覆盖", "see who is on duty"),
    "delivery.send": ("发送消息", "send messages"),
    "duty.counter": ("冲正台账", "counter an entry of the duty log"),
    "duty.log": ("登记台账", "write the duty log"),
    "exercise.run": ("组织演练", "run exercises"),
    "facility.manage": ("管理隔离场所和床位", "manage isolation sites and beds"),
    "figure.view": ("查看统计和战报", "see figures and bulletins"),
    "journal.verify": ("核验日志", "verify the journal"),
    "key.rotate": ("更换密钥", "rotate keys"),
    "matter.accept": ("接单", "accept matters"),
    "matter.acknowledge": ("确认收到事项", "acknowledge matters"),
    "matter.approve_hold": ("审批挂起", "approve holds"),
    "matter.arbitrate": ("裁定牵头单位", "decide which agency leads"),
    "matter.close": ("结案", "close matters"),
    "matter.escalate": ("督办升级", "escalate matters"),
    "matter.hold": ("申请挂起", "ask for a hold"),
    "matter.merge": ("并案", "merge matters"),
    "matter.park": ("挂账", "park matters"),
    "matter.reopen": ("重新打开事项", "reopen matters"),
    "matter.report": ("上报事项", "report matters"),
    "matter.return": ("退回事项", "hand matters back"),
    "matter.triage": ("分流", "triage matters"),
    "matter.verify": ("核查事项", "verify matters"),
    "matter.view": ("查看事项", "see matters"),
    "matter.work": ("登记处置结果", "report work on matters"),
    "pack.load": ("装载预案包", "load plan packs"),
    "person.check": ("登记每日健康监测", "write down daily checks"),
    "person.hand_over": ("移交人员档案", "hand people over"),
    "person.import": ("批量导入人员", "import people"),
    "person.measure": ("登记强制措施", "record compulsory measures"),
    "person.merge": ("合并人员档案", "merge records of people"),
    "person.plan": ("制定观察方案", "plan observation"),
    "person.refer": ("申请转诊", "refer people to a clinic"),
    "person.register": ("建立人员档案", "put people on record"),
    "person.view": ("查看人员档案", "see people on record"),
    "referral.escalate": ("督办转诊", "escalate referrals"),
    "response.declare": ("启动和终止响应", "open and end responses"),
    "response.destroy": ("销毁响应的密钥", "destroy the keys of a response"),
    "surge.switch": ("切换战时状态", "switch to surge"),
    "vault.audit": ("查看查阅记录", "see who looked at personal data"),
    "vault.unmask": ("查看完整的个人信息", "see personal data unmasked"),
    "vault.view": ("查看个人信息", "see personal data"),
}


def verb_words(verb: str, language: str) -> str:
    """A permission in words; its code where nobody has written any."""
    return VERBS.get(verb, (verb, verb))[language.startswith("en")]

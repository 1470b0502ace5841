"""What the page of screening says: the script reads it from the page. {} is filled in by the script."""

from __future__ import annotations

WORDS = {
    "online": "网络正常",
    "offline": "网络已断开，正常车辆照常登记，恢复后自动上报。",
    "signed_out": "登录已失效，请在新页面重新登录；未上报的登记都还在本机。",
    "waiting": "待上报 {} 辆",
    "all_sent": "已全部上报",
    "not_kept": "此浏览器不能在本机暂存，网络断开时请勿关闭页面。",
    "done": "已登记 {}",
    "done_other": "其他号牌",
    "taken_back": "已撤销上一辆",
    "nothing_to_take_back": "没有可以撤销的登记。",
    "plate_wrong": "车牌号有误，请核对。",
    "people_missing": "请选人数。",
    "temperature_wrong": "体温应在 34 至 43 ℃ 之间。",
    "below_limit": "未达到 {} ℃，按正常登记。",
    "alert_sending": "正在上报…",
    "alert_unsent": "网络不通，尚未上报！请立即拨打值班电话 {}。所填内容仍在此页，网络恢复后自动上报。",
    "alert_unsent_no_phone": "网络不通，尚未上报！请立即电话报告值班台。所填内容仍在此页，网络恢复后自动上报。",
    "alert_sent": "已上报值班台，请将人员引导至留观区。",
    "refused": "未被接收：{}",
    "person_saved": "人员信息已登记。",
    "person_unsent": "网络不通，未保存。所填内容仍在此页，请稍后再按一次。",
    "queue_noted": "已记下排队 {} 辆",
    "failed": "未成功，请稍后再试。",
}

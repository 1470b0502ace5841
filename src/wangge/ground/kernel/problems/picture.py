"""Problems of what it adds up to."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem

# -- bulletins ---------------------------------------------------------------------------------


class BulletinOutOfOrder(Problem):
    """Issued after a bulletin whose cut-off is not earlier; `last` is that cut-off on the wall clock."""

    code = "bulletin-out-of-order"
    status = 409
    zh = "已发布截至 {last} 的第{serial}期战报，新一期的截止时间必须更晚。"
    en = "Bulletin no. {serial} has been issued up to {last}; the next one needs a later cut-off."


class PdfUnavailable(Problem):
    """PDF is an extra: WeasyPrint and matplotlib from the registry, Pango from the system; `missing` is not there."""

    code = "pdf-unavailable"
    status = 503
    zh = "本机不能生成 PDF，缺少 {missing}。请系统管理员安装：{install}。Word 文档不受影响。"
    en = "PDF cannot be made on this machine: {missing} is missing. Have the administrator install it: {install}."


# -- tables in and out ---------------------------------------------------------------------------


class UploadRefused(Problem):
    """A file that is no Excel table of ours at all; single wrong rows are named in the preview instead."""

    code = "upload-refused"
    status = 422
    zh = "这份文件不能用：{why_zh}。"
    en = "This file cannot be used: {why_en}."

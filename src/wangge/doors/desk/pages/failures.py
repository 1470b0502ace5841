"""The pages for what went wrong outside any page: no such address, a form without its token, an error of ours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from wangge.doors.desk.middleware import failure_page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request that cannot be read."""
    return failure_page(request, 400, gettext("请求无法识别，请返回重试。"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: not allowed, without more said."""
    return failure_page(request, 403, gettext("您没有权限查看此页。"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address."""
    return failure_page(request, 404, gettext("没有这个页面，请核对地址或返回首页。"))


def failed(request: HttpRequest) -> HttpResponse:
    """500: an error of ours; what was typed is still in the page before."""
    return failure_page(request, 500, gettext("系统出错，本次操作未保存。请返回上一页重试，仍不行请告知系统管理员。"))


def token_missing(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form whose token has run out, usually a page left open over night."""
    return failure_page(request, 403, gettext("页面停留过久或登录已更换，本次操作未保存。请返回上一页刷新后再提交。"))

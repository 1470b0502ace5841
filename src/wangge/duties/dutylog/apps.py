from django.apps import AppConfig


class DutylogConfig(AppConfig):
    name = "wangge.duties.dutylog"
    label = "dutylog"

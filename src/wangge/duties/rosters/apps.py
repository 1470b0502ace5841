from django.apps import AppConfig


class RostersConfig(AppConfig):
    name = "wangge.duties.rosters"
    label = "rosters"

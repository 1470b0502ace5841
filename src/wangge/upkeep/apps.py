from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "wangge.upkeep"
    label = "upkeep"

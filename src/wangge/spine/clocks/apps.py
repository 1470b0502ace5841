from django.apps import AppConfig


class ClocksConfig(AppConfig):
    name = "wangge.spine.clocks"
    label = "clocks"

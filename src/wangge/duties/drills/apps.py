from django.apps import AppConfig


class DrillsConfig(AppConfig):
    name = "wangge.duties.drills"
    label = "drills"

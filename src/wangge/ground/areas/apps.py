from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "wangge.ground.areas"
    label = "areas"

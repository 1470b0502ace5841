from django.apps import AppConfig


class EndingsConfig(AppConfig):
    name = "wangge.picture.endings"
    label = "endings"

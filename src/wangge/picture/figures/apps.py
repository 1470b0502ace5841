from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "wangge.picture.figures"
    label = "figures"

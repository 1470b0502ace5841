from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "wangge.duties.matters"
    label = "matters"

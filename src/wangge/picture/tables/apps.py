from django.apps import AppConfig


class TablesConfig(AppConfig):
    name = "wangge.picture.tables"
    label = "tables"

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "wangge.ground.journal"
    label = "journal"

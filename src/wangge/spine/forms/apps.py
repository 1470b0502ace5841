from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "wangge.spine.forms"
    label = "forms"

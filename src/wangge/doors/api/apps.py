from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "wangge.doors.api"
    label = "api"

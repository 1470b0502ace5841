from django.apps import AppConfig


class ResponsesConfig(AppConfig):
    name = "wangge.ground.responses"
    label = "responses"

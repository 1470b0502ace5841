from django.apps import AppConfig


class ObservationConfig(AppConfig):
    name = "wangge.duties.observation"
    label = "observation"
    verbose_name = "医学观察"

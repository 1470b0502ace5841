from django.apps import AppConfig


class CheckpointsConfig(AppConfig):
    name = "wangge.duties.checkpoints"
    label = "checkpoints"
    verbose_name = "检疫点"

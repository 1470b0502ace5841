from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "wangge.picture.bulletins"
    label = "bulletins"

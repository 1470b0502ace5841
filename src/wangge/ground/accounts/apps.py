from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "wangge.ground.accounts"
    label = "accounts"

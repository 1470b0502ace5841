from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "wangge.spine.messaging"
    label = "messaging"

from django.apps import AppConfig


class VenuesConfig(AppConfig):
    name = "wangge.duties.venues"
    label = "venues"
    verbose_name = "场所"

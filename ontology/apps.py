from django.apps import AppConfig


class OntologyConfig(AppConfig):
    name = "ontology"
    default_auto_field = "django.db.models.BigAutoField"

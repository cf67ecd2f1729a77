from django.apps import AppConfig
from django.db.backends.signals import connection_created


class OntologyConfig(AppConfig):
    name = "ontology"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ontology.folding import teach_sqlite  # noqa: PLC0415  (models can be imported from here on)

        connection_created.connect(teach_sqlite, dispatch_uid="ontology.folding")

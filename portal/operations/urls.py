from django.urls import path

from portal.operations import stores

urlpatterns = [
    path("operations/stores", stores.page, name="stores"),
    path("operations/stores/rules", stores.add_rule, name="stores-add-rule"),
    path("operations/stores/rules/<int:rule_id>/remove", stores.remove_rule, name="stores-remove-rule"),
]

from django.urls import path, re_path

from portal.deposit import copying, files_page, filling, groups, lookups, sets_page, sharing, views
from portal.public.plates import draft_plate

STUDY = "deposit/<uuid:study_id>"
ENTITY = f"{STUDY}/-/<slug:module_key>/<uuid:entity_id>"

# What a form posts to lies below "-", so that no module's name can be a step's.
urlpatterns = [
    path("deposit", views.my_studies, name="my-studies"),
    path("deposit/start", views.start, name="deposit-start"),
    path("deposit/groups", groups.my_groups, name="my-groups"),
    path("deposit/groups/start", groups.create, name="group-create"),
    path("deposit/groups/<uuid:group_id>/add", groups.add, name="group-add"),
    path("deposit/groups/<uuid:group_id>/leave", groups.leave, name="group-leave"),
    path("deposit/templates", copying.templates, name="lab-templates"),
    path("deposit/templates/<uuid:template_id>/change", copying.change_template, name="lab-template-change"),
    path("deposit/templates/<uuid:template_id>/delete", copying.delete_template, name="lab-template-delete"),
    path("deposit/lookups/<slug:module_key>", lookups.suggest, name="lookup-suggest"),
    path(STUDY, views.first_step, name="deposit"),
    path(f"{STUDY}/preview", views.preview, name="deposit-preview"),
    path(f"{STUDY}/plates/<uuid:plate_id>", draft_plate, name="deposit-plate"),
    path(f"{STUDY}/-/submit", views.submit, name="deposit-submit"),
    path(f"{STUDY}/-/withdraw", views.withdraw, name="deposit-withdraw"),
    path(f"{STUDY}/-/new-version", views.new_version, name="deposit-new-version"),
    path(f"{STUDY}/-/delete", views.delete, name="deposit-delete"),
    path(f"{STUDY}/-/copy", copying.choose, name="deposit-copy"),
    path(f"{STUDY}/-/copy/preview", copying.preview, name="deposit-copy-preview"),
    path(f"{STUDY}/-/copy/apply", copying.apply, name="deposit-copy-apply"),
    path(f"{STUDY}/-/restore", views.restore, name="deposit-restore"),
    path(f"{STUDY}/-/fill", filling.preview, name="deposit-fill"),
    path(f"{STUDY}/-/fill/apply", filling.apply, name="deposit-fill-apply"),
    path(f"{STUDY}/-/share", sharing.shared, name="deposit-share"),
    path(f"{STUDY}/-/share/add", sharing.share, name="deposit-share-add"),
    path(f"{STUDY}/-/share/<uuid:grant_id>/end", sharing.unshare, name="deposit-share-end"),
    path(f"{STUDY}/-/template", copying.new_template, name="deposit-template-new"),
    path(f"{STUDY}/-/template/save", copying.save_template, name="deposit-template-save"),
    path(f"{STUDY}/-/progress", files_page.reading, name="deposit-progress"),
    path(f"{STUDY}/-/register", files_page.register, name="deposit-register"),
    path(f"{STUDY}/-/files/<uuid:file_id>/removed.tsv", files_page.removed_log, name="deposit-removed-log"),
    path(f"{STUDY}/-/sets", sets_page.together, name="deposit-sets"),
    path(f"{STUDY}/-/assign", files_page.assign, name="deposit-assign"),
    path(f"{STUDY}/-/comments/<uuid:comment_id>/resolve", views.resolve, name="deposit-resolve"),
    path(f"{STUDY}/-/suggestions/<int:suggestion_id>", views.suggestion, name="deposit-suggestion"),
    re_path(
        r"^deposit/(?P<study_id>[0-9a-f-]{36})/-/files/(?P<file_id>[0-9a-f-]{36})/(?P<verb>remove|read-again|deidentify|harmless)$",
        files_page.change_file,
        name="deposit-file",
    ),
    path(f"{STUDY}/-/contributor/<uuid:entity_id>/affiliation", views.affiliation, name="deposit-affiliation"),
    path(f"{STUDY}/-/<slug:module_key>/save", views.save, name="deposit-save"),
    path(f"{STUDY}/-/<slug:module_key>/add", views.add, name="deposit-add"),
    path(f"{ENTITY}/lookup", lookups.look_up, name="deposit-lookup"),
    path(f"{ENTITY}/lookup/apply", lookups.apply, name="deposit-lookup-apply"),
    path(f"{ENTITY}/save", views.save, name="deposit-save"),
    re_path(
        r"^deposit/(?P<study_id>[0-9a-f-]{36})/-/(?P<module_key>[a-z_]+)/(?P<entity_id>[0-9a-f-]{36})/"
        r"(?P<verb>copy|move|remove)$",
        views.change_entity,
        name="deposit-change",
    ),
    path(f"{STUDY}/<slug:key>", views.step, name="deposit-step"),
]

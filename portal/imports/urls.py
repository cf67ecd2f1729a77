from django.urls import path

from portal.imports import downloads, views

STUDY = "deposit/<uuid:study_id>"
IMPORT = f"{STUDY}/import/<uuid:import_id>"

urlpatterns = [
    path("deposit/start-from-file", views.start, name="import-start"),
    path("deposit/workbook.xlsx", downloads.empty_workbook, name="workbook"),
    path(f"{STUDY}/import", views.imports, name="imports"),
    path(f"{STUDY}/import/files", views.receive, name="import-receive"),
    path(IMPORT, views.one, name="import"),
    path(f"{IMPORT}/change", views.change, name="import-change"),
    path(f"{IMPORT}/take", views.take, name="import-take"),
    path(f"{IMPORT}/forget", views.forget, name="import-forget"),
    path(f"{IMPORT}/annotated.xlsx", downloads.annotated, name="import-annotated"),
    path(f"{IMPORT}/files/<int:number>", downloads.original, name="import-file"),
    path(f"{STUDY}/export/<slug:key>", downloads.draft, name="export-draft"),
    path("studies/<str:accession>/exports/<slug:key>", downloads.published, name="export"),
    path("studies/<str:accession>/v<int:version>/exports/<slug:key>", downloads.published, name="export-version"),
]

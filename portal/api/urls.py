from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from catalogue.rules.rembi import MODULES
from portal.api import (  # openapi registers itself
    account,
    bulk,
    exchange,
    fair,
    files,
    key_values,
    openapi,  # noqa: F401
    parts,
    public,
    review,
    studies,
    uploads,
)
from portal.api.docs import api_page
from portal.api.root import Root

STUDY = "api/v1/studies/<uuid:study_id>"
PUBLICATION = "api/v1/publications/<str:accession>"

urlpatterns = [
    path("uploads/", uploads.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>", uploads.OneUpload.as_view(), name="upload"),
    path("api/", api_page, name="api"),
    path("api/v1/", Root.as_view(), name="api-root"),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/me", account.Me.as_view()),
    path("api/v1/tokens", account.Tokens.as_view()),
    path("api/v1/tokens/<uuid:token_id>", account.OneToken.as_view()),
    path("api/v1/templates", parts.Templates.as_view()),
    path("api/v1/templates/<uuid:template_id>", parts.OneTemplate.as_view()),
    path("api/v1/studies", studies.Studies.as_view()),
    path(STUDY, studies.OneStudy.as_view()),
    path(f"{STUDY}/document", studies.Document.as_view()),
    path(f"{STUDY}/study", studies.StudyFields.as_view()),
    path(f"{STUDY}/findings", studies.Findings.as_view()),
    path(f"{STUDY}/fair", fair.Fair.as_view()),
    path(f"{STUDY}/history", studies.History.as_view()),
    path(f"{STUDY}/files", files.Files.as_view()),
    path(f"{STUDY}/files/assign", files.AssignFiles.as_view()),
    path(f"{STUDY}/files/remove", bulk.RemoveFiles.as_view()),
    path(f"{STUDY}/files/<uuid:file_id>", files.OneFile.as_view()),
    path(f"{STUDY}/images", files.Images.as_view()),
    path(f"{STUDY}/jobs", files.Jobs.as_view()),
    path(f"{STUDY}/jobs/<uuid:job_id>/cancel", files.CancelJob.as_view()),
    path(f"{STUDY}/imports", exchange.Imports.as_view()),
    path(f"{STUDY}/imports/<uuid:import_id>", exchange.OneImport.as_view()),
    path(f"{STUDY}/imports/<uuid:import_id>/apply", exchange.ApplyImport.as_view()),
    path(f"{STUDY}/exports/<slug:key>", exchange.Export.as_view()),
    path("api/v1/formats", exchange.Formats.as_view()),
    path(f"{PUBLICATION}/fair", fair.PublishedFair.as_view()),
    path(f"{PUBLICATION}/v<int:version>/fair", fair.PublishedFair.as_view()),
    path(f"{PUBLICATION}/exports/<slug:key>", exchange.PublishedExport.as_view()),
    path(f"{PUBLICATION}/v<int:version>/exports/<slug:key>", exchange.PublishedExport.as_view()),
    path(f"{STUDY}/bulk", bulk.Bulk.as_view()),
    path(f"{STUDY}/key-values", key_values.KeyValues.as_view()),
    path(f"{STUDY}/suggestions", parts.Suggestions.as_view()),
    path(f"{STUDY}/suggestions/<int:suggestion_id>/take", parts.TakeSuggestion.as_view()),
    path(f"{STUDY}/suggestions/<int:suggestion_id>/dismiss", parts.DismissSuggestion.as_view()),
    path(f"{STUDY}/copy", parts.Copy.as_view()),
    path(f"{STUDY}/submit", review.Submit.as_view()),
    path(f"{STUDY}/withdraw", review.Withdraw.as_view()),
    path(f"{STUDY}/new-version", review.NewVersion.as_view()),
    path(f"{STUDY}/return", review.Return.as_view()),
    path(f"{STUDY}/approve", review.Approve.as_view()),
    path(f"{STUDY}/comments", review.Comments.as_view()),
    path(f"{STUDY}/comments/<uuid:comment_id>/resolve", review.ResolveComment.as_view()),
    path("api/v1/review", review.Queue.as_view()),
    path("api/v1/publications", public.Publications.as_view()),
    path(PUBLICATION, public.OnePublication.as_view()),
    path(f"{PUBLICATION}/images", public.PublishedImages.as_view()),
    path(f"{PUBLICATION}/files", public.PublishedFiles.as_view()),
    path(f"{PUBLICATION}/v<int:version>", public.OnePublication.as_view()),
    path(f"{PUBLICATION}/v<int:version>/images", public.PublishedImages.as_view()),
    path(f"{PUBLICATION}/v<int:version>/files", public.PublishedFiles.as_view()),
    path("api/v1/images/<uuid:image_id>", public.OneImage.as_view()),
    path("api/v1/search", public.Search.as_view()),
    path("api/v1/terms", public.Terms.as_view()),
]
for _module in MODULES:
    if _module.repeated:
        _list, _item = studies.module_views(_module.plural)
        urlpatterns += [
            path(f"{STUDY}/{_module.plural}", _list.as_view()),
            path(f"{STUDY}/{_module.plural}/<uuid:entity_id>", _item.as_view()),
        ]

from django.urls import path

from portal.review import asked, desk, history_pages, links_page, mapping, private, queue, views

STUDY = "review/<uuid:study_id>"
DEPOSIT = "deposit/<uuid:study_id>"
PRIVATE = "private/<uuid:study_id>"

urlpatterns = [
    path("review", queue.queue, name="review-queue"),
    path("review/terms", mapping.texts, name="mapping"),
    path("review/terms/decide", mapping.decide, name="mapping-decide"),
    path("review/terms/undo/<uuid:act_id>", mapping.undo, name="mapping-undo"),
    path(STUDY, desk.study, name="review-study"),
    path(f"{STUDY}/terms", mapping.texts, {"side": "review"}, name="review-mapping"),
    path(f"{STUDY}/terms/decide", mapping.decide, {"side": "review"}, name="review-mapping-decide"),
    path(f"{DEPOSIT}/-/terms", mapping.texts, {"side": "deposit"}, name="deposit-mapping"),
    path(f"{DEPOSIT}/-/terms/decide", mapping.decide, {"side": "deposit"}, name="deposit-mapping-decide"),
    path(f"{STUDY}/diff", history_pages.diff, {"side": "review"}, name="review-diff"),
    path(f"{STUDY}/assign", queue.assign, name="review-assign"),
    path(f"{STUDY}/retract", queue.retract, name="review-retract"),
    path(f"{STUDY}/checklist", views.checklist, name="review-checklist"),
    path(f"{STUDY}/comment", views.comment, name="review-comment"),
    path(f"{STUDY}/comments/<uuid:comment_id>/reply", views.reply, name="review-reply"),
    path(f"{STUDY}/comments/<uuid:comment_id>/resolve", views.resolve, name="review-resolve"),
    path(f"{STUDY}/comments/<uuid:comment_id>/reopen", views.reopen_comment, name="review-reopen"),
    path(f"{STUDY}/suggest", views.suggest, name="review-suggest"),
    path(f"{STUDY}/suggestions/<uuid:edit_id>/drop", views.drop_edit, name="review-drop"),
    path(f"{STUDY}/return", views.return_, name="review-return"),
    path(f"{STUDY}/reject", views.reject, name="review-reject"),
    path(f"{STUDY}/approve", views.approve, name="review-approve"),
    path(f"{DEPOSIT}/history", history_pages.study_history, name="deposit-history"),
    path(f"{DEPOSIT}/diff", history_pages.diff, {"side": "deposit"}, name="deposit-diff"),
    path(f"{DEPOSIT}/links", links_page.private_links, name="private-links"),
    path(f"{DEPOSIT}/-/links/<uuid:link_id>/end", links_page.end_link, name="private-link-end"),
    path(f"{DEPOSIT}/-/comments/<uuid:comment_id>/reply", asked.reply, name="deposit-reply"),
    path(f"{DEPOSIT}/-/comments/<uuid:comment_id>/reopen", asked.reopen_comment, name="deposit-reopen-comment"),
    path(f"{DEPOSIT}/-/suggested/<uuid:edit_id>/accept", asked.accept, name="deposit-accept"),
    path(f"{DEPOSIT}/-/suggested/<uuid:edit_id>/decline", asked.decline, name="deposit-decline"),
    path(f"{DEPOSIT}/-/reopen", asked.reopen, name="deposit-reopen"),
    path(f"{DEPOSIT}/-/publish-now", asked.publish_now, name="deposit-publish-now"),
    path(f"{DEPOSIT}/-/ask-to-retract", asked.ask_to_retract, name="deposit-ask-to-retract"),
    path(PRIVATE, private.study, name="private-study"),
    path(f"{PRIVATE}/images", private.images, name="private-images"),
    path(f"{PRIVATE}/files", private.files, name="private-files"),
    path(f"{PRIVATE}.<extension:extension>", private.rendition, name="private-rendition"),
]

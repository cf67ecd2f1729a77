from django.urls import path

from portal.review import views

STUDY = "review/<uuid:study_id>"

urlpatterns = [
    path("review", views.queue, name="review-queue"),
    path(STUDY, views.study, name="review-study"),
    path(f"{STUDY}/comment", views.comment, name="review-comment"),
    path(f"{STUDY}/comments/<uuid:comment_id>/resolve", views.resolve, name="review-resolve"),
    path(f"{STUDY}/return", views.return_, name="review-return"),
    path(f"{STUDY}/approve", views.approve, name="review-approve"),
]

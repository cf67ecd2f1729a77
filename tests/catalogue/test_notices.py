"""News by mail: who is told what, when, and that none is lost, doubled or sent to who may not see the study."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from base import jobs
from base.models import Job, User
from catalogue import services
from catalogue.access import Actor
from catalogue.models import AccessGrant, Notice, ReviewRound, Study
from catalogue.services import notices
from tests import factory

pytestmark = pytest.mark.django_db


def sent() -> list[tuple[str, str]]:
    """Whom the mails went to and what they said; the outbox is empty then."""
    found = [(message.to[0], str(message.body)) for message in mail.outbox]
    mail.outbox.clear()
    return found


def share(study: Study, person: User) -> AccessGrant:
    return AccessGrant.objects.create(study=study, user=person, right="edit", granted_by=study.owner)


def test_a_submission_is_told_to_curators_and_a_decision_to_those_who_edit() -> None:
    carla, bela = factory.curator(), factory.curator("Bela Curator")
    own = factory.submitted(bela)
    study = factory.submitted()
    editor = factory.user("Edi Editor")
    share(study, editor)
    jobs.run_queued()
    first = sent()
    assert sorted(to for to, _ in first) == sorted([carla.email, carla.email, bela.email])
    text = next(body for to, body in first if to == bela.email)
    assert f"Dear Bela Curator,\n\n{study.accession}: {study.title}" in text
    assert "Ada Depositor sent it to the curators." in text
    assert f"http://127.0.0.1:8000/review/{study.pk}" in text
    assert str(own.pk) not in text
    services.comment(actor=Actor(carla), study_id=study.pk, path="study/title", text="Which <line> & why?")
    services.return_to_depositor(actor=Actor(carla), study_id=study.pk, note="See the title.")
    assert notices.send() == 2
    told = sent()
    assert {to for to, _ in told} == {study.owner.email, editor.email}
    assert all("Carla Curator commented on Title:\nWhich <line> & why?" in body for _, body in told)
    assert all("returned it with requests.\nSee the title." in body for _, body in told)
    assert notices.send() == 0


def test_the_job_sends_once_however_often_it_runs() -> None:
    factory.curator()
    factory.submitted()
    for job in Job.objects.filter(kind=notices.SEND):
        jobs.run_job(job.pk)
        jobs.run_job(job.pk)
    notices.send()
    assert len(sent()) == 1


class Broken(EmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, messages: Any) -> int:
        raise SMTPServerDisconnected("Connection unexpectedly closed")


def test_what_a_mail_server_refuses_is_tried_again_later_with_the_same_id(settings: Any) -> None:
    factory.curator()
    factory.submitted()
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    now = timezone.now()
    assert notices.send(now) == 0
    assert Notice.objects.get().settled_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notices.send(now + timedelta(minutes=1)) == 0
    assert notices.send(now + timedelta(minutes=6)) == 1
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<{Notice.objects.get().pk}@")


def test_somebody_may_have_one_mail_a_day_or_none() -> None:
    daily = factory.curator("Dora Daily", notices_by_mail="daily")
    factory.curator("Nono Never", notices_by_mail="none")
    for _ in range(2):
        factory.submitted()
    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    Notice.objects.update(created_at=day)
    assert notices.send(day + timedelta(hours=1)) == 0  # today's went out already
    assert notices.send(day + timedelta(hours=14)) == 0  # it is not yet the hour
    assert notices.send(day + timedelta(hours=19)) == 1
    ((to, body),) = sent()
    assert to == daily.email
    assert body.count("sent it to the curators") == 2
    assert not Notice.objects.filter(settled_at=None).exists()


def test_nobody_is_told_of_a_study_that_they_may_not_see() -> None:
    carla = factory.curator()
    study = factory.submitted()
    editor = factory.user("Edi Editor")
    grant = share(study, editor)
    notices.send()
    sent()
    services.return_to_depositor(actor=Actor(carla), study_id=study.pk, note="Again, please.")
    grant.delete()
    study.owner.is_active = False
    study.owner.save()
    assert notices.send() == 0
    assert sent() == []


def test_the_curator_who_has_a_study_is_told_and_reminded_once() -> None:
    carla, bela = factory.curator(), factory.curator("Bela Curator")
    study = factory.submitted()
    day = timezone.now().date() + timedelta(days=1)
    services.assign(actor=Actor(carla), study_id=study.pk, curator_id=bela.pk, seen=None, due_on=day)
    notices.remind()
    notices.remind()
    kinds = [notice.kind for notice in Notice.objects.filter(recipient=bela).order_by("id")]
    assert kinds == ["submitted", "assigned", "due"]
    services.return_to_depositor(actor=Actor(bela), study_id=study.pk, note="x")
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    assert ReviewRound.objects.latest("submitted_at").assignee == bela
    assert list(Notice.objects.filter(kind="submitted", recipient=carla).values_list("kind", flat=True)) == [
        "submitted"
    ]


def test_a_title_of_several_lines_makes_no_header() -> None:
    factory.curator()
    study = factory.submitted()
    Study.objects.filter(pk=study.pk).update(title="A title\nBcc: everybody@example.org " + "x" * 300)
    assert notices.send() == 1
    assert "\n" not in mail.outbox[0].subject
    assert len(mail.outbox[0].subject) < 140
    assert mail.outbox[0].recipients() == mail.outbox[0].to

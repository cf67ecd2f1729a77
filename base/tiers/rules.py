"""Rules that move files by their age and use, kept as rows that administrators edit."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from base import audit
from base.errors import DomainError, Invalid, NotFound
from base.models import StoredFile, StoredMove, TierRule, User
from base.storage import is_in_place, stores
from base.tiers.moves import start_move

AT_ONCE = 500  # moves that one look starts, so that workers have time for people


def add_rule(
    *,
    by: User | None,
    from_store: str,
    to_store: str,
    days_since_publication: int | None = None,
    days_since_access: int | None = None,
    least_bytes: int = 0,
) -> TierRule:
    """Raises Invalid: stores that are not there or the same, no condition, a number below 0."""
    for field, name in (("from_store", from_store), ("to_store", to_store)):
        if name not in stores():
            raise Invalid(f"There is no store “{name}” here; there are: {', '.join(stores())}.", field=field)
        if is_in_place(name):
            raise Invalid(f"The store “{name}” is others', and never written by this site.", field=field)
    if from_store == to_store:
        raise Invalid("A rule leads from one store to another.", field="to_store")
    if days_since_publication is None and days_since_access is None:
        raise Invalid("Say after how many days since publication, or since it was last opened.",
                      field="days_since_publication")  # fmt: skip
    if min(days_since_publication or 0, days_since_access or 0, least_bytes) < 0:
        raise Invalid("Days and bytes are numbers from 0 on.", field="days_since_publication")
    rule = TierRule.objects.create(
        from_store=from_store, to_store=to_store, days_since_publication=days_since_publication,
        days_since_access=days_since_access, least_bytes=least_bytes,
    )  # fmt: skip
    if by is not None:
        audit.record(by, "added a rule for stores", by.pk, rule=words_of(rule))
    return rule


def remove_rule(*, by: User | None, rule_id: int) -> None:
    """Raises NotFound."""
    rule = TierRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("There is no such rule; somebody may have removed it.")
    if by is not None:
        audit.record(by, "removed a rule for stores", by.pk, rule=words_of(rule))
    rule.delete()


def words_of(rule: TierRule) -> str:
    """The rule in words, as the log of moves gives it."""
    parts = []
    if rule.days_since_publication is not None:
        parts.append(f"{rule.days_since_publication} days after publication")
    if rule.days_since_access is not None:
        parts.append(f"not opened for {rule.days_since_access} days")
    if rule.least_bytes:
        parts.append(f"at least {rule.least_bytes} bytes")
    return f"{rule.from_store} → {rule.to_store}: {', '.join(parts)}"


def files_due(rule: TierRule, at: datetime) -> "QuerySet[StoredFile]":
    """The files that a rule would move now. One that was never opened counts from when it came."""
    files = StoredFile.objects.filter(backend=rule.from_store, bytes__gte=rule.least_bytes, is_damaged=False)
    files = files.exclude(sha256="").exclude(moves__state__in=StoredMove.OPEN)
    failed = StoredMove.objects.filter(state=StoredMove.State.FAILED, created_at__gt=at - timedelta(days=1))
    files = files.exclude(Exists(failed.filter(stored=OuterRef("pk"))))
    if rule.days_since_publication is not None:
        files = files.filter(published_at__lte=at - timedelta(days=rule.days_since_publication))
    if rule.days_since_access is not None:
        opened = Coalesce(F("opened_at"), F("created_at"))
        files = files.alias(opened=opened).filter(opened__lte=at - timedelta(days=rule.days_since_access))
    return files.order_by("pk")


def apply_rules(at: datetime | None = None) -> int:
    """Start the moves that rules ask for; gives how many."""
    at, count = at or timezone.now(), 0
    for rule in TierRule.objects.filter(is_active=True).order_by("pk"):
        if not {rule.from_store, rule.to_store} <= stores().keys():
            continue  # a store that is no longer in the settings: the page of stores says so
        for pk in list(files_due(rule, at).values_list("pk", flat=True)[: AT_ONCE - count]):
            try:
                start_move(stored_id=pk, to=rule.to_store, reason=f"rule {words_of(rule)}")
                count += 1
            except DomainError:  # removed or moved this moment
                continue
    return count

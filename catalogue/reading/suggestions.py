"""Values for form fields that an image file answers. The depositor takes them or not."""

from catalogue.models import File, Suggestion
from catalogue.reading.fitting import clean
from catalogue.rules.offers import offers as offers_of
from imaging.facts import FileFacts

MAX_TEXT = 500


def suggest(file: File, found: FileFacts) -> None:
    """Offer what the file says, once for each text however many files of the study say the same."""
    name = file.path.rpartition("/")[2]
    offers: dict[tuple[str, str, str], str] = {}
    for module, field, text, element in offers_of(found):
        if text := " ".join(clean(text).split())[:MAX_TEXT]:
            offers.setdefault((module, field, text), f"{name}: {element}"[:1200])
    Suggestion.objects.bulk_create(
        (
            Suggestion(study=file.study, module=module, field=field, text=text, source=source)
            for (module, field, text), source in offers.items()
        ),
        batch_size=500,
        ignore_conflicts=True,
    )

"""An IDR study with its tables → a dossier, with every cell in a field, a named value, a file line or a remark."""

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, Files, Imported, Weight
from catalogue.exchange.idr import labels
from catalogue.exchange.idr.parts import read_part
from catalogue.exchange.idr.sheet import Sheet
from catalogue.exchange.idr.study import keep_rest, read_study, tell_of_text
from catalogue.exchange.idr.tables import read_tables
from catalogue.exchange.overlay import fill, is_overlay
from catalogue.exchange.tab import Row, Rows, labelled_rows, read_text

HEAD = 20_000  # bytes to look at
MAX_STUDY = 20_000_000  # bytes


def is_mine(files: Files) -> bool:
    """Whether there is an IDR study file among them."""
    return any(_is_study(name, files) for name in files)


def _is_study(name: str, files: Files) -> bool:
    if not name.lower().endswith((".txt", ".tsv")):
        return False
    with files[name].open("rb") as file:
        head = file.read(HEAD).replace(b"\0", b"")
    return b"Comment[IDR Study Accession]" in head or (b"Study Title" in head and b"Study Screens Number" in head)


def read(files: Files) -> Imported:
    """The study. Raises CannotRead if there is no study file, more than one, or one that holds nothing."""
    studies = sorted(name for name in files if _is_study(name, files))
    if len(studies) != 1:
        said = "There is no IDR study file among these; its name ends in -study.txt."
        if studies:
            said = f"There are {len(studies)} study files here ({', '.join(studies[:5])}). Import one study at a time."
        raise CannotRead(said, file=studies[0] if studies else next(iter(files), ""))
    name = studies[0]
    if files[name].stat().st_size > MAX_STUDY:
        raise CannotRead(
            f"This study file is larger than {MAX_STUDY:,} bytes, which none is. Is it a table?", file=name
        )
    text = read_text(files[name], name=name)
    rows = labelled_rows(text.text, is_label=labels.is_label)
    if not rows.rows:
        raise CannotRead("This study file holds no rows of a label and its values. Is it whole?", file=name)
    builder = Builder(file=name, namespace=labels.NAMESPACE)
    tell_of_text(builder, rows, text)
    _tell_of_labels(builder, rows)
    overlays = [row for row in rows.rows if is_overlay(row.label)]
    sheets = _split([row for row in rows.rows if not is_overlay(row.label)])
    study = Sheet(sheets[0])
    organisms = read_study(builder, study)
    parts = [read_part(builder, Sheet(part), number, organisms) for number, part in enumerate(sheets[1:], 1)]
    _check_whole(builder, study, sheets[1:])
    keep_rest(builder, study, "study", "")
    read_tables(builder, {given: path for given, path in files.items() if given != name}, parts)
    fill(builder.imported.dossier, [(row.label, row.values[0] if row.values else "") for row in overlays])
    return builder.imported


def _split(rows: list[Row]) -> list[list[Row]]:
    """The study's rows, then those of each screen or experiment."""
    parts: list[list[Row]] = [[]]
    for row in rows:
        if row.label in {"Screen Number", "Experiment Number"}:
            parts.append([])
        parts[-1].append(row)
    return parts


def _tell_of_labels(builder: Builder, rows: Rows) -> None:
    for row in rows.rows:
        if not row.values and not labels.is_label(row.label):
            builder.remark(Weight.NOTE, "This row has a label that IDR does not know, and no value.", said=row.label,
                           value=row.label, row=row.number)  # fmt: skip


def _check_whole(builder: Builder, study: Sheet, parts: list[list[Row]]) -> None:
    """Say so if the file ends too early."""
    said = 0
    for kind in (labels.SCREEN, labels.EXPERIMENT):
        number = study.look(f"Study {kind}s Number").strip()
        said += int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
        if number == str(sum(part[0].label == f"{kind} Number" for part in parts)):
            study.take(f"Study {kind}s Number")  # the components say it
    if said > len(parts):
        message = (f"The study says that it has {said} screens or experiments; {len(parts)} are in this file. It seems "
                   "cut off: what is there was read. Take the whole file.")  # fmt: skip
        builder.remark(Weight.ERROR, message)
    for part in parts:
        lacking = [label for label in labels.NEEDED if all(row.label != label for row in part)]
        if not lacking:
            continue
        last = part[-1]
        if part is parts[-1]:
            message = (f"The file seems cut off after “{last.label}”: the rows from “{lacking[0]}” on are not there. "
                       "What is there was read. Take the whole file.")  # fmt: skip
            builder.remark(Weight.ERROR, message, said=last.label, row=last.number)
        else:
            builder.remark(Weight.NOTE, f"There is no row “{lacking[0]}” here.", said=lacking[0], row=part[0].number)

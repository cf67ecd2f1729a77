"""The command `vitrine`. Exit status: 0 all is well, 1 something required is missing or wrong, 2 it cannot be done."""

import argparse
import getpass
import json
import os
import signal
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from catalogue.rules import Level
from client import converting
from client.checking import Looked, look_at, title_in
from client.depositing import OPEN, Wanted, deposit
from client.filling import fill
from client.folder import top_of
from client.memory import Memory
from client.site import Site
from client.trouble import Trouble
from client.watching import Watch

WELL, WANTING, FAILED = 0, 1, 2
SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.do(options))
    except Trouble as trouble:
        if getattr(options, "json", False):
            print(json.dumps({"error": trouble.message, "details": trouble.details}))
        print(f"vitrine: {trouble.message}", file=sys.stderr)
        for where, what in trouble.details[:SHOWN]:
            print(f"  {where}: {what}" if where else f"  {what}", file=sys.stderr)
        if (more := len(trouble.details) - SHOWN) > 0:
            print(f"  and {more} more", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("vitrine", description="Checks, deposits and converts images.")
    verbs = parser.add_subparsers(required=True, metavar="check | deposit | watch | convert | login")
    check = verbs.add_parser("check", help="what the files of a folder say, and what its study lacks; needs no network")
    check.add_argument("folder")
    check.add_argument("--fill", metavar="FILE", help="write what the files answer to a study.yaml or study.xlsx")
    check.add_argument("--json", action="store_true", help="for programs")
    check.set_defaults(do=_check)
    send = verbs.add_parser("deposit", help="bring a folder to a site; run again, it goes on and sends what changed")
    send.add_argument("folder")
    _site_options(send)
    send.add_argument("--in-place", action="store_true", help="the site sees this folder itself: register, do not copy")
    send.add_argument("--overwrite", action="store_true", help="replace metadata that was changed on the site")
    send.add_argument("--together", action="store_true", help="make one image of files that look like one")
    send.add_argument("--submit", action="store_true", help="send the study to the curators")
    send.add_argument("--json", action="store_true", help="for programs")
    send.set_defaults(do=_deposit)
    watch = verbs.add_parser("watch", help="send each file of a folder once it is finished, until one stops it")
    watch.add_argument("folder")
    _site_options(watch)
    watch.add_argument(
        "--quiet", type=float, default=60, metavar="SECONDS", help="a file is finished if unchanged so long"
    )
    watch.add_argument("--every", type=float, default=20, metavar="SECONDS", help="how often to look")
    watch.add_argument("--log", metavar="FILE", help="also write there what is said")
    watch.set_defaults(do=_watch)
    convert_ = verbs.add_parser(
        "convert", help="write an image of any format as OME-Zarr or OME-TIFF; needs no network"
    )
    converting.add_options(convert_)
    convert_.set_defaults(do=_convert)
    login = verbs.add_parser("login", help="keep an API token for a site in a file that only you can read")
    login.add_argument("--site", required=True, metavar="ADDRESS")
    login.set_defaults(do=_login)
    return parser


def _site_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", required=True, metavar="ADDRESS", help="e.g. https://images.example.org")
    parser.add_argument("--study", default="", metavar="ID", help="go on with this study instead of starting one")


def _token_file(address: str) -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA") or str(Path.home() / ".config")
    return Path(home) / "vitrine" / f"{''.join(c if c.isalnum() else '-' for c in address.rstrip('/'))}.token"


def _site(options: argparse.Namespace) -> Site:
    """With the token of VITRINE_TOKEN, or the one that `vitrine login` kept: never one of the command line, which
    others on the same machine see."""
    token, file = os.environ.get("VITRINE_TOKEN", ""), _token_file(options.site)
    if not token and file.is_file():
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and os.name == "posix":
            raise Trouble(f"{file} can be read by others; run: chmod 600 {file}")
        token = file.read_text().strip()
    if not token:
        raise Trouble("There is no API token. Make one on the site under Account → API tokens, then run: vitrine login "
                      f"--site {options.site}   (or put it into the environment as VITRINE_TOKEN)")  # fmt: skip
    return Site(options.site, token)


def _login(options: argparse.Namespace) -> int:
    token = getpass.getpass("API token (it is not shown): ").strip()
    with Site(options.site, token) as site:
        me = site.me()
    file = _token_file(options.site)
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        written.write(f"{token}\n")
    file.chmod(0o600)
    print(f"Hello {me['name'] or me['email']}. The token is kept in {file}.")
    return WELL


class Progress:
    """One line that is written over, on a terminal only, and not more often than people can read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._is_seen, self._last = stream, stream.isatty(), 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if not self._is_seen or (done < total and time.monotonic() - self._last < 0.1):
            return
        self._last = time.monotonic()
        share = f"{done / total:.0%}" if total else ""
        self._stream.write(f"\r\x1b[K{what} … {share}" + ("\r\x1b[K" if done >= total else ""))
        self._stream.flush()


def _check(options: argparse.Namespace) -> int:
    looked = look_at(top_of(options.folder), Progress(sys.stderr))
    if options.fill:
        fill(Path(options.fill), looked)
    required = [one for one in looked.findings if one.level is Level.REQUIRED]
    if options.json:
        print(json.dumps(_as_data(looked), indent=2, default=str))
    else:
        _tell(looked)
        if options.fill:
            print(f"\nWritten to {options.fill}: fill in what is missing there, then check again.")
    return WANTING if required or looked.failed else WELL


def _as_data(looked: Looked) -> dict[str, Any]:
    return {
        "files": len(looked.entries),
        "images": sum(len(facts.images) for facts in looked.facts.values()),
        "failed": looked.failed,
        "unread": looked.unread,
        "warnings": {path: facts.warnings for path, facts in looked.facts.items() if facts.warnings},
        "answered": {path: vars(place) for path, place in looked.sources.items()},
        "remarks": looked.remarks,
        "findings": [vars(one) for one in looked.findings],
        "score": looked.score,
        "document": looked.filled,
    }


def _tell(looked: Looked) -> None:
    images = sum(len(facts.images) for facts in looked.facts.values())
    print(f"{len(looked.entries)} files, {images} images in {len(looked.facts)} of them.")
    for path, why in [*looked.failed.items(), *looked.unread.items()][:SHOWN]:
        print(f"  {'cannot be read' if path in looked.failed else 'note'}  {path}: {why}")
    warnings = [f"{path}: {warning}" for path, facts in looked.facts.items() for warning in facts.warnings]
    for remark in [*warnings[:SHOWN], *looked.remarks[:SHOWN]]:
        print(f"  note  {remark}")
    if looked.sources:
        print("\nAnswered by the images:")
        for path, place in list(looked.sources.items())[:SHOWN]:
            print(f"  {title_in(looked.filled, path)}  (from {place.file}{f', {place.field}' if place.field else ''})")
    for level, title in ((Level.REQUIRED, "Required and missing or wrong"), (Level.RECOMMENDED, "Would help")):
        found = [one for one in looked.findings if one.level is level]
        if found:
            print(f"\n{title}:")
        for one in found:
            print(f"  {title_in(looked.filled, one.path)}: {one.message}")
    print(f"\n{looked.score:.0%} of the required and recommended fields are filled in well.")


def _deposit(options: argparse.Namespace) -> int:
    tell = Progress(sys.stderr)
    looked = look_at(top_of(options.folder), tell)
    say = (lambda _: None) if options.json else print
    with _site(options) as site:
        wanted = Wanted(options.study, options.in_place, options.submit, options.overwrite, options.together)
        done = deposit(site, looked, wanted, tell, say)
    required = [one for one in done.findings if one["level"] == "required"]
    if options.json:
        print(json.dumps({**vars(done), "score": looked.score}))
    else:
        print(f"{done.sent} sent, {done.there} there already.")
        for path, why in done.failed[:SHOWN]:
            print(f"  the site cannot read {path}: {why}")
        for made in done.sets[:SHOWN]:
            print(f"  one image of {made}")
        if done.offered:
            print("Some files look like parts of one image; with --together they become one each:")
        for offer in done.offered[:SHOWN]:
            print(f"  {offer}")
        for one in required[:SHOWN]:
            print(f"  required: {one['message']}")
        print("The study is with the curators." if done.submitted else "The study is a draft.", f"Go on at {done.page}")
    return WANTING if done.failed or (required and not done.submitted) else WELL


def _convert(options: argparse.Namespace) -> int:
    for made in converting.convert(options, Progress(sys.stderr)):
        print(f"{made} is written, and every pixel of it compared.")
    return WELL


def _watch(options: argparse.Namespace) -> int:
    top = top_of(options.folder)
    log = Path(options.log).open("a", buffering=1) if options.log else None  # noqa: SIM115  (closed below)

    def say(text: str) -> None:
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}"
        print(line, flush=True)
        if log:
            log.write(f"{line}\n")

    with _site(options) as site:
        memory = Memory(top, site.address)
        if options.study and options.study != memory.study:
            memory.begin(options.study)
        if not memory.study:
            memory.begin(site.start_study())
        if site.study(memory.study)["state"] not in OPEN:
            raise Trouble(f"The study is not open for more files: {site.page_of(memory.study)}")
        watch = Watch(site, top, memory, say, options.quiet, options.every)
        for signal_ in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_, lambda *_: watch.stopped.set())
        say(f"Watching {top}. What is finished goes to {site.page_of(memory.study)}")
        watch.run()
        say("Stopped.")
        memory.close()
    if log:
        log.close()
    return WELL

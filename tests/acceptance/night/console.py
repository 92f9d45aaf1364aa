"""What the operator may look at. Every look is noted, with what it showed."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from time import monotonic, time
from typing import Final

from kpr_stream.home import TARGETS_FOLDER
from tests.acceptance.prometheus.alerting import SCRAPE_S
from tests.acceptance.prometheus.asked import Shown, answer
from tests.acceptance.prometheus.watched import Watched
from tests.integration.at_work import command_line
from tests.unit.grafana.reading import FILES, panels, read
from tools.pictures.draw import draw

SHOWN_S: Final = 600
"""The time that a picture of a dashboard shows: a night is short."""
TAIL: Final = 12
_TAG: Final = re.compile(r"<head>.*?</head>|<[^>]+>", re.DOTALL)
ANSWER_S: Final = 5.0
HELP: Final = """\
kpr COMMAND …    any command of kpr-stream
picture UID      draw a dashboard from what Prometheus knows now
ready            /readyz of every process
log NAME         the last lines of the log of: worker, content, identity, exporter or probe
start NAME       start a process that has ended: content, identity, exporter or probe
cause TEXT       what you think the cause is, and what you would do: ends this fault;
                 after the last one the console ends
"""


@dataclass
class Console:
    """One operator with one stack. ``show`` prints a text and notes it."""

    watching: Watched
    folder: Path
    show: Callable[[str], None]
    mails_shown: int = 0
    began: float = field(default_factory=monotonic)

    def new_mails(self) -> None:
        """Show the mails that have come since the last look."""
        mails = self.watching.mails.mails[self.mails_shown :]
        self.mails_shown += len(mails)
        for receiver, mail in mails:
            self.show(f"MAIL to {receiver}: {mail['Subject']}\n{_text(mail)}".rstrip())

    async def look(self, line: str) -> None:
        """Carry out one line of the operator."""
        word, _, rest = line.partition(" ")
        if word == "kpr":
            asked, group = self.watching.settings, self.watching.group
            _, out, err = await command_line(asked, *shlex.split(rest), KPR_APP_ID=group)
            shown = json.dumps(out, indent=1) if isinstance(out, dict) else str(out)
            self.show(f"{shown}{err}".rstrip())
        elif word == "picture":
            self.show(await asyncio.to_thread(self._picture, rest))
        elif word == "ready":
            self.show(await asyncio.to_thread(self._ready))
        elif word == "log":
            self.show(self._tail(rest))
        elif word == "start" and rest in self.watching.children:
            self.watching.children[rest].start()
        else:
            self.show(HELP if word == "help" else f"Not a line of this console: {line}\n{HELP}")

    def _picture(self, uid: str) -> str:
        boards = {one["uid"]: one for one in map(read, FILES)}
        if uid not in boards:
            return f"Dashboards: {', '.join(boards)}"
        now = time()
        shown = Shown(now - SHOWN_S, now, SCRAPE_S)
        board = boards[uid]
        found = {
            str(panel["id"]): {
                target["refId"]: answer(self.watching.server, target, shown)
                for target in panel["targets"]
            }
            for panel in panels(board)
        }
        path = self.folder / f"{uid}-{now - self.began:.0f}.png"
        draw(board, found, path)
        return str(path)

    def _ready(self) -> str:
        return "\n".join(
            map(_ready, sorted((self.watching.settings.home / TARGETS_FOLDER).iterdir()))
        )

    def _tail(self, name: str) -> str:
        path = self.watching.folder / f"{self.watching.group if name == 'worker' else name}.log"
        if not path.is_file():
            return HELP
        return "\n".join(path.read_text("utf-8").splitlines()[-TAIL:])


def _ready(path: Path) -> str:
    (listed,) = json.loads(path.read_text("utf-8"))
    try:
        url = f"http://{listed['targets'][0]}/readyz"
        with urllib.request.urlopen(url, timeout=ANSWER_S) as found:
            return f"{path.stem}: {found.read().decode().strip()}"
    except urllib.error.HTTPError as error:
        return f"{path.stem}: {error.read().decode().strip()}"
    except OSError as error:
        return f"{path.stem}: {error}"


def _text(mail: EmailMessage) -> str:
    """Return what a reader sees of a mail; of HTML the lines with text."""
    if (body := mail.get_body(("plain",))) is not None:
        return str(body.get_content())
    body = mail.get_body(("html",))
    text = "" if body is None else unescape(_TAG.sub("\n", str(body.get_content())))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())

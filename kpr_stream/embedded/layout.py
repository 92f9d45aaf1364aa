"""Where everything of one embedded stack lies: one folder, one object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kpr_stream.embedded.files import make_folder
from kpr_stream.home import CREDENTIALS_FILE, KEYRING_FILE, PUBLIC_KEY_FILE, STACK_FILE


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths under ``home``, which is absolute."""

    home: Path

    @classmethod
    def of(cls, home: Path) -> Layout:
        """The layout of a folder given as in the settings: relative to where we stand."""
        return cls(home.expanduser().resolve())

    @property
    def stack(self) -> Path:
        """What runs and where; there only while it runs."""
        return self.home / STACK_FILE

    @property
    def credentials(self) -> Path:
        """Passwords of every principal and role."""
        return self.home / CREDENTIALS_FILE

    @property
    def keyring(self) -> Path:
        """The receiver's secrets."""
        return self.home / KEYRING_FILE

    @property
    def public_keys(self) -> Path:
        """What connectors encrypt to."""
        return self.home / PUBLIC_KEY_FILE

    @property
    def lock(self) -> Path:
        """Locked by the supervisor as long as it lives; holds its pid."""
        return self.home / "supervisor.lock"

    @property
    def ports(self) -> Path:
        """The ports of the last start: taken again if they are free."""
        return self.home / "ports.json"

    @property
    def logs(self) -> Path:
        """Folder of the log files."""
        return self.home / "log"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor did and why it stopped."""
        return self.logs / "supervisor.log"

    @property
    def kafka(self) -> Path:
        """The broker's folder: configuration and data."""
        return self.home / "kafka"

    @property
    def postgres(self) -> Path:
        """The database's folder."""
        return self.home / "postgres"

    def make_folders(self) -> None:
        """Make what is missing; DiskError if that is not possible."""
        for folder in (self.home, self.logs, self.kafka, self.postgres, self.keyring.parent):
            make_folder(folder)

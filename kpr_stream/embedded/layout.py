"""Name every path of one embedded stack: one folder, one object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kpr_stream.embedded.files import make_folder
from kpr_stream.home import (
    CREDENTIALS_FILE,
    KEYRING_FILE,
    PUBLIC_KEY_FILE,
    STACK_FILE,
    TARGETS_FOLDER,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths under ``home``, which is absolute."""

    home: Path

    @classmethod
    def of(cls, home: Path) -> Layout:
        """Return the layout of a folder, which may be relative to the working directory."""
        return cls(home.expanduser().resolve())

    @property
    def stack(self) -> Path:
        """Return the file that says what runs and where. It exists only while the stack runs."""
        return self.home / STACK_FILE

    @property
    def credentials(self) -> Path:
        """Return the file with the password of every principal and role."""
        return self.home / CREDENTIALS_FILE

    @property
    def keyring(self) -> Path:
        """Return the file with the receiver's secrets."""
        return self.home / KEYRING_FILE

    @property
    def public_keys(self) -> Path:
        """Return the file with the public keys that connectors encrypt to."""
        return self.home / PUBLIC_KEY_FILE

    @property
    def lock(self) -> Path:
        """Return the file that the supervisor locks while it lives. It holds the pid."""
        return self.home / "supervisor.lock"

    @property
    def ports(self) -> Path:
        """Return the file with the ports of the last start, used again if they are free."""
        return self.home / "ports.json"

    @property
    def logs(self) -> Path:
        """Return the folder of the log files."""
        return self.home / "log"

    @property
    def supervisor_log(self) -> Path:
        """Return the log of what the supervisor did and why it stopped."""
        return self.logs / "supervisor.log"

    @property
    def kafka(self) -> Path:
        """Return the broker's folder: configuration and data."""
        return self.home / "kafka"

    @property
    def postgres(self) -> Path:
        """Return the database's folder."""
        return self.home / "postgres"

    @property
    def targets(self) -> Path:
        """Return the folder that Prometheus watches: it must be there before a process starts."""
        return self.home / TARGETS_FOLDER

    def make_folders(self) -> None:
        """Create the missing folders. DiskError if that is not possible."""
        for folder in (
            self.home,
            self.logs,
            self.kafka,
            self.postgres,
            self.keyring.parent,
            self.targets,
        ):
            make_folder(folder)

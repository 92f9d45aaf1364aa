"""What ``conformance`` gives a sender in its environment."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kpr_stream.conformance.sender import SenderUnderTest
from kpr_stream.model.words import System
from kpr_stream.trial_receiver.vendor_files import VendorFolder

LOGIN: Final = dict.fromkeys(
    (
        *("bootstrap", "security_protocol", "sasl_mechanism"),
        *("username", "password_file", "public_keys_file"),
    ),
    "",
)


def sender_variables(folder: Path) -> set[str]:
    """Return the names of all variables; ``folder`` is for files of the sender."""
    sender = SenderUnderTest(
        system=System.VISMA_HSPRO,
        folder=folder,
        vendor=VendorFolder(folder / "vendor"),
        command=(),
        resend_after_s=4,
    )
    return set(sender.environment(LOGIN))

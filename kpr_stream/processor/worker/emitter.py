"""Build the maker of output records from keys, settings and the versions in force."""

from __future__ import annotations

from functools import partial

from kpr_stream.keys.keyring import KeyRing
from kpr_stream.model.release import ReleaseLimits
from kpr_stream.model.words import System
from kpr_stream.processor.emit.emitter import Emitter, StampedVersions
from kpr_stream.processor.frame.prepare import FrameContext
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.rules.catalogue import RULE_SET_VERSION
from kpr_stream.rules.receipt_texts import pointer_of, texts_of
from kpr_stream.settings import Environment, Settings


def build_emitter(
    keys: KeyRing,
    context: FrameContext,
    policy: AdmissionPolicy | None = None,
    *,
    receipt_v2_systems: frozenset[System] = frozenset(),
) -> Emitter:
    """Return an emitter with these keys; without ``policy`` every sender is admitted."""
    return Emitter(
        pseudonyms=keys.pseudonyms,
        identity=keys.identity,
        quarantine=keys.quarantine,
        superseded=keys.superseded,
        versions=StampedVersions(RULE_SET_VERSION, context.reference.version),
        pointer_of=partial(pointer_of, context.reference),
        texts_of=partial(texts_of, context.reference),
        policy=policy or AdmissionPolicy(),
        receipt_v2_systems=receipt_v2_systems,
    )


def systems_in(setting: str) -> frozenset[System]:
    """Return the systems that a setting lists, with commas between several."""
    return frozenset(System(name.strip()) for name in setting.split(",") if name.strip())


def admission_policy(settings: Settings) -> AdmissionPolicy:
    """Return what these settings require of senders and of their releases."""
    return AdmissionPolicy(
        settings.require_agreement,
        ReleaseLimits(
            settings.release_max_share,
            settings.release_share_from,
            settings.release_max_consecutive,
        ),
        synthetic_units=settings.environment is Environment.TEST,
        certified_systems=systems_in(settings.certified_systems),
    )

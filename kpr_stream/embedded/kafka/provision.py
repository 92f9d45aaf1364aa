"""Create topics, rights and logins on any cluster, from this release's tables.

Nothing here is special to the embedded broker. Each function may be called again at any time: it
creates what is missing, fixes what differs and leaves the rest. Each takes an AdminClient of a
super user and blocks until the cluster has applied the change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from kpr_stream.errors import BrokerError, ConfigurationError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.acls import WITHDRAWN, Acl, Resource
from kpr_stream.model.topics import TOPICS, Topic

REQUEST_LIMIT_S = 30.0
"""A cluster without a controller never answers: the caller gets an error after this time."""
POLL_S = 0.05
"""Time between two checks of a change, which reaches the brokers within tenths of a second."""
SCRAM_ITERATIONS = 4096
"""RFC 7677's minimum. The passwords are 192 random bits, so more rounds protect nothing."""

_RESOURCES = {
    Resource.TOPIC: ResourceType.TOPIC,
    Resource.GROUP: ResourceType.GROUP,
    Resource.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
}

# The client library gives its local error codes a leading underscore.
_NO_ANSWER = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN)  # noqa: SLF001


def admin_client(access: KafkaAccess) -> AdminClient:
    """Return a client for the functions below. ``access`` must be a super user's."""
    return AdminClient(
        {
            **access.for_librdkafka(),
            "socket.timeout.ms": int(REQUEST_LIMIT_S * 1000),
            # Errors only: the client also logs its own orderly end.
            "log_level": 3,
        }
    )


def topic_names(admin: AdminClient, *, limit_s: float = REQUEST_LIMIT_S) -> frozenset[str]:
    """Return every topic name of the cluster. Also serves to ask whether it answers at all."""
    return frozenset(_topics(admin, limit_s))


def make_topics(
    admin: AdminClient,
    topics: Iterable[Topic] = TOPICS,
    *,
    replication_factor: int = 1,
    min_insync_replicas: int = 1,
) -> tuple[str, ...]:
    """Create missing topics and fix differing settings. Returns the names of changed topics.

    ConfigurationError if a topic has another number of partitions: units would change lanes.
    """
    listed = tuple(topics)
    known = _topics(admin, REQUEST_LIMIT_S)
    missing = [t for t in listed if t.name not in known]
    present = [t for t in listed if t.name in known]
    for topic in present:
        found = len(known[topic.name].partitions)
        if found != topic.partitions:
            raise ConfigurationError(
                f"Topic {topic.name} has {found} partitions instead of {topic.partitions}.",
                what_to_do="Create a new generation of topics and copy the records: a topic "
                "keeps its number of partitions.",
            )
    extra = {} if min_insync_replicas == 1 else {"min.insync.replicas": str(min_insync_replicas)}
    if missing:
        new = [
            NewTopic(
                t.name,
                num_partitions=t.partitions,
                replication_factor=replication_factor,
                config={**t.settings, **extra},
            )
            for t in missing
        ]
        _await_all(admin.create_topics(new, operation_timeout=REQUEST_LIMIT_S), "create its topics")
        _wait(
            lambda: _have_leaders(admin, [t.name for t in missing]), "elect leaders of its topics"
        )
    fixed = _fix_settings(admin, {t.name: {**t.settings, **extra} for t in present})
    return (*(t.name for t in missing), *fixed)


def delete_topics(admin: AdminClient, names: Iterable[str]) -> None:
    """Delete the named topics that exist, with all their records."""
    listed = frozenset(names) & topic_names(admin)
    if listed:
        done = admin.delete_topics(list(listed), operation_timeout=REQUEST_LIMIT_S)
        _await_all(done, "delete its topics")
        _wait(lambda: not (listed & topic_names(admin)), "forget its deleted topics")


def make_acls(
    admin: AdminClient, wanted: Iterable[Acl], withdrawn: Iterable[Acl] = WITHDRAWN
) -> None:
    """Grant the rights, take back what was withdrawn, and wait until a broker applies both.

    Other rights on the cluster are left alone: they are not ours. A broker applies changes in
    order, so logins and topics created earlier are in force then too.
    """
    bindings = {_binding(acl) for acl in wanted}
    _await_all(
        admin.create_acls(list(bindings), request_timeout=REQUEST_LIMIT_S), "grant its rights"
    )
    gone = {_binding(acl) for acl in withdrawn} & _granted(admin)
    if gone:
        filters = [_exactly(binding) for binding in gone]
        done = admin.delete_acls(filters, request_timeout=REQUEST_LIMIT_S)
        _await_all(done, "take back rights")
    _wait(lambda: bindings <= (held := _granted(admin)) and not gone & held, "apply its rights")


def _binding(acl: Acl) -> AclBinding:
    return AclBinding(
        restype=_RESOURCES[acl.resource],
        name=acl.name,
        resource_pattern_type=(
            ResourcePatternType.PREFIXED if acl.prefixed else ResourcePatternType.LITERAL
        ),
        principal=f"User:{acl.principal}",
        host="*",
        operation=AclOperation[acl.right.value],
        permission_type=AclPermissionType.ALLOW,
    )


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        restype=binding.restype,
        name=binding.name,
        resource_pattern_type=binding.resource_pattern_type,
        principal=binding.principal,
        host=binding.host,
        operation=binding.operation,
        permission_type=binding.permission_type,
    )


def _granted(admin: AdminClient) -> frozenset[AclBinding]:
    anything: Any = None  # confluent-kafka takes None as "any name", but its types do not allow it
    everything = AclBindingFilter(
        restype=ResourceType.ANY,
        name=anything,
        resource_pattern_type=ResourcePatternType.ANY,
        principal=anything,
        host=anything,
        operation=AclOperation.ANY,
        permission_type=AclPermissionType.ANY,
    )
    try:
        asked = admin.describe_acls(everything, request_timeout=REQUEST_LIMIT_S)
        return frozenset(asked.result(REQUEST_LIMIT_S))
    except (KafkaException, TimeoutError) as cause:
        raise refused("list its rights", cause) from None


def make_users(admin: AdminClient, passwords: Mapping[str, str]) -> tuple[str, ...]:
    """Give a SCRAM login to each principal without one. Returns their names."""
    try:
        asked: Any = admin.describe_user_scram_credentials()
        known = asked.result(REQUEST_LIMIT_S)
    except KafkaException as cause:
        raise refused("list its logins", cause) from None
    missing = tuple(name for name in passwords if name not in known)
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, SCRAM_ITERATIONS)
    if missing:
        changes: list[UserScramCredentialAlteration] = [
            UserScramCredentialUpsertion(name, scram, passwords[name].encode()) for name in missing
        ]
        _await_all(admin.alter_user_scram_credentials(changes), "store its logins")
    return missing


def _topics(admin: AdminClient, limit_s: float) -> dict[str, Any]:
    try:
        return dict(admin.list_topics(timeout=limit_s).topics)
    except KafkaException as cause:
        raise refused("list its topics", cause) from None


def _have_leaders(admin: AdminClient, names: Iterable[str]) -> bool:
    known = _topics(admin, REQUEST_LIMIT_S)
    return all(
        name in known and all(p.leader >= 0 for p in known[name].partitions.values())
        for name in names
    )


def _wait(agreed: Callable[[], bool], what: str) -> None:
    """Wait until the brokers apply a change: until then they would refuse clients."""
    limit = time.monotonic() + REQUEST_LIMIT_S
    while not agreed():
        if time.monotonic() > limit:
            raise refused(what, TimeoutError())
        time.sleep(POLL_S)


def _fix_settings(admin: AdminClient, wanted: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    differing = _differing(admin, wanted)
    if not differing:
        return ()
    changes = [
        ConfigResource(
            ResourceType.TOPIC,
            topic,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in settings.items()
            ],
        )
        for topic, settings in differing.items()
    ]
    done = admin.incremental_alter_configs(changes, request_timeout=REQUEST_LIMIT_S)
    _await_all(done, "set its topics' settings")
    _wait(lambda: not _differing(admin, wanted), "take over its topics' settings")
    return tuple(differing)


def _differing(
    admin: AdminClient, wanted: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Return the wanted value of each setting that differs, by topic."""
    if not wanted:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in wanted]
    asked = admin.describe_configs(resources, request_timeout=REQUEST_LIMIT_S)
    found = {
        resource.name: {
            name: value
            for name, value in wanted[resource.name].items()
            if entries[name].value != value
        }
        for resource, entries in _await_all(asked, "describe its topics").items()
    }
    return {topic: settings for topic, settings in found.items() if settings}


def _await_all(futures: Mapping[Any, Any], what: str) -> dict[Any, Any]:
    try:
        return {key: future.result(REQUEST_LIMIT_S) for key, future in futures.items()}
    except (KafkaException, TimeoutError) as cause:
        raise refused(what, cause) from None


def refused(what: str, cause: Exception) -> BrokerError:
    """Return the error of a request that the cluster did not fulfil."""
    error = cause.args[0] if cause.args else None
    why = error.str() if isinstance(error, KafkaError) else str(cause) or type(cause).__name__
    if isinstance(cause, TimeoutError) or (
        isinstance(error, KafkaError) and error.code() in _NO_ANSWER
    ):
        return BrokerError(
            f"The cluster did not {what} because it does not answer: {why}.",
            what_to_do="Check that the broker runs, and its log (embedded: log/kafka.log).",
        )
    return BrokerError(
        f"The cluster did not {what}: {why}.",
        what_to_do="Check that the login is a super user's and the cluster has a controller.",
    )

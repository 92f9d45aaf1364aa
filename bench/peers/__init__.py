"""The same bare work by peers and by ours: decode, deduplicate by state, encode.

    python -m bench.peers.run [--rounds 3] [--items N] [--keep] [--peers a,b]

The contract that every peer keeps:

**Input.** Topic ``bench.peers.deliveries``, 8 partitions, key = ``org_nr``. A value is a delivery
envelope as in production (``wire.decode("delivery", value)``) whose payload is clear: an Avro
object container of consultation items, codec deflate, 1,000 or 100 items a delivery. The topic is
filled before a peer starts. One delivery in ten comes a second time, with the next sequence number.

**Work.** For every item of a delivery the key is ``org_nr + "|" + consultation_id``. If the state
holds the same content hash for the key, nothing happens. Otherwise the hash is put into the state
and one record is written to topic ``bench.peers.NAME`` (8 partitions, any of them): the key as
above in UTF-8, the value one Avro record of ``output.avsc`` without frame or container. The hash
covers all fields of the item: sha256 of its Avro bytes or of an equal canonical form.

**State.** On disk and durable as the peer does it by itself: changelog, RocksDB. Exactly once where
the peer can. Output is compressed with zstd where the client can.

**Process.** The harness starts a peer with these variables: ``BOOTSTRAP`` (host:port), ``NAME``,
``PEER_ACCESS`` (path of a JSON object of Kafka client properties), ``GROUP`` (a new consumer group
or application id for each run), ``STATE_DIR`` (a new empty folder), ``THREADS`` (the number of
cores). The properties are ``bootstrap.servers``, ``security.protocol``, ``sasl.mechanism``,
``sasl.jaas.config`` for Java, and ``sasl.username``, ``sasl.password`` for others. The login is a
super user's, so a peer may create its own topics. A peer prints the line ``ready`` on standard
output when it has its partitions and its state is open. It ends at SIGTERM.

**Measure.** Time runs from ``ready`` until a read_committed consumer has seen the last expected
output. CPU is that of the whole process tree meanwhile; memory is the highest sum of resident
memory of the tree that was sampled. Then outputs are checked: no key missing, every value correct,
records beyond the first of each key counted as doubles.
"""

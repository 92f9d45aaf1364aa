package no.kpr.peer;

import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/** The topology: deliveries, deduplication by a RocksDB store with a changelog, outputs. */
final class Work {
  static final String INPUT = "bench.peers.deliveries";
  private static final String SOURCE = "deliveries";
  private static final String DEDUPLICATE = "deduplicate";

  private Work() {}

  /** Return the topology; {@code atFirst} is called before every delivery. */
  static Topology topology(String output, Runnable atFirst) {
    return new Topology()
        .addSource(SOURCE, new ByteArrayDeserializer(), new ByteArrayDeserializer(), INPUT)
        .addProcessor(DEDUPLICATE, () -> new Deduplicate(atFirst), SOURCE)
        .addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(Deduplicate.STORE),
            Serdes.ByteArray(), Serdes.ByteArray()).withLoggingEnabled(Map.of()), DEDUPLICATE)
        .addSink("outputs", output, new ByteArraySerializer(), new ByteArraySerializer(),
            DEDUPLICATE);
  }
}

package no.kpr.peer;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** The settings of Kafka Streams, from the environment. README.md gives the reasons. */
final class Settings {
  private Settings() {}

  /** Return the settings. {@code PEER_ACCESS} names a JSON file of Kafka client properties. */
  static Properties read(Map<String, String> environment) throws IOException {
    Map<String, String> access = new ObjectMapper().readValue(
        Path.of(required(environment, "PEER_ACCESS")).toFile(), new TypeReference<>() {});
    // These two are for clients of other languages: Java has them in sasl.jaas.config.
    access.keySet().removeAll(Set.of("sasl.username", "sasl.password"));
    Properties found = new Properties();
    found.putAll(access);
    found.putAll(Map.of(
        StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, required(environment, "BOOTSTRAP"),
        StreamsConfig.APPLICATION_ID_CONFIG, required(environment, "GROUP"),
        StreamsConfig.STATE_DIR_CONFIG, required(environment, "STATE_DIR"),
        StreamsConfig.NUM_STREAM_THREADS_CONFIG, environment.getOrDefault("THREADS",
            String.valueOf(Runtime.getRuntime().availableProcessors())),
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2,
        StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, environment.getOrDefault("COMMIT_MS", "100"),
        StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest",
        StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "zstd",
        StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG),
            environment.getOrDefault("BATCH_BYTES", "262144")));
    return found;
  }

  /** Return a variable; IllegalStateException if it is not set. */
  static String required(Map<String, String> environment, String name) {
    String found = environment.get(name);
    if (found == null || found.isEmpty()) {
      throw new IllegalStateException(name + " is not set.");
    }
    return found;
  }
}

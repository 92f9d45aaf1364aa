package no.kpr.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A sender of its own: reads orders, keeps them in an outbox, sends them, and reads receipts, until
 * SIGTERM. Its settings are the SENDER_… variables of {@code kpr-stream conformance}.
 */
public final class Sender {
  private static final String VERSION = "java-example-1.0";
  private static final int PARTITIONS = 8;
  private static final Duration WAIT = Duration.ofMillis(100);

  private final String system = setting("SENDER_SYSTEM");
  private final Path orders = Path.of(setting("SENDER_ORDERS"));
  private final Path publicKeys = Path.of(setting("SENDER_PUBLIC_KEYS_FILE"));
  private final long resendAfterMs =
      (long) (1000 * Double.parseDouble(setting("SENDER_RESEND_AFTER_S")));

  /** Run until SIGTERM, which needs no care: the sender may be killed anywhere. */
  public static void main(String[] arguments) throws Exception {
    new Sender().run();
  }

  private void run() throws IOException, SQLException, GeneralSecurityException {
    Outbox outbox = new Outbox(Path.of(setting("SENDER_OUTBOX")));
    Map<String, Object> sending =
        Map.of("acks", "all", "enable.idempotence", "true", "max.request.size", "4000000");
    Map<String, Object> reading = Map.of("isolation.level", "read_committed",
        "enable.auto.commit", "false", "auto.offset.reset", "earliest");
    try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(withLogin(sending),
            new StringSerializer(), new ByteArraySerializer());
        KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(withLogin(reading),
            new StringDeserializer(), new ByteArrayDeserializer())) {
      // First the receipts that came while the sender was away: they may end what waits.
      Map<TopicPartition, Long> behind = begin(consumer, outbox);
      System.out.println("started");
      while (true) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(WAIT)) {
          GenericRecord receipt = Schemas.receipt(record.value());
          outbox.apply(receipt, record.partition(), record.offset() + 1);
          System.out.println("unit " + receipt.get("org_nr") + ", sequence "
              + receipt.get("sequence") + ": " + receipt.get("status"));
        }
        behind.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
        readOrders(outbox);
        if (behind.isEmpty()) {
          send(outbox, producer);
        }
      }
    }
  }

  /** Go to where the outbox stopped; a new outbox begins at the end, before it sends anything. */
  private Map<TopicPartition, Long> begin(KafkaConsumer<String, byte[]> consumer, Outbox outbox)
      throws SQLException {
    List<TopicPartition> all = IntStream.range(0, PARTITIONS)
        .mapToObj(n -> new TopicPartition("kpr.hst.receipt." + system, n)).toList();
    Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(all));
    consumer.assign(all);
    for (TopicPartition one : all) {
      consumer.seek(one, outbox.position(one.partition(), ends.get(one)));
    }
    return ends;
  }

  private void readOrders(Outbox outbox) throws IOException, SQLException {
    try (Stream<Path> files = Files.list(orders)) {
      for (Path file : files.filter(one -> one.toString().endsWith(".json")).sorted().toList()) {
        String name = file.getFileName().toString();
        if (!outbox.isCarriedOut(name)) {
          outbox.carryOut(name, Order.read(file), System.currentTimeMillis());
        }
      }
    }
  }

  private void send(Outbox outbox, KafkaProducer<String, byte[]> producer)
      throws IOException, SQLException, GeneralSecurityException {
    for (Outbox.Delivery one : outbox.takeDue(System.currentTimeMillis(), resendAfterMs)) {
      // The default partitioner is murmur2 of the key, as the contract asks. A record that the
      // broker never took has no receipt, and is sent again like one whose receipt was lost.
      String key = one.envelope().get("org_nr").toString();
      producer.send(new ProducerRecord<>("kpr.hst.delivery." + system, key,
          Envelope.record(one, system, VERSION, publicKeys)));
    }
  }

  private static Map<String, Object> withLogin(Map<String, Object> settings) throws IOException {
    Map<String, Object> found = new HashMap<>(settings);
    String password = Files.readString(Path.of(setting("SENDER_PASSWORD_FILE"))).strip();
    found.put("bootstrap.servers", setting("SENDER_BOOTSTRAP"));
    found.put("security.protocol", setting("SENDER_SECURITY_PROTOCOL"));
    found.put("sasl.mechanism", setting("SENDER_SASL_MECHANISM"));
    found.put("sasl.jaas.config", String.format("org.apache.kafka.common.security.scram"
        + ".ScramLoginModule required username=\"%s\" password=\"%s\";",
        setting("SENDER_USERNAME"), password));
    return found;
  }

  private static String setting(String name) {
    String found = System.getenv(name);
    if (found == null || found.isEmpty()) {
      throw new IllegalStateException(name + " is not set: docs/vendor/conformance.md names all.");
    }
    return found;
  }
}

package no.kpr.peer;

import static no.kpr.peer.Deliveries.container;
import static no.kpr.peer.Deliveries.delivery;
import static no.kpr.peer.Deliveries.item;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The topology on Kafka's own test driver, with the real RocksDB store. */
class WorkTest {
  private static final String OUTPUT = "bench.peers.kafka-streams";
  private static final String UNIT = "974760673";
  private static final String OTHER_UNIT = "983658776";
  private static final CodecFactory CLEAR = CodecFactory.nullCodec();
  private static final CodecFactory DEFLATED = CodecFactory.deflateCodec(6);

  @TempDir Path state;
  private int calls;
  private TopologyTestDriver driver;
  private TestInputTopic<byte[], byte[]> input;
  private TestOutputTopic<String, byte[]> outputs;

  @BeforeEach
  void start() {
    Properties settings = new Properties();
    settings.putAll(Map.of(StreamsConfig.APPLICATION_ID_CONFIG, "test",
        StreamsConfig.STATE_DIR_CONFIG, state.toString()));
    driver = new TopologyTestDriver(Work.topology(OUTPUT, () -> calls++), settings);
    input = driver.createInputTopic(Work.INPUT, new ByteArraySerializer(),
        new ByteArraySerializer());
    outputs = driver.createOutputTopic(OUTPUT, new StringDeserializer(),
        new ByteArrayDeserializer());
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private List<String> written(byte[] delivery) throws IOException {
    input.pipeInput(UNIT.getBytes(StandardCharsets.US_ASCII), delivery);
    List<String> found = new ArrayList<>();
    for (var one : outputs.readKeyValuesToList()) {
      GenericRecord record = Deliveries.output(one.value);
      assertEquals(one.key, record.get("org_nr") + "|" + record.get("consultation_id"));
      found.add(one.key + " " + record.get("weight_g"));
    }
    return found;
  }

  @Test
  void everyNewItemIsWrittenInOrder() throws IOException {
    byte[] delivery = delivery(UNIT, CLEAR, item("a", 1), item("b", null), item("c", 3));
    assertEquals(List.of(UNIT + "|a 1", UNIT + "|b null", UNIT + "|c 3"), written(delivery));
  }

  @Test
  void deliveryThatComesAgainWritesNothingWhateverItsCodec() throws IOException {
    written(delivery(UNIT, CLEAR, item("a", 1), item("b", 2)));
    assertEquals(List.of(), written(delivery(UNIT, DEFLATED, item("a", 1), item("b", 2))));
  }

  @Test
  void onlyTheChangedItemIsWritten() throws IOException {
    written(delivery(UNIT, DEFLATED, item("a", 1), item("b", 2), item("c", 3)));
    assertEquals(List.of(UNIT + "|b 9"),
        written(delivery(UNIT, DEFLATED, item("a", 1), item("b", 9), item("c", 3))));
  }

  @Test
  void itemThatReturnsToAnEarlierContentIsWritten() throws IOException {
    byte[] first = delivery(UNIT, CLEAR, item("a", 1));
    written(first);
    written(delivery(UNIT, CLEAR, item("a", 2)));
    assertEquals(List.of(UNIT + "|a 1"), written(first));
  }

  @Test
  void sameIdOfAnotherUnitIsAnotherItem() throws IOException {
    written(delivery(UNIT, CLEAR, item("a", 1)));
    assertEquals(List.of(OTHER_UNIT + "|a 1"),
        written(delivery(OTHER_UNIT, CLEAR, item("a", 1))));
  }

  @Test
  void stateHoldsTheHashOfExactlyTheItemsBytes() throws Exception {
    GenericRecord[] items = {item("a", 1), item("bb", 70_000), item("ccc", null)};
    written(delivery(UNIT, CLEAR, items));
    KeyValueStore<byte[], byte[]> hashes = driver.getKeyValueStore(Deduplicate.STORE);
    for (GenericRecord one : items) {
      byte[] key = (UNIT + "|" + one.get("consultation_id")).getBytes(StandardCharsets.UTF_8);
      byte[] expected = MessageDigest.getInstance("SHA-256").digest(Deliveries.bytes(one));
      assertArrayEquals(expected, hashes.get(key));
    }
  }

  @Test
  void itemOfAnotherDeliveryLeavesNothingInTheNext() throws IOException {
    GenericRecord full = item("a", 4_000);
    full.put("service", "SKOLEHELSETJENESTE");
    written(delivery(UNIT, CLEAR, full));
    input.pipeInput(new byte[0], delivery(UNIT, CLEAR, item("b", null)));
    GenericRecord record = Deliveries.output(outputs.readValue());
    assertEquals(null, record.get("service"));
    assertEquals(null, record.get("weight_g"));
  }

  @Test
  void emptyDeliveryWritesNothingAndIsCounted() throws IOException {
    assertEquals(List.of(), written(delivery(UNIT, CLEAR)));
    assertEquals(1, calls);
  }

  static Stream<Arguments> foreign() throws IOException {
    byte[] otherFrame = delivery(UNIT, CLEAR, item("a", 1));
    otherFrame[4]++;
    byte[] otherSync = container(CLEAR, item("a", 1));
    otherSync[otherSync.length - 1]++;
    GenericRecord encryption = Deliveries.filled(
        Schemas.DELIVERY.getField("encryption").schema().getTypes().get(1), Map.of(), "key_id",
        "k");
    return Stream.of(
        arguments("not framed", otherFrame),
        arguments("not an Avro", delivery(UNIT, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, null)),
        arguments("neither null nor deflate",
            delivery(UNIT, CodecFactory.bzip2Codec(), item("a", 1))),
        arguments("sync marker", delivery(UNIT, otherSync, null)),
        arguments("encrypted", delivery(UNIT, new byte[0], encryption)));
  }

  @ParameterizedTest
  @MethodSource("foreign")
  void whatIsNotTheWorkStopsThePeer(String reason, byte[] delivery) {
    StreamsException found = assertThrows(StreamsException.class, () -> written(delivery));
    assertTrue(found.getCause().getMessage().contains(reason), found.getCause().getMessage());
  }
}

package no.kpr.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Forwards the items of a delivery whose content the state does not have. */
final class Deduplicate implements Processor<byte[], byte[], byte[], byte[]> {
  /** The state: unit and consultation to the SHA-256 of the item's Avro bytes. */
  static final String STORE = "content-hashes";

  private final Envelope envelope = new Envelope();
  private final Container container = new Container();
  private final Output output = new Output();
  private final MessageDigest sha256;
  private final Runnable atFirst;
  private final int consultationIdAt = Schemas.ITEM.getField("consultation_id").pos();
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<byte[], byte[]> hashes;

  /** Make a processor that calls {@code atFirst} before every delivery. */
  Deduplicate(Runnable atFirst) {
    this.atFirst = atFirst;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException cause) {
      throw new IllegalStateException(cause);
    }
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> given) {
    context = given;
    hashes = given.getStateStore(STORE);
  }

  @Override
  public void process(Record<byte[], byte[]> delivery) {
    atFirst.run();
    try {
      GenericRecord read = envelope.read(delivery.value());
      Utf8 orgNr = (Utf8) read.get("org_nr");
      container.read((ByteBuffer) read.get("payload"), (item, bytes, from, length) -> {
        byte[] key = key(orgNr, (Utf8) item.get(consultationIdAt));
        sha256.update(bytes, from, length);
        byte[] hash = sha256.digest();
        if (!Arrays.equals(hash, hashes.get(key))) {
          hashes.put(key, hash);
          context.forward(new Record<>(key, output.encode(orgNr, item), delivery.timestamp()));
        }
      });
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }

  private static byte[] key(Utf8 orgNr, Utf8 consultationId) {
    byte[] key = new byte[orgNr.getByteLength() + 1 + consultationId.getByteLength()];
    System.arraycopy(orgNr.getBytes(), 0, key, 0, orgNr.getByteLength());
    key[orgNr.getByteLength()] = '|';
    System.arraycopy(consultationId.getBytes(), 0, key, orgNr.getByteLength() + 1,
        consultationId.getByteLength());
    return key;
  }
}

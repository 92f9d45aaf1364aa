package no.kpr.peer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;

/**
 * Reads the items of an Avro object container file, each with its bytes. For one thread.
 *
 * <p>Avro's own DataFileStream parses the schema of each file again, which for a hundred items
 * costs more than the items. Here a schema that was seen before has its reader already.
 */
final class Container {
  private static final byte[] MAGIC = {'O', 'b', 'j', 1};
  private static final int SYNC_BYTES = 16;
  private static final Utf8 SCHEMA = new Utf8("avro.schema");
  private static final Utf8 CODEC = new Utf8("avro.codec");
  private static final ByteBuffer NULL = ascii("null");
  private static final ByteBuffer DEFLATE = ascii("deflate");

  private final Map<ByteBuffer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
  private final Inflater inflater = new Inflater(true);
  private BinaryDecoder file;
  private BinaryDecoder block;
  private GenericRecord item;

  /** Takes one item. The record and the array are valid until the next item. */
  interface Visitor {
    void visit(GenericRecord item, byte[] bytes, int from, int length) throws IOException;
  }

  /** Visit every item in order. */
  void read(ByteBuffer container, Visitor visitor) throws IOException {
    file = DecoderFactory.get().binaryDecoder(container.array(),
        container.arrayOffset() + container.position(), container.remaining(), file);
    if (!Arrays.equals(fixed(MAGIC.length), MAGIC)) {
      throw new IOException("The payload is not an Avro object container.");
    }
    Map<Utf8, ByteBuffer> metadata = metadata();
    GenericDatumReader<GenericRecord> reader = reader(metadata.get(SCHEMA));
    boolean deflated = isDeflated(metadata.getOrDefault(CODEC, NULL));
    byte[] sync = fixed(SYNC_BYTES);
    while (!file.isEnd()) {
      long items = file.readLong();
      ByteBuffer stored = file.readBytes(null);
      visitBlock(reader, items, deflated ? inflate(stored) : stored.array(), visitor);
      if (!Arrays.equals(fixed(SYNC_BYTES), sync)) {
        throw new IOException("A block of the container does not end with the sync marker.");
      }
    }
  }

  private void visitBlock(GenericDatumReader<GenericRecord> reader, long items, byte[] bytes,
      Visitor visitor) throws IOException {
    block = DecoderFactory.get().binaryDecoder(bytes, block);
    int from = 0;
    for (long n = 0; n < items; n++) {
      item = reader.read(item, block);
      int end = bytes.length - block.inputStream().available();
      visitor.visit(item, bytes, from, end - from);
      from = end;
    }
  }

  private Map<Utf8, ByteBuffer> metadata() throws IOException {
    Map<Utf8, ByteBuffer> found = new HashMap<>();
    for (long count = file.readMapStart(); count != 0; count = file.mapNext()) {
      for (long n = 0; n < count; n++) {
        found.put(file.readString(null), file.readBytes(null));
      }
    }
    return found;
  }

  private GenericDatumReader<GenericRecord> reader(ByteBuffer schema) throws IOException {
    if (schema == null) {
      throw new IOException("The container names no schema.");
    }
    return readers.computeIfAbsent(schema, text -> Schemas.reader(
        new Schema.Parser().parse(StandardCharsets.UTF_8.decode(text.duplicate()).toString()),
        Schemas.ITEM));
  }

  private static boolean isDeflated(ByteBuffer codec) throws IOException {
    if (!codec.equals(NULL) && !codec.equals(DEFLATE)) {
      throw new IOException("The container's codec is neither null nor deflate.");
    }
    return codec.equals(DEFLATE);
  }

  private byte[] inflate(ByteBuffer stored) throws IOException {
    inflater.reset();
    return new InflaterInputStream(new ByteArrayInputStream(stored.array(), 0, stored.limit()),
        inflater, stored.limit()).readAllBytes();
  }

  private byte[] fixed(int length) throws IOException {
    byte[] bytes = new byte[length];
    file.readFixed(bytes);
    return bytes;
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)).asReadOnlyBuffer();
  }
}

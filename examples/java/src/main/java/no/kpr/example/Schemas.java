package no.kpr.example;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;

/** The contract's schemas under the ids that docs/vendor/own-sender.md lists. */
final class Schemas {
  static final int DELIVERY_ID = 101;
  static final Schema DELIVERY = read("delivery.v1.avsc");
  /** By the message type of the delivery that has the items. */
  static final Map<String, Schema> ITEMS = Map.of(
      "consultation", read("consultation_item.v1.avsc"),
      "appointment", read("appointment_item.v1.avsc"));
  private static final Map<Integer, Schema> RECEIPTS =
      Map.of(121, read("receipt.v1.avsc"), 122, read("receipt.v2.avsc"));

  private Schemas() {}

  /** A receipt: byte 0, the schema's id in 4 bytes, then Avro. Both versions are read alike. */
  static GenericRecord receipt(byte[] value) throws IOException {
    Schema schema = RECEIPTS.get(ByteBuffer.wrap(value).getInt(1));
    if (value[0] != 0 || schema == null) {
      throw new IOException("A receipt has a schema id that this release does not know.");
    }
    var decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null);
    return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
  }

  private static Schema read(String name) {
    try (InputStream found = Schemas.class.getResourceAsStream("/" + name)) {
      if (found == null) {
        throw new IOException(name + " is not in the jar: build it beside avro_schemas.");
      }
      return new Schema.Parser().parse(found);
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }
}

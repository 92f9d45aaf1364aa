package no.kpr.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** Reads the envelope of a delivery. For one thread: it reuses its decoder. */
final class Envelope {
  static final int SCHEMA_ID = 101;
  /** A zero byte and the schema's id. */
  static final int FRAME_BYTES = 5;

  private final GenericDatumReader<GenericRecord> reader =
      Schemas.reader(Schemas.DELIVERY, Schemas.DELIVERY);
  private BinaryDecoder decoder;
  private GenericRecord delivery;

  /** Read a record of the input topic. The result is valid until the next call. */
  GenericRecord read(byte[] value) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(value);
    if (frame.get() != 0 || frame.getInt() != SCHEMA_ID) {
      throw new IOException("The record is not framed as a delivery.");
    }
    decoder = DecoderFactory.get()
        .binaryDecoder(value, FRAME_BYTES, value.length - FRAME_BYTES, decoder);
    delivery = reader.read(delivery, decoder);
    if (delivery.get("encryption") != null) {
      throw new IOException("The payload is encrypted; the bare work has clear payloads.");
    }
    return delivery;
  }
}

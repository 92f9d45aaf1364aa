package no.kpr.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Makes deliveries for tests, with Avro's own writers. */
final class Deliveries {
  private Deliveries() {}

  /** An item with an id, a weight and nothing else that is not required. */
  static GenericRecord item(String consultationId, Integer weight) {
    return filled(Schemas.ITEM, Map.of("operation", "upsert", "consultation_id", consultationId,
        "practitioner_roles", List.of("HELSESYKEPLEIER"), "unreadable", List.of()),
        "weight_g", weight);
  }

  /** A record of the input topic: an envelope with a clear payload. */
  static byte[] delivery(String orgNr, CodecFactory codec, GenericRecord... items)
      throws IOException {
    return delivery(orgNr, container(codec, items), null);
  }

  static byte[] delivery(String orgNr, byte[] payload, GenericRecord encryption)
      throws IOException {
    GenericRecord envelope = filled(Schemas.DELIVERY, Map.of("org_nr", orgNr, "payload",
        ByteBuffer.wrap(payload), "message_type", "consultation"), "encryption", encryption);
    byte[] body = bytes(envelope);
    return ByteBuffer.allocate(Envelope.FRAME_BYTES + body.length).put((byte) 0)
        .putInt(Envelope.SCHEMA_ID).put(body).array();
  }

  static byte[] container(CodecFactory codec, GenericRecord... items) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (var writer = new DataFileWriter<>(new GenericDatumWriter<GenericRecord>())) {
      writer.setCodec(codec).setSyncInterval(64).create(Schemas.ITEM, out);
      for (GenericRecord one : items) {
        writer.append(one);
      }
    }
    return out.toByteArray();
  }

  /** Plain binary Avro of a record. */
  static byte[] bytes(GenericRecord record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  /** An output, read back. */
  static GenericRecord output(byte[] value) throws IOException {
    return new GenericDatumReader<GenericRecord>(Schemas.OUTPUT)
        .read(null, DecoderFactory.get().binaryDecoder(value, null));
  }

  /** Fill a record; a field that is not named gets null, zero or nothing, as its type allows. */
  static GenericRecord filled(Schema schema, Map<String, Object> values, String name,
      Object value) {
    GenericRecord record = new GenericData.Record(schema);
    for (Schema.Field field : schema.getFields()) {
      record.put(field.name(), values.getOrDefault(field.name(), blank(field.schema())));
    }
    record.put(name, value);
    return record;
  }

  private static Object blank(Schema schema) {
    return switch (schema.getType()) {
      case INT -> 0;
      case LONG -> 0L;
      case STRING -> "";
      case BYTES -> ByteBuffer.allocate(0);
      default -> null;
    };
  }
}

package no.kpr.example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;

/**
 * What the EPJ asks the sender to do, as the files of {@code kpr-stream conformance} say it. A
 * sender of an EPJ reads its own database here instead, and packs the same items.
 */
record Order(String kind, String orgNr, String municipality, String messageType, LocalDate from,
    LocalDate to, int items, byte[] container) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The file with this name; {@code container} is the clear payload, which is kept from now on. */
  static Order read(Path file) throws IOException {
    JsonNode order = JSON.readTree(Files.readAllBytes(file));
    String kind = order.get("order").asText();
    String orgNr = order.get("org_nr").asText();
    if (!kind.equals("deliver")) {
      return new Order(kind, orgNr, null, null, null, null, 0, null);
    }
    String type = order.get("message_type").asText();
    JsonNode items = order.get("items");
    return new Order(kind, orgNr, order.get("municipality_code").asText(), type,
        LocalDate.parse(order.get("period_from").asText()),
        LocalDate.parse(order.get("period_to").asText()),
        items.size(), container(Schemas.ITEMS.get(type), items));
  }

  /** The question which sequence the receiver expects of the unit. */
  Order helloBefore() {
    return new Order("hello", orgNr, municipality, "hello", to, to, 0, new byte[0]);
  }

  /** The items as an Avro object container file. Its sync marker is random: never make it again. */
  private static byte[] container(Schema schema, JsonNode items) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<GenericRecord>(schema))) {
      writer.setCodec(CodecFactory.deflateCodec(6)).create(schema, out);
      for (JsonNode item : items) {
        GenericRecord record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
          record.put(field.name(), value(field.schema(), item.path(field.name())));
        }
        writer.append(record);
      }
    }
    return out.toByteArray();
  }

  private static Object value(Schema type, JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return type.getType() == Schema.Type.ARRAY ? List.of() : null;
    }
    LogicalType logical = (type.isUnion() ? type.getTypes().get(1) : type).getLogicalType();
    return switch (logical == null ? "" : logical.getName()) {
      case "date" -> (int) LocalDate.parse(value.asText()).toEpochDay();
      case "timestamp-micros" ->
          ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(value.asText()));
      default -> JSON.convertValue(value, Object.class);
    };
  }
}

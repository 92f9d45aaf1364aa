package no.kpr.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;

/** The schemas of the work, from the jar. */
final class Schemas {
  static final Schema DELIVERY = read("delivery.v1.avsc");
  static final Schema ITEM = read("consultation_item.v1.avsc");
  static final Schema OUTPUT = read("output.avsc");

  /** Avro's faster reader, which is off by default. */
  private static final GenericData FAST = new GenericData().setFastReaderEnabled(true);

  private Schemas() {}

  /** Return a reader of records that were written with a schema, as another one has them. */
  static GenericDatumReader<GenericRecord> reader(Schema written, Schema read) {
    return new GenericDatumReader<>(written, read, FAST);
  }

  private static Schema read(String name) {
    try (InputStream text = Schemas.class.getResourceAsStream("/" + name)) {
      if (text == null) {
        throw new IOException(name + " is not in the jar: build it inside the repository.");
      }
      return new Schema.Parser().parse(text);
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }
}

package no.kpr.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;

/** The schemas of the work, from the jar. */
final class Schemas {
  static final Schema DELIVERY = read("delivery.v1.avsc");
  static final Schema ITEM = read("consultation_item.v1.avsc");
  static final Schema OUTPUT = read("output.avsc");

  private Schemas() {}

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

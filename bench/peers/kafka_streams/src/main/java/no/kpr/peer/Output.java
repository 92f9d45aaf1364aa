package no.kpr.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Encodes the reduced record of an item. For one thread: it reuses what it encodes with. */
final class Output {
  private final GenericDatumWriter<GenericRecord> writer =
      new GenericDatumWriter<>(Schemas.OUTPUT);
  private final GenericRecord reduced = new GenericData.Record(Schemas.OUTPUT);
  private final int orgNrAt = Schemas.OUTPUT.getField("org_nr").pos();
  /** Position in the output to position in the item. */
  private final int[] copied = new int[Schemas.OUTPUT.getFields().size()];
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private BinaryEncoder encoder;

  Output() {
    for (Schema.Field field : Schemas.OUTPUT.getFields()) {
      if (field.pos() != orgNrAt) {
        copied[field.pos()] = Schemas.ITEM.getField(field.name()).pos();
      }
    }
  }

  /** Return the record as plain binary Avro. */
  byte[] encode(Object orgNr, GenericRecord item) throws IOException {
    for (int at = 0; at < copied.length; at++) {
      reduced.put(at, at == orgNrAt ? orgNr : item.get(copied[at]));
    }
    out.reset();
    encoder = EncoderFactory.get().binaryEncoder(out, encoder);
    writer.write(reduced, encoder);
    encoder.flush();
    return out.toByteArray();
  }
}

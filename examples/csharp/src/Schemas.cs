using System.Buffers.Binary;
using Avro;
using Avro.Generic;
using Avro.IO;

namespace Kpr.Example;

/// <summary>The contract's schemas under the ids that docs/vendor/own-sender.md lists.</summary>
internal static class Schemas {
    public const int DeliveryId = 101;

    public static readonly RecordSchema Delivery = Read("delivery.v1.avsc");

    /// <summary>By the message type of the delivery that has the items.</summary>
    public static readonly Dictionary<string, RecordSchema> Items = new() {
        ["consultation"] = Read("consultation_item.v1.avsc"),
        ["appointment"] = Read("appointment_item.v1.avsc"),
    };

    private static readonly Dictionary<int, RecordSchema> Receipts = new() {
        [121] = Read("receipt.v1.avsc"),
        [122] = Read("receipt.v2.avsc"),
    };

    /// <summary>A receipt: byte 0, the schema's id in 4 bytes, then Avro.</summary>
    public static GenericRecord Receipt(byte[] value) {
        int id = value.Length > 5 && value[0] == 0
            ? BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(1, 4))
            : -1;
        if (!Receipts.TryGetValue(id, out RecordSchema? schema)) {
            throw new InvalidDataException("A receipt has a schema id that is not known here.");
        }
        using var body = new MemoryStream(value, 5, value.Length - 5);
        // Each version is read as it was written: both have every field that is used here.
        var reader = new GenericDatumReader<GenericRecord>(schema, schema);
        return reader.Read(null!, new BinaryDecoder(body));
    }

    private static RecordSchema Read(string name) {
        using Stream found = typeof(Schemas).Assembly.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException(name + " is missing: build beside avro_schemas.");
        using var text = new StreamReader(found);
        return (RecordSchema)Schema.Parse(text.ReadToEnd());
    }
}

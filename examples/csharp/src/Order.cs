using System.Globalization;
using System.Text.Json;
using Avro;
using Avro.File;
using Avro.Generic;

namespace Kpr.Example;

/// <summary>
/// What the EPJ asks the sender to do, as the files of "kpr-stream conformance" say it. A sender of
/// an EPJ reads its own database here instead. Days are counted from 1970.
/// </summary>
internal sealed record Order(
    string Kind, string OrgNr, string Municipality, string MessageType,
    long PeriodFrom, long PeriodTo, int ItemCount, byte[] Container) {
    /// <summary>The order in a file; its container is the clear payload: keep it.</summary>
    public static Order Read(string file) {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(file));
        JsonElement order = document.RootElement;
        string kind = Text(order, "order");
        string orgNr = Text(order, "org_nr");
        if (kind != "deliver") {
            return new Order(kind, orgNr, "", "", 0, 0, 0, Array.Empty<byte>());
        }
        string type = Text(order, "message_type");
        JsonElement items = order.GetProperty("items");
        long from = (Day(order.GetProperty("period_from")) - DateTime.UnixEpoch).Days;
        long to = (Day(order.GetProperty("period_to")) - DateTime.UnixEpoch).Days;
        return new Order(kind, orgNr, Text(order, "municipality_code"), type, from, to,
            items.GetArrayLength(), Pack(Schemas.Items[type], items));
    }

    /// <summary>The question which sequence the receiver expects of the unit.</summary>
    public Order HelloBefore() => this with {
        Kind = "hello", MessageType = "hello", PeriodFrom = PeriodTo,
        ItemCount = 0, Container = Array.Empty<byte>(),
    };

    /// <summary>The items as an Avro container. Its sync marker is random: make it once.</summary>
    private static byte[] Pack(RecordSchema schema, JsonElement items) {
        var bytes = new MemoryStream();
        Codec codec = Codec.CreateCodec(Codec.Type.Deflate);
        var records = new GenericDatumWriter<GenericRecord>(schema);
        // The end of the block writes the last items; without any it writes the header.
        using (IFileWriter<GenericRecord> container =
            DataFileWriter<GenericRecord>.OpenWriter(records, bytes, codec)) {
            foreach (JsonElement item in items.EnumerateArray()) {
                var packed = new GenericRecord(schema);
                foreach (Field field in schema.Fields) {
                    packed.Add(field.Name, Value(field, item)!);
                }
                container.Append(packed);
            }
        }
        return bytes.ToArray();
    }

    /// <summary>A field of an item as Avro wants it; null or empty if missing.</summary>
    private static object? Value(Field field, JsonElement item) {
        Schema type = field.Schema is UnionSchema optional ? optional.Schemas[1] : field.Schema;
        bool isThere = item.TryGetProperty(field.Name, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null;
        if (!isThere) return type.Tag == Schema.Type.Array ? Array.Empty<string>() : null;
        return type.Tag switch {
            Schema.Type.String => value.GetString(),
            Schema.Type.Int => value.GetInt32(),
            Schema.Type.Long => value.GetInt64(),
            Schema.Type.Array => value.EnumerateArray().Select(one => one.GetString()).ToArray(),
            Schema.Type.Logical => Time((LogicalSchema)type, value),
            _ => throw new InvalidDataException(field.Name + " has a type that is new here."),
        };
    }

    private static object Time(LogicalSchema type, JsonElement value) =>
        type.LogicalTypeName switch {
            "date" => Day(value),
            "timestamp-micros" => value.GetDateTimeOffset().UtcDateTime,
            _ => throw new InvalidDataException(type.LogicalTypeName + " is new here."),
        };

    private static DateTime Day(JsonElement value) => DateTime.ParseExact(
        value.GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static string Text(JsonElement order, string name) =>
        order.GetProperty(name).GetString()!;
}

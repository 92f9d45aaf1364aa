using System.Globalization;
using Avro.Generic;
using Confluent.Kafka;

namespace Kpr.Example;

/// <summary>
/// Reads orders, keeps them in an outbox, sends them, and reads receipts, until SIGTERM. Its
/// settings are the SENDER_… variables of "kpr-stream conformance".
/// </summary>
internal sealed class Sender {
    private const string Version = "csharp-example-1.0";
    private const int Partitions = 8, MostReceiptsAtOnce = 500;
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BrokerWait = TimeSpan.FromSeconds(60);

    private readonly string system = Setting("SENDER_SYSTEM");
    private readonly string orders = Setting("SENDER_ORDERS");
    private readonly string publicKeysFile = Setting("SENDER_PUBLIC_KEYS_FILE");
    private readonly long resendAfterMs = (long)(1000 * double.Parse(
        Setting("SENDER_RESEND_AFTER_S"), CultureInfo.InvariantCulture));

    /// <summary>Run until SIGTERM, which needs no care: it may be killed anywhere.</summary>
    public static void Main() => new Sender().Run();

    private void Run() {
        using var outbox = new Outbox(Setting("SENDER_OUTBOX"));
        var sending = WithLogin(new Dictionary<string, string> {
            ["acks"] = "all",
            ["enable.idempotence"] = "true",
            ["message.max.bytes"] = "4000000",
            // As Java's default partitioner, which the contract asks for. librdkafka's is another.
            ["partitioner"] = "murmur2_random",
        });
        var reading = WithLogin(new Dictionary<string, string> {
            ["group.id"] = Setting("SENDER_USERNAME") + "-receipts",
            ["isolation.level"] = "read_committed",
            ["enable.auto.commit"] = "false",
            ["auto.offset.reset"] = "earliest",
            ["enable.partition.eof"] = "true",
        });
        using var producer = new ProducerBuilder<string, byte[]>(sending).Build();
        using var consumer = new ConsumerBuilder<string, byte[]>(reading).Build();
        // First the receipts that came while the sender was away: they may end what waits.
        HashSet<int> behind = Begin(consumer, outbox);
        Console.WriteLine("started");
        while (true) {
            ReadReceipts(consumer, outbox, behind);
            ReadOrders(outbox);
            if (behind.Count == 0) Send(outbox, producer);
        }
    }

    /// <summary>Go to where the outbox stopped, or to the end. Returns what is unread.</summary>
    private HashSet<int> Begin(IConsumer<string, byte[]> consumer, Outbox outbox) {
        var starts = new List<TopicPartitionOffset>();
        for (int partition = 0; partition < Partitions; partition++) {
            var one = new TopicPartition("kpr.hst.receipt." + system, new Partition(partition));
            long end = consumer.QueryWatermarkOffsets(one, BrokerWait).High.Value;
            starts.Add(new TopicPartitionOffset(one, new Offset(outbox.Position(partition, end))));
        }
        consumer.Assign(starts);
        return Enumerable.Range(0, Partitions).ToHashSet();
    }

    private static void ReadReceipts(
        IConsumer<string, byte[]> consumer, Outbox outbox, HashSet<int> behind) {
        for (int count = 0; count < MostReceiptsAtOnce; count++) {
            TimeSpan wait = count == 0 ? Wait : TimeSpan.Zero;
            ConsumeResult<string, byte[]>? found = Next(consumer, wait);
            if (found is null) return;
            if (found.IsPartitionEOF) {
                behind.Remove(found.Partition.Value);
                continue;
            }
            GenericRecord receipt = Schemas.Receipt(found.Message.Value);
            outbox.Apply(receipt, found.Partition.Value, found.Offset.Value + 1);
            Console.WriteLine($"unit {receipt["org_nr"]}, sequence {receipt["sequence"]}:"
                + $" {receipt["status"]} {receipt["reason"]}".TrimEnd());
        }
    }

    /// <summary>The next receipt or end of a partition; null if none came in time.</summary>
    private static ConsumeResult<string, byte[]>? Next(
        IConsumer<string, byte[]> consumer, TimeSpan wait) {
        try {
            return consumer.Consume(wait);
        } catch (ConsumeException failure) when (!failure.Error.IsFatal) {
            Console.WriteLine("reading receipts: " + failure.Error.Code);
            return null;
        }
    }

    private void ReadOrders(Outbox outbox) {
        string[] files = Directory.GetFiles(orders, "*.json");
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files) {
            string name = Path.GetFileName(file);
            if (!outbox.IsCarriedOut(name)) outbox.CarryOut(name, Order.Read(file), Now());
        }
    }

    private void Send(Outbox outbox, IProducer<string, byte[]> producer) {
        foreach (Outbox.Delivery one in outbox.TakeDue(Now(), resendAfterMs)) {
            byte[] value = Envelope.Record(one, system, Version, publicKeysFile);
            var message = new Message<string, byte[]> { Key = one.OrgNr, Value = value };
            try {
                producer.Produce("kpr.hst.delivery." + system, message);
            } catch (ProduceException<string, byte[]> failure) when (!failure.Error.IsFatal) {
                // It has no receipt, and is sent again like one whose receipt was lost.
                Console.WriteLine("sending: " + failure.Error.Code);
            }
        }
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static Dictionary<string, string> WithLogin(Dictionary<string, string> settings) {
        settings["bootstrap.servers"] = Setting("SENDER_BOOTSTRAP");
        settings["security.protocol"] = Setting("SENDER_SECURITY_PROTOCOL");
        settings["sasl.mechanism"] = Setting("SENDER_SASL_MECHANISM");
        settings["sasl.username"] = Setting("SENDER_USERNAME");
        settings["sasl.password"] = File.ReadAllText(Setting("SENDER_PASSWORD_FILE")).Trim();
        return settings;
    }

    private static string Setting(string name) {
        string? found = Environment.GetEnvironmentVariable(name);
        if (!string.IsNullOrEmpty(found)) return found;
        throw new InvalidOperationException(name + " is not set: see docs/vendor/conformance.md.");
    }
}

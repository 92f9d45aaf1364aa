using Avro.Generic;
using Microsoft.Data.Sqlite;

namespace Kpr.Example;

/// <summary>
/// What must be sent and what became of it, in SQLite. Each public method is one transaction: a
/// receipt and the position after it, an order and its name, an attempt before it is sent. So the
/// sender may be killed anywhere. The SQL is that of examples/java.
/// </summary>
internal sealed class Outbox : IDisposable {
    /// <summary>One attempt. Days and milliseconds are counted from 1970.</summary>
    public sealed record Delivery(
        string Id, string MessageType, string OrgNr, string Municipality, long PeriodFrom,
        long PeriodTo, long ExtractedAt, int ItemCount, int Attempt, long Sequence,
        byte[] Container);

    private const int Window = 16;
    private const long LongestWaitMs = 3_600_000;

    private const string Fields = "delivery_id, message_type, org_nr, municipality_code,"
        + " period_from, period_to, extracted_at, item_count";

    private static readonly string[] Tables = {
        // next_sequence is NULL until a hello was answered.
        "CREATE TABLE IF NOT EXISTS unit (org_nr TEXT PRIMARY KEY, state TEXT NOT NULL,"
            + " next_sequence INTEGER, waits INTEGER NOT NULL DEFAULT 0)",
        // A delivery has no sequence until it is sent, a hello has sequence 0.
        "CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL"
            + " UNIQUE, message_type TEXT NOT NULL, org_nr TEXT NOT NULL, municipality_code TEXT"
            + " NOT NULL, period_from INTEGER NOT NULL, period_to INTEGER NOT NULL,"
            + " extracted_at INTEGER NOT NULL, item_count INTEGER NOT NULL, container BLOB NOT"
            + " NULL, sequence INTEGER, attempt INTEGER NOT NULL DEFAULT 0, sent_at INTEGER,"
            + " status TEXT)",
        "CREATE INDEX IF NOT EXISTS waiting ON delivery (org_nr, id) WHERE status IS NULL",
        "CREATE TABLE IF NOT EXISTS part (delivery_id TEXT, attempt INTEGER, part INTEGER,"
            + " PRIMARY KEY (delivery_id, attempt, part))",
        "CREATE TABLE IF NOT EXISTS position (kafka_partition INTEGER PRIMARY KEY, next INTEGER)",
        "CREATE TABLE IF NOT EXISTS carried_out (name TEXT PRIMARY KEY)",
    };

    private readonly SqliteConnection sql;

    public Outbox(string folder) {
        sql = new SqliteConnection("Data Source=" + Path.Combine(folder, "outbox.sqlite"));
        sql.Open();
        Run("PRAGMA journal_mode = WAL");
        // A loss of power must not undo what the receiver has seen.
        Run("PRAGMA synchronous = FULL");
        using SqliteTransaction work = sql.BeginTransaction();
        foreach (string table in Tables) Run(table);
        // What has no receipt may have been lost on the way. If not, the receiver recognises it.
        Run("UPDATE delivery SET sent_at = NULL WHERE status IS NULL");
        Run("UPDATE unit SET waits = 0");
        work.Commit();
    }

    public void Dispose() => sql.Dispose();

    // Orders

    public bool IsCarriedOut(string name) =>
        Number("SELECT count(*) FROM carried_out WHERE name = @1", name) > 0;

    public void CarryOut(string name, Order order, long nowMs) {
        using SqliteTransaction work = sql.BeginTransaction();
        switch (order.Kind) {
            case "deliver":
                Deliver(order, nowMs);
                break;
            case "resume":
                Run("UPDATE unit SET waits = 0, state = CASE WHEN next_sequence IS NULL"
                    + " THEN 'new' ELSE 'open' END WHERE org_nr = @1 AND state = 'held'",
                    order.OrgNr);
                break;
            case "renumber":
                Renumber(order.OrgNr);
                break;
            default:
                throw new InvalidDataException("There is no order " + order.Kind + ".");
        }
        Run("INSERT INTO carried_out VALUES (@1)", name);
        work.Commit();
    }

    private void Deliver(Order order, long nowMs) {
        string unit = "INSERT OR IGNORE INTO unit (org_nr, state) VALUES (@1, 'new')";
        if (Run(unit, order.OrgNr) > 0) Keep(order.HelloBefore(), 0L, nowMs);
        Keep(order, null, nowMs);
    }

    private void Keep(Order order, long? sequence, long nowMs) {
        Run("INSERT INTO delivery (" + Fields + ", container, sequence)"
            + " VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10)", Guid.NewGuid().ToString(),
            order.MessageType, order.OrgNr, order.Municipality, order.PeriodFrom,
            order.PeriodTo, nowMs, order.ItemCount, order.Container, sequence);
    }

    /// <summary>What was not taken is sent in new deliveries, after a new hello.</summary>
    private void Renumber(string orgNr) {
        const string stopped =
            " WHERE org_nr = @1 AND (SELECT state FROM unit WHERE org_nr = @2) = 'stopped'";
        foreach (string id in Texts("SELECT delivery_id FROM delivery" + stopped
            + " AND (status IS NULL OR message_type = 'hello')", orgNr, orgNr)) {
            Run("UPDATE delivery SET delivery_id = @1, attempt = 0, sent_at = NULL, status = NULL,"
                + " sequence = CASE message_type WHEN 'hello' THEN 0 END WHERE delivery_id = @2",
                Guid.NewGuid().ToString(), id);
        }
        Run("UPDATE unit SET state = 'new', next_sequence = NULL, waits = 0" + stopped,
            orgNr, orgNr);
    }

    // What may be sent

    /// <summary>What is due, noted as sent: units in any order, each in sequence.</summary>
    public List<Delivery> TakeDue(long nowMs, long resendAfterMs) {
        var due = new List<Delivery>();
        using SqliteTransaction work = sql.BeginTransaction();
        foreach (string orgNr in Texts("SELECT org_nr FROM unit WHERE state IN ('new', 'open')")) {
            SendAgainAfterTheWait(orgNr, nowMs, resendAfterMs);
            foreach (Delivery one in Unsent(orgNr)) {
                Run("UPDATE delivery SET attempt = attempt + 1, sent_at = @1, sequence = @2"
                    + " WHERE delivery_id = @3", nowMs, one.Sequence, one.Id);
                Run("UPDATE unit SET next_sequence = max(next_sequence, @1 + 1) WHERE org_nr = @2",
                    one.Sequence, orgNr);
                due.Add(one);
            }
        }
        work.Commit();
        return due;
    }

    private void SendAgainAfterTheWait(string orgNr, long nowMs, long resendAfterMs) {
        long waits = Number("SELECT min(waits, 20) FROM unit WHERE org_nr = @1", orgNr);
        long sentBefore = nowMs - Math.Min(resendAfterMs << (int)waits, LongestWaitMs);
        // The window is sent again as a whole: go back N.
        int again = Run("UPDATE delivery SET sent_at = NULL WHERE org_nr = @1 AND status IS NULL"
            + " AND (SELECT min(sent_at) FROM delivery WHERE org_nr = @1 AND status IS NULL) <= @2",
            orgNr, sentBefore);
        if (again > 0) Run("UPDATE unit SET waits = waits + 1 WHERE org_nr = @1", orgNr);
    }

    /// <summary>What of a window is unsent: the hello of a new unit, else deliveries.</summary>
    private List<Delivery> Unsent(string orgNr) {
        var found = new List<Delivery>();
        long next = Number("SELECT next_sequence FROM unit WHERE org_nr = @1", orgNr);
        using SqliteCommand query = Prepared("SELECT " + Fields + ", attempt + 1 AS attempt,"
            + " sequence, sent_at, container FROM delivery JOIN unit USING (org_nr)"
            + " WHERE org_nr = @1 AND status IS NULL AND (message_type = 'hello') = (state = 'new')"
            + " ORDER BY delivery.id LIMIT @2", orgNr, Window);
        using SqliteDataReader row = query.ExecuteReader();
        while (row.Read()) {
            if (row["sent_at"] is long) continue;
            found.Add(new Delivery(
                (string)row["delivery_id"], (string)row["message_type"], (string)row["org_nr"],
                (string)row["municipality_code"], (long)row["period_from"],
                (long)row["period_to"], (long)row["extracted_at"], (int)(long)row["item_count"],
                (int)(long)row["attempt"], row["sequence"] is long kept ? kept : next++,
                (byte[])row["container"]));
        }
        return found;
    }

    // Receipts

    /// <summary>Where to read a partition from; end: where it ends, for a new outbox.</summary>
    public long Position(int partition, long end) {
        Run("INSERT OR IGNORE INTO position VALUES (@1, @2)", partition, end);
        return Number("SELECT next FROM position WHERE kafka_partition = @1", partition);
    }

    /// <summary>Do what a receipt asks for, and move the position behind it.</summary>
    public void Apply(GenericRecord receipt, int partition, long next) {
        using SqliteTransaction work = sql.BeginTransaction();
        if (IsWhole(receipt)) Step(receipt);
        Run("UPDATE position SET next = @1 WHERE kafka_partition = @2", next, partition);
        work.Commit();
    }

    private bool IsWhole(GenericRecord receipt) {
        string id = (string)receipt["delivery_id"];
        int attempt = (int)receipt["attempt"];
        Run("INSERT OR IGNORE INTO part VALUES (@1, @2, @3)", id, attempt, receipt["part"]);
        return Number("SELECT count(*) FROM part WHERE delivery_id = @1 AND attempt = @2",
            id, attempt) == (int)receipt["parts"];
    }

    private void Step(GenericRecord receipt) {
        string id = (string)receipt["delivery_id"], orgNr = (string)receipt["org_nr"];
        string status = (string)receipt["status"];
        long sequence = (long)receipt["sequence"], expected = (long)receipt["expected_sequence"];
        string waiting = "SELECT count(*) FROM delivery WHERE delivery_id = @1 AND status IS NULL";
        if (Number(waiting, id) == 0) return; // of an earlier outbox, or done
        if (status is "processed" or "repeated" or "hello") {
            Run("UPDATE delivery SET status = @1 WHERE delivery_id = @2", status, id);
            Run("UPDATE unit SET waits = 0 WHERE org_nr = @1", orgNr);
            // Of a new unit only the hello was sent: it has been answered now.
            Run("UPDATE unit SET state = 'open', next_sequence = @1 WHERE org_nr = @2"
                + " AND state = 'new'", expected, orgNr);
            return;
        }
        bool isCurrent = Number("SELECT count(*) FROM delivery JOIN unit USING (org_nr) WHERE"
            + " delivery_id = @1 AND attempt = @2 AND state IN ('new', 'open')", id,
            receipt["attempt"]) > 0;
        if (!isCurrent) return;
        string? state = After(Texts("SELECT state FROM unit WHERE org_nr = @1", orgNr)[0], status);
        if (state is null) return;
        long oldest = Number(
            "SELECT min(sequence) FROM delivery WHERE org_nr = @1 AND status IS NULL", orgNr);
        // Stopped if there is nothing here to go back to.
        if (state == "open" && !(oldest <= expected && expected < sequence)) state = "stopped";
        Run("UPDATE unit SET state = @1 WHERE org_nr = @2", state, orgNr);
        Run("UPDATE delivery SET sent_at = NULL WHERE org_nr = @1 AND status IS NULL AND"
            + " sequence >= @2", orgNr, state == "open" ? expected : 0L);
    }

    /// <summary>The state of a unit after a receipt, as docs/vendor/own-sender.md has it; null: the
    /// same. A status that is new here stops the unit: a person finds out what it means.</summary>
    private static string? After(string state, string status) => (state, status) switch {
        ("new", "hello") => "open",
        ("open", "processed" or "repeated" or "out_of_order") => "open",
        ("new" or "open", "refused") => "held",
        ("open", "sequence_reused" or "too_old") => "stopped",
        (_, "hello" or "processed" or "repeated" or "replayed") => null,
        (_, "out_of_order" or "refused" or "sequence_reused" or "too_old") => null,
        _ => "stopped",
    };

    // SQL

    private SqliteCommand Prepared(string text, params object?[] values) {
        SqliteCommand command = sql.CreateCommand();
        command.CommandText = text;
        for (int place = 0; place < values.Length; place++) {
            command.Parameters.AddWithValue($"@{place + 1}", values[place] ?? DBNull.Value);
        }
        return command;
    }

    private int Run(string text, params object?[] values) {
        using SqliteCommand command = Prepared(text, values);
        return command.ExecuteNonQuery();
    }

    private long Number(string text, params object?[] values) {
        using SqliteCommand command = Prepared(text, values);
        return command.ExecuteScalar() is long found ? found : 0;
    }

    private List<string> Texts(string text, params object?[] values) {
        var found = new List<string>();
        using SqliteCommand command = Prepared(text, values);
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read()) {
            found.Add(row.GetString(0));
        }
        return found;
    }
}

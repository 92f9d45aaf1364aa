package no.kpr.example;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/**
 * What must be sent and what became of it, in SQLite. Each method is one transaction: a receipt and
 * the position after it, an order and its name, an attempt before it is sent. So the sender may be
 * killed anywhere. The states of a unit are those of docs/vendor/own-sender.md.
 */
final class Outbox {
  /** One attempt to send a delivery or a hello: what is known here of its envelope, and content. */
  record Delivery(GenericRecord envelope, byte[] container) {}

  static final int WINDOW = 16;
  private static final long LONGEST_WAIT_MS = 3_600_000;
  /** The columns of a delivery or hello that are fields of its envelope, under the same names. */
  private static final String FIELDS = "delivery_id, message_type, org_nr, municipality_code,"
      + " period_from, period_to, extracted_at, item_count";
  private static final String[] TABLES = {
    // next_sequence is NULL until a hello was answered.
    "CREATE TABLE IF NOT EXISTS unit (org_nr TEXT PRIMARY KEY, state TEXT NOT NULL,"
        + " next_sequence INTEGER, waits INTEGER NOT NULL DEFAULT 0)",
    // A delivery has no sequence until it is sent, a hello has sequence 0.
    "CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL UNIQUE,"
        + " message_type TEXT NOT NULL, org_nr TEXT NOT NULL, municipality_code TEXT NOT NULL,"
        + " period_from INTEGER NOT NULL, period_to INTEGER NOT NULL,"
        + " extracted_at INTEGER NOT NULL, item_count INTEGER NOT NULL, container BLOB NOT NULL,"
        + " sequence INTEGER, attempt INTEGER NOT NULL DEFAULT 0, sent_at INTEGER, status TEXT)",
    "CREATE INDEX IF NOT EXISTS waiting ON delivery (org_nr, id) WHERE status IS NULL",
    "CREATE TABLE IF NOT EXISTS part (delivery_id TEXT, attempt INTEGER, part INTEGER,"
        + " PRIMARY KEY (delivery_id, attempt, part))",
    "CREATE TABLE IF NOT EXISTS position (kafka_partition INTEGER PRIMARY KEY, next INTEGER)",
    "CREATE TABLE IF NOT EXISTS carried_out (name TEXT PRIMARY KEY)",
  };
  private final Connection sql;

  Outbox(Path folder) throws SQLException {
    sql = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("outbox.sqlite"));
    try (Statement statement = sql.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      // A loss of power must not undo what the receiver has seen.
      statement.execute("PRAGMA synchronous = FULL");
      sql.setAutoCommit(false);
      for (String table : TABLES) {
        statement.execute(table);
      }
    }
    // What has no receipt may have been lost on the way. If not, the receiver recognises it.
    run("UPDATE delivery SET sent_at = NULL WHERE status IS NULL");
    run("UPDATE unit SET waits = 0");
    sql.commit();
  }

  // Orders

  boolean isCarriedOut(String name) throws SQLException {
    return number("SELECT count(*) FROM carried_out WHERE name = ?", name) > 0;
  }

  void carryOut(String name, Order order, long nowMs) throws SQLException {
    switch (order.kind()) {
      case "deliver" -> deliver(order, nowMs);
      case "resume" -> run("UPDATE unit SET waits = 0, state = CASE WHEN next_sequence IS NULL"
          + " THEN 'new' ELSE 'open' END WHERE org_nr = ? AND state = 'held'", order.orgNr());
      case "renumber" -> renumber(order.orgNr());
      default -> throw new IllegalArgumentException("There is no order " + order.kind() + ".");
    }
    run("INSERT INTO carried_out VALUES (?)", name);
    sql.commit();
  }

  private void deliver(Order order, long nowMs) throws SQLException {
    if (run("INSERT OR IGNORE INTO unit (org_nr, state) VALUES (?, 'new')", order.orgNr()) > 0) {
      keep(order.helloBefore(), 0L, nowMs);
    }
    keep(order, null, nowMs);
  }

  private void keep(Order order, Long sequence, long nowMs) throws SQLException {
    run("INSERT INTO delivery (" + FIELDS + ", container, sequence)"
        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", UUID.randomUUID().toString(),
        order.messageType(), order.orgNr(), order.municipality(), order.from().toEpochDay(),
        order.to().toEpochDay(), nowMs, order.items(), order.container(), sequence);
  }

  /** A person has decided: what was not taken is sent in new deliveries, after a new hello. */
  private void renumber(String orgNr) throws SQLException {
    String stopped = " WHERE org_nr = ? AND (SELECT state FROM unit WHERE org_nr = ?) = 'stopped'";
    for (String id : texts("SELECT delivery_id FROM delivery" + stopped
        + " AND (status IS NULL OR message_type = 'hello')", orgNr, orgNr)) {
      run("UPDATE delivery SET delivery_id = ?, attempt = 0, sent_at = NULL, status = NULL,"
          + " sequence = CASE message_type WHEN 'hello' THEN 0 END WHERE delivery_id = ?",
          UUID.randomUUID().toString(), id);
    }
    run("UPDATE unit SET state = 'new', next_sequence = NULL, waits = 0" + stopped, orgNr, orgNr);
  }

  // What may be sent

  /** Hellos and deliveries that are due, noted as sent: units in any order, each in sequence. */
  List<Delivery> takeDue(long nowMs, long resendAfterMs) throws SQLException {
    List<Delivery> due = new ArrayList<>();
    for (String orgNr : texts("SELECT org_nr FROM unit WHERE state IN ('new', 'open')")) {
      sendAgainAfterTheWait(orgNr, nowMs, resendAfterMs);
      for (Delivery one : unsent(orgNr)) {
        Number sequence = (Number) one.envelope().get("sequence");
        run("UPDATE delivery SET attempt = attempt + 1, sent_at = ?, sequence = ?"
            + " WHERE delivery_id = ?", nowMs, sequence, one.envelope().get("delivery_id"));
        run("UPDATE unit SET next_sequence = max(next_sequence, ? + 1) WHERE org_nr = ?",
            sequence, orgNr);
        due.add(one);
      }
    }
    sql.commit();
    return due;
  }

  private void sendAgainAfterTheWait(String orgNr, long nowMs, long resendAfterMs)
      throws SQLException {
    long waits = number("SELECT min(waits, 20) FROM unit WHERE org_nr = ?", orgNr);
    long sentBefore = nowMs - Math.min(resendAfterMs << waits, LONGEST_WAIT_MS);
    // The window is sent again as a whole: go back N.
    int again = run("UPDATE delivery SET sent_at = NULL WHERE org_nr = ?1 AND status IS NULL AND"
        + " (SELECT min(sent_at) FROM delivery WHERE org_nr = ?1 AND status IS NULL) <= ?2",
        orgNr, sentBefore);
    if (again > 0) {
      run("UPDATE unit SET waits = waits + 1 WHERE org_nr = ?", orgNr);
    }
  }

  /** What of a unit's window waits to be sent: the hello of a new unit, else its deliveries. */
  private List<Delivery> unsent(String orgNr) throws SQLException {
    List<Delivery> found = new ArrayList<>();
    long next = number("SELECT next_sequence FROM unit WHERE org_nr = ?", orgNr);
    try (PreparedStatement query = prepared("SELECT " + FIELDS + ", attempt + 1 AS attempt,"
            + " sequence, sent_at, container FROM delivery JOIN unit USING (org_nr)"
            + " WHERE org_nr = ? AND status IS NULL AND (message_type = 'hello') = (state = 'new')"
            + " ORDER BY delivery.id LIMIT ?", orgNr, WINDOW);
        ResultSet row = query.executeQuery()) {
      while (row.next()) {
        if (row.getObject("sent_at") == null) {
          GenericRecord envelope = new GenericData.Record(Schemas.DELIVERY);
          for (String name : (FIELDS + ", attempt").split(", ")) {
            envelope.put(name, row.getObject(name));
          }
          Object sequence = row.getObject("sequence");
          envelope.put("sequence", sequence == null ? next++ : sequence);
          found.add(new Delivery(envelope, row.getBytes("container")));
        }
      }
    }
    return found;
  }

  // Receipts

  /** Where to read a partition of the receipts from; {@code end}: its end, for a new outbox. */
  long position(int partition, long end) throws SQLException {
    run("INSERT OR IGNORE INTO position VALUES (?, ?)", partition, end);
    sql.commit();
    return number("SELECT next FROM position WHERE kafka_partition = ?", partition);
  }

  /** Do what a receipt asks for, and move the position behind it. */
  void apply(GenericRecord receipt, int partition, long next) throws SQLException {
    if (isWhole(receipt)) {
      step(receipt);
    }
    run("UPDATE position SET next = ? WHERE kafka_partition = ?", next, partition);
    sql.commit();
  }

  private boolean isWhole(GenericRecord receipt) throws SQLException {
    String id = receipt.get("delivery_id").toString();
    Object attempt = receipt.get("attempt");
    run("INSERT OR IGNORE INTO part VALUES (?, ?, ?)", id, attempt, receipt.get("part"));
    return number("SELECT count(*) FROM part WHERE delivery_id = ? AND attempt = ?", id, attempt)
        == (int) receipt.get("parts");
  }

  private void step(GenericRecord receipt) throws SQLException {
    String id = receipt.get("delivery_id").toString();
    String orgNr = receipt.get("org_nr").toString();
    String status = receipt.get("status").toString();
    long sequence = (long) receipt.get("sequence");
    long expected = (long) receipt.get("expected_sequence");
    if (number("SELECT count(*) FROM delivery WHERE delivery_id = ? AND status IS NULL", id) == 0) {
      return; // of an earlier outbox, or done
    }
    if (List.of("processed", "repeated", "hello").contains(status)) {
      run("UPDATE delivery SET status = ? WHERE delivery_id = ?", status, id);
      run("UPDATE unit SET waits = 0 WHERE org_nr = ?", orgNr);
      // Of a new unit only the hello was sent: it has been answered now.
      run("UPDATE unit SET state = 'open', next_sequence = ? WHERE org_nr = ? AND state = 'new'",
          expected, orgNr);
      return;
    }
    boolean current = number("SELECT count(*) FROM delivery JOIN unit USING (org_nr) WHERE"
        + " delivery_id = ? AND attempt = ? AND state IN ('new', 'open')", id,
        receipt.get("attempt")) > 0;
    if (!current || status.equals("replayed")) {
      return;
    }
    long oldest = number(
        "SELECT min(sequence) FROM delivery WHERE org_nr = ? AND status IS NULL", orgNr);
    String state = switch (status) {
      case "refused" -> "held";
      case "out_of_order" -> oldest <= expected && expected < sequence ? "open" : "stopped";
      default -> "stopped";
    };
    run("UPDATE unit SET state = ? WHERE org_nr = ?", state, orgNr);
    run("UPDATE delivery SET sent_at = NULL WHERE org_nr = ? AND status IS NULL AND sequence >= ?",
        orgNr, state.equals("open") ? expected : 0);
  }

  // SQL

  private PreparedStatement prepared(String text, Object... values) throws SQLException {
    PreparedStatement statement = sql.prepareStatement(text);
    for (int place = 0; place < values.length; place++) {
      statement.setObject(place + 1, values[place]);
    }
    return statement;
  }

  private int run(String text, Object... values) throws SQLException {
    try (PreparedStatement statement = prepared(text, values)) {
      return statement.executeUpdate();
    }
  }

  private long number(String text, Object... values) throws SQLException {
    try (PreparedStatement statement = prepared(text, values);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private List<String> texts(String text, Object... values) throws SQLException {
    List<String> found = new ArrayList<>();
    try (PreparedStatement statement = prepared(text, values);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        found.add(row.getString(1));
      }
    }
    return found;
  }
}

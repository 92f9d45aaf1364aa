package no.kpr.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the environment says, as settings of Kafka Streams. */
class SettingsTest {
  @TempDir Path folder;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void givenByTheBench() throws IOException {
    Path access = folder.resolve("access.json");
    Files.writeString(access, "{\"bootstrap.servers\": \"elsewhere:1\", "
        + "\"sasl.mechanism\": \"SCRAM-SHA-256\", \"sasl.jaas.config\": \"login\", "
        + "\"sasl.username\": \"admin\", \"sasl.password\": \"secret\"}");
    environment.putAll(Map.of("PEER_ACCESS", access.toString(), "BOOTSTRAP", "localhost:9092",
        "GROUP", "group-1", "STATE_DIR", folder.toString()));
  }

  @Test
  void loginIsTakenAsJavaHasIt() throws IOException {
    Properties found = Settings.read(environment);
    assertEquals("login", found.get("sasl.jaas.config"));
    assertEquals("SCRAM-SHA-256", found.get("sasl.mechanism"));
    assertFalse(found.containsKey("sasl.username"));
    assertFalse(found.containsKey("sasl.password"));
  }

  @Test
  void brokerAndGroupAreThoseOfTheRun() throws IOException {
    Properties found = Settings.read(environment);
    assertEquals("localhost:9092", found.get("bootstrap.servers"));
    assertEquals("group-1", found.get("application.id"));
    assertEquals("exactly_once_v2", found.get("processing.guarantee"));
  }

  @Test
  void threadsAreAsManyAsCoresUnlessSet() throws IOException {
    int cores = Runtime.getRuntime().availableProcessors();
    assertEquals(String.valueOf(cores), Settings.read(environment).get("num.stream.threads"));
    environment.put("THREADS", "7");
    assertEquals("7", Settings.read(environment).get("num.stream.threads"));
  }

  @Test
  void missingVariableIsNamed() {
    environment.remove("GROUP");
    var cause = assertThrows(IllegalStateException.class, () -> Settings.read(environment));
    assertTrue(cause.getMessage().contains("GROUP"));
  }
}

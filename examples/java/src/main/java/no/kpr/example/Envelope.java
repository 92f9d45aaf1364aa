package no.kpr.example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** One attempt of a delivery as the bytes of a record: docs/vendor/encryption.md in code. */
final class Envelope {
  private Envelope() {}

  /** The record. The public keys are read each time: the key may have been replaced. */
  static byte[] record(Outbox.Delivery delivery, String system, String version, Path publicKeys)
      throws IOException, GeneralSecurityException {
    JsonNode keys = new ObjectMapper().readTree(Files.readAllBytes(publicKeys));
    String keyId = keys.get("current").asText();
    PublicKey key = publicKey(keys.get("public_keys").get(keyId).asText());
    GenericRecord envelope = delivery.envelope();
    envelope.put("contract_version", "1");
    envelope.put("system", system);
    envelope.put("software_version", version);
    String boundTo = Stream.of("org_nr", "system", "sequence", "delivery_id", "message_type",
        "contract_version").map(name -> envelope.get(name).toString())
        .collect(Collectors.joining("\n"));
    KeyGenerator contentKeys = KeyGenerator.getInstance("AES");
    contentKeys.init(256);
    SecretKey contentKey = contentKeys.generateKey();
    // Java makes a random nonce of 12 bytes, and a tag of 16.
    Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
    gcm.init(Cipher.ENCRYPT_MODE, contentKey);
    gcm.updateAAD(boundTo.getBytes(StandardCharsets.UTF_8));
    // Both hashes are named: Java's default for MGF1 is SHA-1.
    Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
    oaep.init(Cipher.ENCRYPT_MODE, key, new OAEPParameterSpec("SHA-256", "MGF1",
        MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));

    GenericRecord encryption = new GenericData.Record(
        Schemas.DELIVERY.getField("encryption").schema().getTypes().get(1));
    encryption.put("key_id", keyId);
    encryption.put("wrapped_key", ByteBuffer.wrap(oaep.doFinal(contentKey.getEncoded())));
    encryption.put("nonce", ByteBuffer.wrap(gcm.getIV()));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(delivery.container());
    envelope.put("content_digest", ByteBuffer.wrap(digest));
    envelope.put("encryption", encryption);
    envelope.put("payload", ByteBuffer.wrap(gcm.doFinal(delivery.container())));

    // The frame: byte 0, the schema's id in 4 bytes, then Avro.
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ByteBuffer.allocate(5).putInt(1, Schemas.DELIVERY_ID).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(Schemas.DELIVERY).write(envelope, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private static PublicKey publicKey(String pem) throws GeneralSecurityException {
    String body = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    return KeyFactory.getInstance("RSA")
        .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(body)));
  }
}

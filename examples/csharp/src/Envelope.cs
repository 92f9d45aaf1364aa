using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Avro;
using Avro.Generic;
using Avro.IO;

namespace Kpr.Example;

/// <summary>A delivery as the bytes of a record: docs/vendor/encryption.md in code.</summary>
internal static class Envelope {
    private const string ContractVersion = "1";
    private const int ContentKeyBytes = 32, NonceBytes = 12, TagBytes = 16, FrameBytes = 5;

    /// <summary>The record. The public keys are read each time: the key may be new.</summary>
    public static byte[] Record(
        Outbox.Delivery one, string system, string version, string publicKeysFile) {
        using JsonDocument keys = JsonDocument.Parse(File.ReadAllBytes(publicKeysFile));
        string keyId = keys.RootElement.GetProperty("current").GetString()!;
        string pem = keys.RootElement.GetProperty("public_keys").GetProperty(keyId).GetString()!;

        byte[] boundTo = Encoding.UTF8.GetBytes(string.Join(
            "\n", one.OrgNr, system, one.Sequence, one.Id, one.MessageType, ContractVersion));
        byte[] contentKey = RandomNumberGenerator.GetBytes(ContentKeyBytes);
        byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        byte[] encrypted = new byte[one.Container.Length];
        byte[] tag = new byte[TagBytes];
        using (var gcm = new AesGcm(contentKey, TagBytes)) {
            gcm.Encrypt(nonce, one.Container, encrypted, tag, boundTo);
        }

        var optional = (UnionSchema)Schemas.Delivery["encryption"].Schema;
        var encryption = new GenericRecord((RecordSchema)optional.Schemas[1]);
        encryption.Add("key_id", keyId);
        encryption.Add("wrapped_key", Wrapped(pem, contentKey));
        encryption.Add("nonce", nonce);

        var envelope = new GenericRecord(Schemas.Delivery);
        envelope.Add("delivery_id", one.Id);
        envelope.Add("attempt", one.Attempt);
        envelope.Add("message_type", one.MessageType);
        envelope.Add("contract_version", ContractVersion);
        envelope.Add("system", system);
        envelope.Add("software_version", version);
        envelope.Add("org_nr", one.OrgNr);
        envelope.Add("municipality_code", one.Municipality);
        envelope.Add("district_code", null!);
        envelope.Add("sequence", one.Sequence);
        envelope.Add("period_from", DateTime.UnixEpoch.AddDays(one.PeriodFrom));
        envelope.Add("period_to", DateTime.UnixEpoch.AddDays(one.PeriodTo));
        envelope.Add("extracted_at", DateTime.UnixEpoch.AddMilliseconds(one.ExtractedAt));
        envelope.Add("item_count", one.ItemCount);
        envelope.Add("content_digest", SHA256.HashData(one.Container));
        envelope.Add("encryption", encryption);
        envelope.Add("payload", encrypted.Concat(tag).ToArray());
        return Framed(envelope);
    }

    /// <summary>The content key for the receiver alone: SHA-256 is the hash, in MGF1 too.</summary>
    private static byte[] Wrapped(string pem, byte[] contentKey) {
        using RSA key = RSA.Create();
        key.ImportFromPem(pem);
        return key.Encrypt(contentKey, RSAEncryptionPadding.OaepSHA256);
    }

    /// <summary>Byte 0, the schema's id in 4 bytes, then Avro without a container.</summary>
    private static byte[] Framed(GenericRecord envelope) {
        byte[] frame = new byte[FrameBytes];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), Schemas.DeliveryId);
        var bytes = new MemoryStream();
        bytes.Write(frame);
        new GenericDatumWriter<GenericRecord>(Schemas.Delivery)
            .Write(envelope, new BinaryEncoder(bytes));
        return bytes.ToArray();
    }
}

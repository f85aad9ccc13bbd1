import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.common.UtilAll;
import org.apache.rocketmq.common.compression.CompressionType;
import org.apache.rocketmq.common.compression.CompressorFactory;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.common.message.MessageVersion;
import org.apache.rocketmq.common.sysflag.MessageSysFlag;
import org.apache.rocketmq.store.CommitLog;
import org.apache.rocketmq.store.MessageExtEncoder;
import org.apache.rocketmq.store.config.MessageStoreConfig;

/** Stored records as the broker's own encoder writes them, decoded again by the client's decoder. */
final class GoldenRecords {
    private static final long BORN = 1_700_000_000_123L;
    private static final long STORED = 1_700_000_000_456L;
    private static final String IPV4 = "127.0.0.1";
    private static final String IPV6 = "2001:db8::8a2e:370:7334";

    private GoldenRecords() {
    }

    static Object capture() throws Exception {
        int bornV6 = MessageSysFlag.BORNHOST_V6_FLAG;
        int storedV6 = MessageSysFlag.STOREHOSTADDRESS_V6_FLAG;
        List<Object> records = new ArrayList<>();
        records.add(describe("plain", sample("golden-topic", 42, 0, false)));
        records.add(describe("crc32 property", sample("golden-topic", 43, 0, true)));
        records.add(describe("born on IPv6", sample("golden-topic", 44, bornV6, false)));
        records.add(describe("stored on IPv6", sample("golden-topic", 45, storedV6, false)));
        records.add(describe("both on IPv6, crc32 property", sample("golden-topic", 46, bornV6 | storedV6, true)));
        records.add(describe("topic of 127 bytes", sample("t".repeat(127), 47, 0, false)));
        records.add(describe("version 2: topic of 200 bytes", sample("%RETRY%" + "t".repeat(193), 48, 0, true)));
        for (CompressionType type : CompressionType.values()) {
            int flag = MessageSysFlag.COMPRESSED_FLAG | type.getCompressionFlag();
            records.add(describe("compressed " + type.name(), sample("golden-topic", 50 + type.getValue(), flag, false)));
        }
        records.add(describe("prepared transaction",
            sample("RMQ_SYS_TRANS_HALF_TOPIC", 0, MessageSysFlag.TRANSACTION_PREPARED_TYPE, false)));
        MessageExtBrokerInner empty = new MessageExtBrokerInner();
        empty.setTopic("golden-empty");
        empty.setBody(new byte[0]);
        empty.setPropertiesString("");
        records.add(describe("no body, no properties", encode(empty, 0, 0, 0, false)));
        return records;
    }

    /** One record of queue 3 as MessageExtEncoder and the commit log's append fill it in. */
    static byte[] sample(String topic, long queueOffset, int sysFlag, boolean crc) throws Exception {
        MessageExtBrokerInner message = new MessageExtBrokerInner();
        message.setTopic(topic);
        message.setFlag(9);
        byte[] body = "Hello RocketMQ, grüß dich 你好. ".repeat(8).getBytes(StandardCharsets.UTF_8);
        if ((sysFlag & MessageSysFlag.COMPRESSED_FLAG) != 0) {
            CompressionType type = MessageSysFlag.getCompressionType(sysFlag);
            body = CompressorFactory.getCompressor(type).compress(body, 5);
        }
        message.setBody(body);
        message.setReconsumeTimes(2);
        Map<String, String> properties = new TreeMap<>();
        properties.put("KEYS", "order-1 order-2");
        properties.put("TAGS", "TagA");
        properties.put("UNIQ_KEY", "7F000001000A18B4AAC2000000000001");
        properties.put("WAIT", "true");
        properties.put("colour", "grün");
        for (Map.Entry<String, String> property : properties.entrySet()) {
            MessageAccessor.putProperty(message, property.getKey(), property.getValue());
        }
        message.setPropertiesString(MessageDecoder.messageProperties2String(properties));
        return encode(message, 3, queueOffset, sysFlag, crc);
    }

    private static byte[] encode(MessageExtBrokerInner message, int queueId, long queueOffset, int sysFlag, boolean crc)
        throws Exception {
        message.setQueueId(queueId);
        message.setQueueOffset(queueOffset);
        message.setSysFlag(sysFlag);
        message.setBornTimestamp(BORN);
        message.setBornHost(host(sysFlag & MessageSysFlag.BORNHOST_V6_FLAG, 51234));
        message.setStoreTimestamp(STORED);
        message.setStoreHost(host(sysFlag & MessageSysFlag.STOREHOSTADDRESS_V6_FLAG, 10911));
        message.setBodyCRC(UtilAll.crc32(message.getBody()));
        boolean longTopic = message.getTopic().length() > Byte.MAX_VALUE;
        message.setVersion(longTopic ? MessageVersion.MESSAGE_VERSION_V2 : MessageVersion.MESSAGE_VERSION_V1);

        MessageStoreConfig config = new MessageStoreConfig();
        config.setEnabledAppendPropCRC(crc);
        MessageExtEncoder encoder = new MessageExtEncoder(1 << 20, config);
        if (encoder.encode(message) != null) {
            throw new IllegalStateException("the encoder refused " + message.getTopic());
        }
        ByteBuffer buffer = encoder.getEncoderBuffer();
        byte[] record = new byte[buffer.getInt(0)];
        buffer.duplicate().clear().get(record);
        ByteBuffer fields = ByteBuffer.wrap(record);
        int bornHostBytes = (sysFlag & MessageSysFlag.BORNHOST_V6_FLAG) == 0 ? 8 : 20;
        fields.putLong(20, queueOffset);
        fields.putLong(28, 1_048_576L + queueOffset);
        fields.putLong(48 + bornHostBytes, STORED);
        if (crc) {
            seal(record);
        }
        return record;
    }

    /** The commit log writes the checksum of everything before it into the space the encoder left at the end. */
    private static void seal(byte[] record) {
        int reserved = CommitLog.CRC32_RESERVED_LEN;
        int checksum = UtilAll.crc32(record, 0, record.length - reserved);
        MessageDecoder.createCrc32(ByteBuffer.wrap(record, record.length - reserved, reserved).slice(), checksum);
    }

    private static SocketAddress host(int v6, int port) throws Exception {
        return new InetSocketAddress(InetAddress.getByName(v6 == 0 ? IPV4 : IPV6), port);
    }

    private static Map<String, Object> describe(String name, byte[] record) {
        MessageExt message = MessageDecoder.decode(ByteBuffer.wrap(record), true, false);
        MessageExt plain = MessageDecoder.decode(ByteBuffer.wrap(record), true, true);
        if (message == null || plain == null) {
            throw new IllegalStateException("the decoder refused " + name);
        }
        byte[] storedBody = message.getBody() == null ? new byte[0] : message.getBody();
        byte[] body = plain.getBody() == null ? new byte[0] : plain.getBody();
        Map<String, String> properties = message.getProperties();
        return Golden.map("name", name, "topic", message.getTopic(), "queueId", message.getQueueId(),
            "flag", message.getFlag(), "sysFlag", message.getSysFlag(), "bornTimestamp", message.getBornTimestamp(),
            "bornHost", text(message.getBornHost()), "storeTimestamp", message.getStoreTimestamp(),
            "storeHost", text(message.getStoreHost()), "queueOffset", message.getQueueOffset(),
            "commitLogOffset", message.getCommitLogOffset(), "reconsumeTimes", message.getReconsumeTimes(),
            "preparedTransactionOffset", message.getPreparedTransactionOffset(), "bodyCrc", message.getBodyCRC(),
            "storeSize", message.getStoreSize(), "offsetMessageId", message.getMsgId(),
            "properties", properties == null ? new TreeMap<>() : new TreeMap<>(properties),
            "storedBodyHex", Golden.hex(storedBody), "bodyHex", Golden.hex(body), "recordHex", Golden.hex(record));
    }

    private static Map<String, Object> text(SocketAddress address) {
        InetSocketAddress host = (InetSocketAddress) address;
        return Golden.map("addressHex", Golden.hex(host.getAddress().getAddress()), "port", host.getPort());
    }

    static Object captureBatches() throws Exception {
        List<Message> messages = new ArrayList<>();
        messages.add(new Message("golden-topic", "TagA", "key-0", "first".getBytes(StandardCharsets.UTF_8)));
        messages.add(new Message("golden-topic", "grüß dich 你好".getBytes(StandardCharsets.UTF_8)));
        Message flagged = new Message("golden-topic", "TagB", "a b c", new byte[0]);
        flagged.setFlag(0x7fffffff);
        messages.add(flagged);
        byte[] batch = MessageDecoder.encodeMessages(messages);
        List<Object> elements = new ArrayList<>();
        for (Message message : MessageDecoder.decodeMessages(ByteBuffer.wrap(batch))) {
            elements.add(Golden.map("flag", message.getFlag(), "properties", new TreeMap<>(message.getProperties()),
                "bodyHex", Golden.hex(message.getBody())));
        }
        return Golden.map("elements", elements, "batchHex", Golden.hex(batch));
    }

    static Object captureCompression() throws Exception {
        byte[] mixed = new byte[3000];
        long state = 88172645463325252L;
        for (int i = 0; i < mixed.length; i++) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            mixed[i] = (byte) (i % 3 == 0 ? state : i);
        }
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        bodies.put("empty", new byte[0]);
        bodies.put("short", "a".getBytes(StandardCharsets.UTF_8));
        bodies.put("repeating", "abcabcabc ".repeat(500).getBytes(StandardCharsets.UTF_8));
        bodies.put("mixed", mixed);
        List<Object> cases = new ArrayList<>();
        for (Map.Entry<String, byte[]> body : bodies.entrySet()) {
            for (CompressionType type : CompressionType.values()) {
                byte[] compressed = CompressorFactory.getCompressor(type).compress(body.getValue(), 5);
                cases.add(Golden.map("name", body.getKey(), "compressionType", type.name(), "level", 5,
                    "sysFlag", MessageSysFlag.COMPRESSED_FLAG | type.getCompressionFlag(),
                    "plainHex", Golden.hex(body.getValue()), "compressedHex", Golden.hex(compressed)));
            }
        }
        return cases;
    }

    /** `=` stands for the byte between name and value, `;` for the one between properties. */
    static Object captureProperties() {
        String[] texts = {"", "a=b;", "a=b", "a=b;c=d", "a=;c=d;", "a;c=d;", "=v;", "a=b=c;", "a=1;a=2;", ";;x=y;",
            "grün=你好;", "noSeparatorAtAll"};
        List<Object> cases = new ArrayList<>();
        for (String readable : texts) {
            String text = readable.replace('=', MessageDecoder.NAME_VALUE_SEPARATOR)
                .replace(';', MessageDecoder.PROPERTY_SEPARATOR);
            Map<String, String> decoded = MessageDecoder.string2messageProperties(text);
            cases.add(Golden.map("readable", readable, "textHex", Golden.hex(text.getBytes(StandardCharsets.UTF_8)),
                "properties", decoded == null ? null : new TreeMap<>(decoded)));
        }
        return cases;
    }
}

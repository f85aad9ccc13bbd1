import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.common.MQVersion;
import org.apache.rocketmq.common.TopicFilterType;
import org.apache.rocketmq.common.message.MessageClientIDSetter;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.common.topic.TopicValidator;
import org.apache.rocketmq.remoting.protocol.LanguageCode;
import org.apache.rocketmq.remoting.protocol.RequestCode;
import org.apache.rocketmq.remoting.protocol.ResponseCode;

/** Message ids, hashes, names and the tables of codes. */
final class GoldenIdentifiers {
    private GoldenIdentifiers() {
    }

    static Object capture() throws Exception {
        return Golden.map("offsetMessageIds", offsetMessageIds(), "uniqueKeys", uniqueKeys(), "hashCodes", hashCodes(),
            "tagsCodes", tagsCodes(), "topicNames", topicNames());
    }

    private static Object offsetMessageIds() throws Exception {
        List<Object> ids = new ArrayList<>();
        for (String host : new String[] {"127.0.0.1", "10.255.0.128", "2001:db8::8a2e:370:7334"}) {
            for (long offset : new long[] {0, 456, 1L << 40, (1L << 53) - 1}) {
                InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), 10911);
                ids.add(Golden.map("addressHex", Golden.hex(address.getAddress().getAddress()), "port", 10911,
                    "commitLogOffset", offset, "id", MessageDecoder.createMessageId(address, offset)));
            }
        }
        return ids;
    }

    /** Fixed ids as Java reads them; the time part counts milliseconds since the start of the month. */
    private static Object uniqueKeys() {
        List<Object> keys = new ArrayList<>();
        String[] ids = {"7F000001000A18B4AAC2000000000001", "0AFF0080FFFF251A69D7A1B2C3D4FFFF",
            "20010DB80000000000008A2E03707334000A18B4AAC2000000000001"};
        for (String id : ids) {
            int end = id.length();
            keys.add(Golden.map("id", id, "ip", MessageClientIDSetter.getIPStrFromID(id),
                "pid", MessageClientIDSetter.getPidFromID(id), "classLoaderHash", id.substring(end - 20, end - 12),
                "sinceMonthStartMillis", Long.parseLong(id.substring(end - 12, end - 4), 16),
                "counter", Integer.parseInt(id.substring(end - 4), 16)));
        }
        return keys;
    }

    private static Object hashCodes() {
        List<Object> hashes = new ArrayList<>();
        String[] texts = {"", "a", "TagA", "TagB", "grün", "你好", "😀 emoji", "polygenelubricants", "x".repeat(300)};
        for (String text : texts) {
            hashes.add(Golden.map("text", text, "hashCode", text.hashCode()));
        }
        return hashes;
    }

    private static Object tagsCodes() {
        List<Object> codes = new ArrayList<>();
        for (String tag : new String[] {null, "", "TagA", "TagB", "你好", "polygenelubricants"}) {
            long code = MessageExtBrokerInner.tagsString2tagsCode(TopicFilterType.SINGLE_TAG, tag);
            codes.add(Golden.map("tag", tag, "tagsCode", code));
        }
        return codes;
    }

    private static Object topicNames() {
        List<Object> names = new ArrayList<>();
        String[] topics = {"", " ", "a", "abcXYZ019_-", "%RETRY%group", "a|b", "a.b", "grün", "a b", "t".repeat(127),
            "t".repeat(128), "TBW102", "SCHEDULE_TOPIC_XXXX", "SELF_TEST_TOPIC", "RMQ_SYS_TRANS_HALF_TOPIC",
            "rmq_sys_anything", "BenchmarkTest"};
        for (String topic : topics) {
            TopicValidator.ValidateTopicResult result = TopicValidator.validateTopic(topic);
            names.add(Golden.map("topic", topic, "valid", result.isValid(), "remark", result.getRemark(),
                "system", TopicValidator.isSystemTopic(topic),
                "notAllowedToSend", TopicValidator.isNotAllowedSendTopic(topic)));
        }
        return names;
    }

    static Object captureCodes() throws Exception {
        Map<String, Object> versions = new TreeMap<>();
        for (MQVersion.Version version : MQVersion.Version.values()) {
            if (version.ordinal() <= MQVersion.Version.V5_3_3.ordinal()) {
                versions.put(version.name(), version.ordinal());
            }
        }
        Map<String, Object> languages = new TreeMap<>();
        for (LanguageCode language : LanguageCode.values()) {
            languages.put(language.name(), (int) language.getCode());
        }
        return Golden.map("requestCodes", constants(RequestCode.class), "responseCodes", constants(ResponseCode.class),
            "languageCodes", languages, "versions", versions);
    }

    private static Map<String, Object> constants(Class<?> type) throws Exception {
        Map<String, Object> values = new TreeMap<>();
        for (Field field : type.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
                values.put(field.getName(), field.getInt(null));
            }
        }
        return values;
    }
}

import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.serializer.SerializerFeature;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.common.MQVersion;
import org.apache.rocketmq.common.compression.CompressionType;
import org.apache.rocketmq.common.compression.CompressorFactory;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.remoting.CommandCustomHeader;
import org.apache.rocketmq.remoting.annotation.CFNotNull;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.RemotingSerializable;
import org.apache.rocketmq.remoting.protocol.body.RegisterBrokerBody;

/**
 * Reads bytes that CentaurMQ wrote with Apache RocketMQ's own classes, and tells what it saw. Each line of the first file is
 * kind, detail and hex, with tabs between; each line of the second is a JSON object.
 */
public final class ReadBack {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private ReadBack() {
    }

    public static void main(String[] args) throws Exception {
        List<String> answers = new ArrayList<>();
        for (String line : Files.readAllLines(Paths.get(args[0]), StandardCharsets.UTF_8)) {
            String[] parts = line.split("\t", -1);
            Map<String, Object> answer = new LinkedHashMap<>();
            try {
                read(parts[0], parts[1], unhex(parts[2]), answer);
            } catch (Throwable e) {
                answer.put("error", e.toString());
            }
            answers.add(JSON.toJSONString(answer, SerializerFeature.DisableCircularReferenceDetect,
                SerializerFeature.WriteMapNullValue));
        }
        Path target = Paths.get(args[1]);
        Files.write(target, answers, StandardCharsets.UTF_8);
        System.exit(0);
    }

    private static void read(String kind, String detail, byte[] bytes, Map<String, Object> answer) throws Exception {
        switch (kind) {
            case "body":
                answer.put("text", RemotingSerializable.toJson(RemotingSerializable.decode(bytes, Class.forName(detail)), false));
                return;
            case "registration":
                answer.put("text", RemotingSerializable.toJson(
                    RegisterBrokerBody.decode(bytes, true, MQVersion.value2Version(MQVersion.CURRENT_VERSION)), false));
                return;
            case "compressed":
                answer.put("hex", hex(CompressorFactory.getCompressor(CompressionType.of(detail)).decompress(bytes)));
                return;
            case "frame":
                readFrame(bytes, answer);
                return;
            case "header":
                readHeader(detail, bytes, answer);
                return;
            case "record":
                readRecord(bytes, answer);
                return;
            case "batch":
                readBatch(bytes, answer);
                return;
            default:
                throw new IllegalArgumentException(kind);
        }
    }

    private static void readFrame(byte[] bytes, Map<String, Object> answer) throws Exception {
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        int length = frame.getInt();
        if (length != frame.remaining()) {
            throw new IllegalStateException("length word " + length + ", remaining " + frame.remaining());
        }
        RemotingCommand command = RemotingCommand.decode(frame);
        answer.put("code", command.getCode());
        answer.put("language", command.getLanguage().name());
        answer.put("version", command.getVersion());
        answer.put("opaque", command.getOpaque());
        answer.put("flag", command.getFlag());
        answer.put("remark", command.getRemark());
        answer.put("extFields", command.getExtFields() == null ? null : new TreeMap<>(command.getExtFields()));
        answer.put("body", command.getBody() == null ? "" : hex(command.getBody()));
    }

    /** What the header class of this name makes of the fields, and which of its fields it declares and requires. */
    private static void readHeader(String name, byte[] bytes, Map<String, Object> answer) throws Exception {
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        frame.getInt();
        Class<? extends CommandCustomHeader> type = headerClass(name);
        CommandCustomHeader header = RemotingCommand.decode(frame).decodeCommandCustomHeader(type, false);
        Map<String, Object> values = new TreeMap<>();
        List<String> required = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) {
                continue;
            }
            field.setAccessible(true);
            Object value = field.get(header);
            values.put(field.getName(), value == null ? null : value.toString());
            if (field.getAnnotation(CFNotNull.class) != null) {
                required.add(field.getName());
            }
        }
        answer.put("values", values);
        answer.put("required", required);
    }

    private static Class<? extends CommandCustomHeader> headerClass(String name) throws ClassNotFoundException {
        for (String folder : new String[] {"", "namesrv."}) {
            try {
                return Class.forName("org.apache.rocketmq.remoting.protocol.header." + folder + name)
                    .asSubclass(CommandCustomHeader.class);
            } catch (ClassNotFoundException e) {
                // The next folder may have it.
            }
        }
        throw new ClassNotFoundException(name);
    }

    private static void readRecord(byte[] bytes, Map<String, Object> answer) {
        MessageExt message = MessageDecoder.decode(ByteBuffer.wrap(bytes), true, false, false, false, true);
        if (message == null) {
            throw new IllegalStateException("not readable");
        }
        answer.put("topic", message.getTopic());
        answer.put("queueId", message.getQueueId());
        answer.put("flag", message.getFlag());
        answer.put("queueOffset", message.getQueueOffset());
        answer.put("commitLogOffset", message.getCommitLogOffset());
        answer.put("sysFlag", message.getSysFlag());
        answer.put("bornTimestamp", message.getBornTimestamp());
        answer.put("storeTimestamp", message.getStoreTimestamp());
        answer.put("reconsumeTimes", message.getReconsumeTimes());
        answer.put("preparedTransactionOffset", message.getPreparedTransactionOffset());
        answer.put("storeSize", message.getStoreSize());
        answer.put("bodyCrc", message.getBodyCRC());
        answer.put("msgId", message.getMsgId());
        answer.put("properties", new TreeMap<>(message.getProperties()));
        answer.put("body", message.getBody() == null ? "" : hex(message.getBody()));
    }

    private static void readBatch(byte[] bytes, Map<String, Object> answer) throws Exception {
        List<Object> elements = new ArrayList<>();
        for (Message message : MessageDecoder.decodeMessages(ByteBuffer.wrap(bytes))) {
            Map<String, Object> element = new LinkedHashMap<>();
            element.put("flag", message.getFlag());
            element.put("properties", new TreeMap<>(message.getProperties()));
            element.put("body", hex(message.getBody()));
            elements.add(element);
        }
        answer.put("elements", elements);
    }

    private static byte[] unhex(String text) {
        byte[] bytes = new byte[text.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(text.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length * 2);
        for (byte value : bytes) {
            text.append(HEX[(value >> 4) & 0xf]).append(HEX[value & 0xf]);
        }
        return text.toString();
    }
}

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.common.BoundaryType;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.remoting.CommandCustomHeader;
import org.apache.rocketmq.remoting.protocol.LanguageCode;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.RequestCode;
import org.apache.rocketmq.remoting.protocol.ResponseCode;
import org.apache.rocketmq.remoting.protocol.SerializeType;
import org.apache.rocketmq.remoting.protocol.header.PullMessageRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.PullMessageResponseHeader;
import org.apache.rocketmq.remoting.protocol.header.QueryConsumerOffsetRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.QueryMessageRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.SearchOffsetRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.SendMessageRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.SendMessageRequestHeaderV2;
import org.apache.rocketmq.remoting.protocol.header.SendMessageResponseHeader;
import org.apache.rocketmq.remoting.protocol.header.UnregisterClientRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.UpdateConsumerOffsetRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.namesrv.GetRouteInfoRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.namesrv.RegisterBrokerRequestHeader;
import org.apache.rocketmq.remoting.protocol.heartbeat.ConsumeType;
import org.apache.rocketmq.remoting.protocol.heartbeat.ConsumerData;
import org.apache.rocketmq.remoting.protocol.heartbeat.HeartbeatData;
import org.apache.rocketmq.remoting.protocol.heartbeat.MessageModel;
import org.apache.rocketmq.remoting.protocol.heartbeat.ProducerData;
import org.apache.rocketmq.remoting.protocol.heartbeat.SubscriptionData;

/** Whole frames as Netty's encoder puts them on the wire, each in both header codecs. */
final class GoldenFrames {
    private static final long BORN = 1_700_000_000_123L;

    private final List<Object> frames = new ArrayList<>();

    private GoldenFrames() {
    }

    static Object capture() throws Exception {
        GoldenFrames golden = new GoldenFrames();
        golden.sends();
        golden.pulls();
        golden.offsets();
        golden.clients();
        golden.responses();
        golden.routes();
        return golden.frames;
    }

    private void sends() throws Exception {
        byte[] body = "Hello RocketMQ, grüß dich 你好".getBytes(StandardCharsets.UTF_8);
        add("send v1", RequestCode.SEND_MESSAGE, sendHeader(), body, 1, false);
        SendMessageRequestHeaderV2 letters = SendMessageRequestHeaderV2.createSendMessageRequestHeaderV2(sendHeader());
        add("send v2", RequestCode.SEND_MESSAGE_V2, letters, body, 2, false);
        add("send v2 one-way", RequestCode.SEND_MESSAGE_V2, letters, body, 3, true);
        add("send v2 with an empty body", RequestCode.SEND_MESSAGE_V2, letters, new byte[0], 4, false);

        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            byte[] part = ("body " + i).getBytes(StandardCharsets.UTF_8);
            Message message = new Message("golden-topic", i == 1 ? null : "TagA", "key-" + i, part);
            message.setFlag(i);
            messages.add(message);
        }
        SendMessageRequestHeader batch = sendHeader();
        batch.setBatch(true);
        add("send batch", RequestCode.SEND_BATCH_MESSAGE, SendMessageRequestHeaderV2.createSendMessageRequestHeaderV2(batch),
            MessageDecoder.encodeMessages(messages), 5, false);
    }

    private static SendMessageRequestHeader sendHeader() {
        SendMessageRequestHeader header = new SendMessageRequestHeader();
        header.setProducerGroup("golden-producer");
        header.setTopic("golden-topic");
        header.setDefaultTopic("TBW102");
        header.setDefaultTopicQueueNums(4);
        header.setQueueId(3);
        header.setSysFlag(0);
        header.setBornTimestamp(BORN);
        header.setFlag(7);
        Map<String, String> properties = new TreeMap<>();
        properties.put("KEYS", "order-1 order-2");
        properties.put("TAGS", "TagA");
        properties.put("UNIQ_KEY", "7F000001000A18B4AAC2000000000001");
        properties.put("WAIT", "true");
        properties.put("colour", "grün");
        header.setProperties(MessageDecoder.messageProperties2String(properties));
        header.setReconsumeTimes(0);
        header.setUnitMode(false);
        header.setMaxReconsumeTimes(16);
        header.setBatch(false);
        header.setBrokerName("broker-a");
        return header;
    }

    private void pulls() throws Exception {
        PullMessageRequestHeader pull = new PullMessageRequestHeader();
        pull.setConsumerGroup("golden-consumer");
        pull.setTopic("golden-topic");
        pull.setQueueId(2);
        pull.setQueueOffset(1_234_567_890_123L);
        pull.setMaxMsgNums(32);
        pull.setSysFlag(3);
        pull.setCommitOffset(1_234_567_890_000L);
        pull.setSuspendTimeoutMillis(15_000L);
        pull.setSubscription("TagA || TagB");
        pull.setSubVersion(BORN);
        pull.setMaxMsgBytes(Integer.MAX_VALUE);
        pull.setRequestSource(0);
        pull.setExpressionType("TAG");
        pull.setBrokerName("broker-a");
        add("pull", RequestCode.PULL_MESSAGE, pull, null, 10, false);
        add("lite pull", RequestCode.LITE_PULL_MESSAGE, pull, null, 11, false);
    }

    private void offsets() throws Exception {
        QueryConsumerOffsetRequestHeader query = new QueryConsumerOffsetRequestHeader();
        query.setConsumerGroup("golden-consumer");
        query.setTopic("golden-topic");
        query.setQueueId(0);
        query.setSetZeroIfNotFound(false);
        add("query consumer offset", RequestCode.QUERY_CONSUMER_OFFSET, query, null, 12, false);

        UpdateConsumerOffsetRequestHeader update = new UpdateConsumerOffsetRequestHeader();
        update.setConsumerGroup("golden-consumer");
        update.setTopic("golden-topic");
        update.setQueueId(0);
        update.setCommitOffset(77L);
        add("update consumer offset, one-way", RequestCode.UPDATE_CONSUMER_OFFSET, update, null, 13, true);

        SearchOffsetRequestHeader search = new SearchOffsetRequestHeader();
        search.setTopic("golden-topic");
        search.setQueueId(0);
        search.setTimestamp(BORN);
        search.setBoundaryType(BoundaryType.UPPER);
        add("search offset", RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, search, null, 14, false);

        QueryMessageRequestHeader key = new QueryMessageRequestHeader();
        key.setTopic("golden-topic");
        key.setKey("order-1");
        key.setMaxNum(32);
        key.setBeginTimestamp(0L);
        key.setEndTimestamp(Long.MAX_VALUE);
        add("query message by key", RequestCode.QUERY_MESSAGE, key, null, 15, false);
    }

    private void clients() throws Exception {
        HeartbeatData heartbeat = new HeartbeatData();
        heartbeat.setClientID("127.0.0.1@4711#1700000000000");
        ProducerData producer = new ProducerData();
        producer.setGroupName("golden-producer");
        heartbeat.setProducerDataSet(new HashSet<>(Collections.singletonList(producer)));
        ConsumerData consumer = new ConsumerData();
        consumer.setGroupName("golden-consumer");
        consumer.setConsumeType(ConsumeType.CONSUME_PASSIVELY);
        consumer.setMessageModel(MessageModel.CLUSTERING);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
        SubscriptionData subscription = new SubscriptionData("golden-topic", "TagA");
        subscription.setTagsSet(new HashSet<>(Collections.singletonList("TagA")));
        subscription.setCodeSet(new HashSet<>(Collections.singletonList("TagA".hashCode())));
        subscription.setSubVersion(BORN);
        consumer.setSubscriptionDataSet(new HashSet<>(Collections.singletonList(subscription)));
        heartbeat.setConsumerDataSet(new HashSet<>(Collections.singletonList(consumer)));
        add("heartbeat", RequestCode.HEART_BEAT, null, heartbeat.encode(), 20, false);

        UnregisterClientRequestHeader unregister = new UnregisterClientRequestHeader();
        unregister.setClientID("127.0.0.1@4711#1700000000000");
        unregister.setConsumerGroup("golden-consumer");
        add("unregister client", RequestCode.UNREGISTER_CLIENT, unregister, null, 21, false);
    }

    private void responses() throws Exception {
        SendMessageResponseHeader sent = new SendMessageResponseHeader();
        sent.setMsgId("7F00000100002A9F00000000000001C8");
        sent.setQueueId(3);
        sent.setQueueOffset(42L);
        sent.setTransactionId("7F000001000A18B4AAC2000000000001");
        addResponse("send response", ResponseCode.SUCCESS, null, sent, null, 2);

        PullMessageResponseHeader pulled = new PullMessageResponseHeader();
        pulled.setNextBeginOffset(43L);
        pulled.setMinOffset(0L);
        pulled.setMaxOffset(43L);
        pulled.setSuggestWhichBrokerId(0L);
        pulled.setTopicSysFlag(0);
        pulled.setGroupSysFlag(0);
        pulled.setForbiddenType(0);
        byte[] records = GoldenRecords.sample("golden-topic", 42, 0, false);
        addResponse("pull response", ResponseCode.SUCCESS, "FOUND", pulled, records, 10);

        addResponse("error response", ResponseCode.TOPIC_NOT_EXIST,
            "No topic route info in name server for the topic: grün", null, null, 30);
        addResponse("empty response", ResponseCode.SUCCESS, null, null, null, 31);
    }

    private void routes() throws Exception {
        GetRouteInfoRequestHeader route = new GetRouteInfoRequestHeader();
        route.setTopic("golden-topic");
        route.setAcceptStandardJsonOnly(true);
        add("get route", RequestCode.GET_ROUTEINFO_BY_TOPIC, route, null, 40, false);

        RegisterBrokerRequestHeader register = new RegisterBrokerRequestHeader();
        register.setBrokerName("broker-a");
        register.setBrokerAddr("127.0.0.1:10911");
        register.setClusterName("DefaultCluster");
        register.setHaServerAddr("127.0.0.1:10912");
        register.setBrokerId(0L);
        register.setHeartbeatTimeoutMillis(120_000L);
        register.setEnableActingMaster(false);
        register.setCompressed(false);
        register.setBodyCrc32(123_456_789);
        add("register broker", RequestCode.REGISTER_BROKER, register, "{}".getBytes(StandardCharsets.UTF_8), 41, false);
    }

    private void add(String name, int code, CommandCustomHeader header, byte[] body, int opaque, boolean oneway)
        throws Exception {
        for (SerializeType type : SerializeType.values()) {
            RemotingCommand command = RemotingCommand.createRequestCommand(code, header);
            if (oneway) {
                command.markOnewayRPC();
            }
            command.setBody(body);
            finish(name, command, opaque, type);
        }
    }

    private void addResponse(String name, int code, String remark, CommandCustomHeader header, byte[] body, int opaque)
        throws Exception {
        for (SerializeType type : SerializeType.values()) {
            RemotingCommand response = RemotingCommand.createResponseCommandWithHeader(code, header);
            response.setRemark(remark);
            response.setBody(body);
            if (header instanceof SendMessageResponseHeader) {
                response.addExtField("MSG_REGION", "DefaultRegion");
                response.addExtField("TRACE_ON", "true");
            }
            finish(name, response, opaque, type);
        }
    }

    private void finish(String name, RemotingCommand command, int opaque, SerializeType type) throws Exception {
        command.setOpaque(opaque);
        command.setVersion(479);
        command.setLanguage(LanguageCode.JAVA);
        command.setSerializeTypeCurrentRPC(type);
        ByteBuf out = Unpooled.buffer();
        command.fastEncodeHeader(out);
        if (command.getBody() != null) {
            out.writeBytes(command.getBody());
        }
        byte[] frame = new byte[out.readableBytes()];
        out.readBytes(frame);

        RemotingCommand decoded = RemotingCommand.decode(ByteBuffer.wrap(frame, 4, frame.length - 4).slice());
        HashMap<String, String> fields = decoded.getExtFields();
        byte[] body = decoded.getBody();
        frames.add(Golden.map("name", name, "serializeType", type.name(), "code", decoded.getCode(),
            "language", decoded.getLanguage().name(), "version", decoded.getVersion(), "opaque", decoded.getOpaque(),
            "flag", decoded.getFlag(), "remark", decoded.getRemark(),
            "extFields", fields == null ? null : new TreeMap<>(fields),
            "bodyHex", body == null ? null : Golden.hex(body), "frameHex", Golden.hex(frame)));
    }
}

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.serializer.SerializerFeature;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.DataVersion;
import org.apache.rocketmq.remoting.protocol.LanguageCode;
import org.apache.rocketmq.remoting.protocol.RemotingSerializable;
import org.apache.rocketmq.remoting.protocol.admin.ConsumeStats;
import org.apache.rocketmq.remoting.protocol.admin.OffsetWrapper;
import org.apache.rocketmq.remoting.protocol.admin.TopicOffset;
import org.apache.rocketmq.remoting.protocol.admin.TopicStatsTable;
import org.apache.rocketmq.remoting.protocol.body.BrokerMemberGroup;
import org.apache.rocketmq.remoting.protocol.body.ClusterInfo;
import org.apache.rocketmq.remoting.protocol.body.Connection;
import org.apache.rocketmq.remoting.protocol.body.ConsumerConnection;
import org.apache.rocketmq.remoting.protocol.body.ConsumerOffsetSerializeWrapper;
import org.apache.rocketmq.remoting.protocol.body.GetBrokerMemberGroupResponseBody;
import org.apache.rocketmq.remoting.protocol.body.GetConsumerStatusBody;
import org.apache.rocketmq.remoting.protocol.body.KVTable;
import org.apache.rocketmq.remoting.protocol.body.LockBatchRequestBody;
import org.apache.rocketmq.remoting.protocol.body.LockBatchResponseBody;
import org.apache.rocketmq.remoting.protocol.body.ProducerConnection;
import org.apache.rocketmq.remoting.protocol.body.QueryConsumeTimeSpanBody;
import org.apache.rocketmq.remoting.protocol.body.QueueTimeSpan;
import org.apache.rocketmq.remoting.protocol.body.RegisterBrokerBody;
import org.apache.rocketmq.remoting.protocol.body.ResetOffsetBody;
import org.apache.rocketmq.remoting.protocol.body.SubscriptionGroupWrapper;
import org.apache.rocketmq.remoting.protocol.body.TopicConfigAndMappingSerializeWrapper;
import org.apache.rocketmq.remoting.protocol.body.TopicList;
import org.apache.rocketmq.remoting.protocol.heartbeat.ConsumeType;
import org.apache.rocketmq.remoting.protocol.heartbeat.MessageModel;
import org.apache.rocketmq.remoting.protocol.heartbeat.SubscriptionData;
import org.apache.rocketmq.remoting.protocol.route.BrokerData;
import org.apache.rocketmq.remoting.protocol.route.QueueData;
import org.apache.rocketmq.remoting.protocol.route.TopicRouteData;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;

/** JSON bodies as the servers write them: `text` is what goes on the wire, byte for byte. */
final class GoldenBodies {
    private static final long TIME = 1_700_000_000_123L;

    private final List<Object> bodies = new ArrayList<>();

    private GoldenBodies() {
    }

    static Object capture() throws Exception {
        GoldenBodies golden = new GoldenBodies();
        golden.routes();
        golden.queueTables();
        golden.configuration();
        golden.clients();
        return golden.bodies;
    }

    private void routes() {
        TopicRouteData route = new TopicRouteData();
        QueueData queue = new QueueData();
        queue.setBrokerName("broker-a");
        queue.setReadQueueNums(8);
        queue.setWriteQueueNums(8);
        queue.setPerm(6);
        queue.setTopicSysFlag(0);
        route.setQueueDatas(new ArrayList<>(Collections.singletonList(queue)));
        route.setBrokerDatas(new ArrayList<>(Collections.singletonList(broker())));
        add("TopicRouteData, fastjson", route);
        String standard = JSON.toJSONString(route, SerializerFeature.BrowserCompatible, SerializerFeature.QuoteFieldNames,
            SerializerFeature.SkipTransientField, SerializerFeature.MapSortField);
        bodies.add(Golden.map("name", "TopicRouteData, standard JSON", "text", standard));
        route.setOrderTopicConf("broker-a:8;broker-b:8");
        add("TopicRouteData with orderTopicConf", route);

        ClusterInfo cluster = new ClusterInfo();
        cluster.setBrokerAddrTable(new HashMap<>(Collections.singletonMap("broker-a", broker())));
        cluster.setClusterAddrTable(new HashMap<>(Collections.singletonMap("DefaultCluster",
            new LinkedHashSet<>(Arrays.asList("broker-a")))));
        add("ClusterInfo", cluster);

        BrokerMemberGroup group = new BrokerMemberGroup("DefaultCluster", "broker-a");
        group.setBrokerAddrs(new TreeMap<>(broker().getBrokerAddrs()));
        GetBrokerMemberGroupResponseBody members = new GetBrokerMemberGroupResponseBody();
        members.setBrokerMemberGroup(group);
        add("GetBrokerMemberGroupResponseBody", members);

        TopicList topics = new TopicList();
        topics.setTopicList(new LinkedHashSet<>(Arrays.asList("TopicA", "%RETRY%group")));
        add("TopicList", topics);
        KVTable table = new KVTable();
        table.setTable(new HashMap<>(Collections.singletonMap("TopicA", "broker-a:8;broker-b:8")));
        add("KVTable", table);
    }

    private static BrokerData broker() {
        HashMap<Long, String> addresses = new HashMap<>();
        addresses.put(0L, "10.0.0.1:10911");
        addresses.put(1L, "10.0.0.2:10911");
        return new BrokerData("DefaultCluster", "broker-a", addresses);
    }

    private static MessageQueue queue(int queueId) {
        return new MessageQueue("TopicA", "broker-a", queueId);
    }

    private static TopicOffset range(long minOffset) {
        TopicOffset range = new TopicOffset();
        range.setMinOffset(minOffset);
        range.setMaxOffset(100);
        range.setLastUpdateTimestamp(TIME);
        return range;
    }

    private void queueTables() {
        OffsetWrapper offset = new OffsetWrapper();
        offset.setBrokerOffset(100);
        offset.setConsumerOffset(90);
        offset.setPullOffset(95);
        offset.setLastTimestamp(TIME);
        ConsumeStats consume = new ConsumeStats();
        consume.setOffsetTable(new TreeMap<>(Collections.singletonMap(queue(0), offset)));
        consume.setConsumeTps(1.5);
        add("ConsumeStats", consume);

        TopicStatsTable stats = new TopicStatsTable();
        TreeMap<MessageQueue, TopicOffset> ranges = new TreeMap<>();
        ranges.put(queue(0), range(0));
        ranges.put(queue(1), range(1));
        stats.setOffsetTable(ranges);
        add("TopicStatsTable", stats);
        TopicOffset shared = range(2);
        ranges.put(queue(0), shared);
        ranges.put(queue(1), shared);
        add("TopicStatsTable with one object twice", stats);

        ResetOffsetBody reset = new ResetOffsetBody();
        reset.setOffsetTable(new TreeMap<>(Collections.singletonMap(queue(0), 12L)));
        add("ResetOffsetBody", reset);
        GetConsumerStatusBody status = new GetConsumerStatusBody();
        status.setMessageQueueTable(new TreeMap<>(Collections.singletonMap(queue(3), 12L)));
        add("GetConsumerStatusBody", status);

        LockBatchRequestBody lock = new LockBatchRequestBody();
        lock.setConsumerGroup("group");
        lock.setClientId("127.0.0.1@4711");
        lock.setMqSet(new LinkedHashSet<>(Arrays.asList(queue(0), queue(1))));
        add("LockBatchRequestBody", lock);
        LockBatchResponseBody locked = new LockBatchResponseBody();
        locked.setLockOKMQSet(new LinkedHashSet<>(Arrays.asList(queue(0), queue(1))));
        add("LockBatchResponseBody", locked);

        QueueTimeSpan span = new QueueTimeSpan();
        span.setMessageQueue(queue(0));
        span.setMinTimeStamp(TIME);
        span.setMaxTimeStamp(TIME + 1);
        span.setConsumeTimeStamp(TIME);
        span.setDelayTime(5);
        QueryConsumeTimeSpanBody spans = new QueryConsumeTimeSpanBody();
        spans.setConsumeTimeSpanSet(new ArrayList<>(Collections.singletonList(span)));
        add("QueryConsumeTimeSpanBody", spans);
    }

    private void configuration() {
        TopicConfig topic = new TopicConfig("TopicA", 8, 8, 6);
        topic.setAttributes(new HashMap<>(Collections.singletonMap("message.type", "NORMAL")));
        TopicConfigAndMappingSerializeWrapper topics = new TopicConfigAndMappingSerializeWrapper();
        topics.setTopicConfigTable(new ConcurrentHashMap<>(Collections.singletonMap("TopicA", topic)));
        topics.setDataVersion(version());
        topics.setMappingDataVersion(version());
        add("TopicConfigAndMappingSerializeWrapper", topics);
        RegisterBrokerBody register = new RegisterBrokerBody();
        register.setTopicConfigSerializeWrapper(topics);
        register.setFilterServerList(new ArrayList<>());
        add("RegisterBrokerBody", register);
        bodies.add(Golden.map("name", "RegisterBrokerBody, compressed", "hex", Golden.hex(register.encode(true))));
        bodies.add(Golden.map("name", "DataVersion", "text", text(version())));

        SubscriptionGroupConfig group = new SubscriptionGroupConfig();
        group.setGroupName("group");
        add("SubscriptionGroupConfig", group);
        SubscriptionGroupWrapper groups = new SubscriptionGroupWrapper();
        groups.setSubscriptionGroupTable(new ConcurrentHashMap<>(Collections.singletonMap("group", group)));
        groups.setDataVersion(version());
        add("SubscriptionGroupWrapper", groups);

        ConsumerOffsetSerializeWrapper offsets = new ConsumerOffsetSerializeWrapper();
        ConcurrentHashMap<Integer, Long> queues = new ConcurrentHashMap<>();
        queues.put(0, 12L);
        queues.put(1, 1L << 40);
        offsets.setOffsetTable(new ConcurrentHashMap<>(Collections.singletonMap("TopicA@group", queues)));
        offsets.setDataVersion(version());
        add("ConsumerOffsetSerializeWrapper", offsets);
    }

    private static DataVersion version() {
        DataVersion version = new DataVersion();
        version.setTimestamp(TIME);
        version.setCounter(new AtomicLong(7));
        version.setStateVersion(0);
        return version;
    }

    private void clients() {
        Connection connection = new Connection();
        connection.setClientId("127.0.0.1@4711");
        connection.setClientAddr("127.0.0.1:51234");
        connection.setLanguage(LanguageCode.JAVA);
        connection.setVersion(479);
        ConsumerConnection consumers = new ConsumerConnection();
        consumers.setConnectionSet(new HashSet<>(Collections.singletonList(connection)));
        SubscriptionData subscription = new SubscriptionData("TopicA", "TagA");
        subscription.setTagsSet(new HashSet<>(Collections.singletonList("TagA")));
        subscription.setCodeSet(new HashSet<>(Collections.singletonList("TagA".hashCode())));
        subscription.setSubVersion(TIME);
        consumers.setSubscriptionTable(new ConcurrentHashMap<>(Collections.singletonMap("TopicA", subscription)));
        consumers.setConsumeType(ConsumeType.CONSUME_PASSIVELY);
        consumers.setMessageModel(MessageModel.CLUSTERING);
        consumers.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        add("ConsumerConnection", consumers);
        ProducerConnection producers = new ProducerConnection();
        producers.setConnectionSet(new HashSet<>(Collections.singletonList(connection)));
        add("ProducerConnection", producers);
    }

    private void add(String name, Object body) {
        bodies.add(Golden.map("name", name, "text", text(body)));
    }

    private static String text(Object body) {
        return RemotingSerializable.toJson(body, false);
    }
}

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.apache.rocketmq.client.consumer.AllocateMessageQueueStrategy;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMachineRoomNearby;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragelyByCircle;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByMachineRoom;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueConsistentHash;
import org.apache.rocketmq.common.message.MessageQueue;

/** What each allocation strategy gives each consumer; queues are written brokerName:queueId. */
final class GoldenAllocation {
    private final List<Object> cases = new ArrayList<>();

    private GoldenAllocation() {
    }

    static Object capture() {
        GoldenAllocation golden = new GoldenAllocation();
        for (int queueCount : new int[] {1, 2, 3, 4, 5, 7, 8, 16}) {
            for (int consumerCount : new int[] {1, 2, 3, 4, 5}) {
                golden.simple(queueCount, consumerCount);
            }
        }
        golden.rooms();
        return golden.cases;
    }

    private void simple(int queueCount, int consumerCount) {
        List<MessageQueue> queues = queues(queueCount, "broker-a", "broker-b");
        List<String> consumers = new ArrayList<>();
        for (int i = 0; i < consumerCount; i++) {
            consumers.add("192.168.0." + (10 + i) + "@" + (4000 + i) + "#1700000000000");
        }
        add(new AllocateMessageQueueAveragely(), queues, consumers);
        add(new AllocateMessageQueueAveragelyByCircle(), queues, consumers);
        add(new AllocateMessageQueueConsistentHash(), queues, consumers);
    }

    private void rooms() {
        List<MessageQueue> queues = queues(10, "room1@broker-a", "room2@broker-b", "room3@broker-c");
        List<String> consumers = Arrays.asList("room1-c1", "room1-c2", "room2-c1");
        AllocateMessageQueueByMachineRoom byRoom = new AllocateMessageQueueByMachineRoom();
        byRoom.setConsumeridcs(new HashSet<>(Arrays.asList("room1", "room2")));
        add(byRoom, queues, consumers);
        add(new AllocateMachineRoomNearby(new AllocateMessageQueueAveragely(), new Rooms()), queues, consumers);
    }

    private static final class Rooms implements AllocateMachineRoomNearby.MachineRoomResolver {
        @Override
        public String brokerDeployIn(MessageQueue queue) {
            return queue.getBrokerName().split("@")[0];
        }

        @Override
        public String consumerDeployIn(String clientId) {
            return clientId.split("-")[0];
        }
    }

    private static List<MessageQueue> queues(int count, String... brokers) {
        List<MessageQueue> queues = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            queues.add(new MessageQueue("golden-topic", brokers[i % brokers.length], i / brokers.length));
        }
        queues.sort(null);
        return queues;
    }

    private void add(AllocateMessageQueueStrategy strategy, List<MessageQueue> queues, List<String> consumers) {
        List<Object> allocations = new ArrayList<>();
        for (String consumer : consumers) {
            allocations.add(texts(strategy.allocate("golden-consumer", consumer, queues, consumers)));
        }
        cases.add(Golden.map("strategy", strategy.getName(), "queues", texts(queues), "consumers", consumers,
            "allocations", allocations));
    }

    private static String texts(List<MessageQueue> queues) {
        List<String> texts = new ArrayList<>();
        for (MessageQueue queue : queues) {
            texts.add(queue.getBrokerName() + ":" + queue.getQueueId());
        }
        return String.join(" ", texts);
    }
}

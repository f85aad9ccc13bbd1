import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Prints every message of every queue of the topics given by `--topics a,b`, and each queue's offsets. */
public final class Dump {
    private static final int BATCH_MESSAGES = 32;

    private Dump() {
    }

    public static void main(String[] args) throws Exception {
        Events.endOnFailure();
        Events.endWithParent();
        Options options = new Options(args, 0);
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(options.text("group", "interop-dump"));
        options.configure(consumer);
        consumer.start();
        for (String topic : options.text("topics").split(",")) {
            for (MessageQueue queue : new TreeSet<>(consumer.fetchSubscribeMessageQueues(topic))) {
                dump(consumer, queue);
            }
        }
        Events.print("done");
        consumer.shutdown();
        System.exit(0);
    }

    private static void dump(DefaultMQPullConsumer consumer, MessageQueue queue) throws Exception {
        long minOffset = consumer.minOffset(queue);
        long maxOffset = consumer.maxOffset(queue);
        long next = minOffset;
        while (next < maxOffset) {
            PullResult result = consumer.pull(queue, "*", next, BATCH_MESSAGES);
            if (result.getPullStatus() == PullStatus.FOUND) {
                for (MessageExt message : result.getMsgFoundList()) {
                    Events.printMessage(message, queue.getBrokerName());
                }
            }
            if (result.getNextBeginOffset() <= next) {
                throw new IllegalStateException(queue + " at " + next + " of " + maxOffset + ": " + result);
            }
            next = result.getNextBeginOffset();
        }
        Events.print("queue", "topic", queue.getTopic(), "brokerName", queue.getBrokerName(),
            "queueId", queue.getQueueId(), "minOffset", minOffset, "maxOffset", maxOffset);
    }
}

import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * A lite pull consumer that polls and prints an event "message" for each message. "stop" on standard input commits and shuts
 * it down; "queues" prints the queues it holds.
 */
public final class LitePull {
    private static volatile boolean stopping;

    private LitePull() {
    }

    public static void main(String[] args) throws Exception {
        Events.endOnFailure();
        Options options = new Options(args, 0);
        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(options.text("group"));
        options.configure(consumer);
        consumer.setInstanceName(options.text("instance"));
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setAutoCommit(false);
        consumer.subscribe(options.text("topic"), options.text("expression", "*"));
        consumer.start();
        Events.print("ready");
        Thread poll = new Thread(() -> {
            while (!stopping) {
                for (MessageExt message : consumer.poll(200)) {
                    Events.printMessage(message, message.getBrokerName());
                }
                consumer.commitSync();
            }
        }, "poll");
        poll.start();
        Events.awaitStop(() -> Events.print("queues", "queues", Events.text(consumer.assignment())));
        stopping = true;
        poll.join();
        consumer.shutdown();
        Events.print("stopped");
        System.exit(0);
    }
}

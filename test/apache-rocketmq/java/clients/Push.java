import java.lang.reflect.Method;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * A push consumer that prints an event "message" for each it is given. Line "queues" on standard input prints the queues it
 * holds; "stop" shuts it down. `--fail-first true` sends each message back once.
 */
public final class Push {
    private Push() {
    }

    public static void main(String[] args) throws Exception {
        Events.endOnFailure();
        Options options = new Options(args, 0);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(options.text("group"));
        options.configure(consumer);
        consumer.setInstanceName(options.text("instance"));
        setMessageModel(consumer, options.text("model", "CLUSTERING"));
        consumer.setConsumeFromWhere(ConsumeFromWhere.valueOf(options.text("from", "CONSUME_FROM_FIRST_OFFSET")));
        consumer.setConsumeThreadMin(4);
        consumer.setConsumeThreadMax(4);
        consumer.setPersistConsumerOffsetInterval(1000);
        consumer.subscribe(options.text("topic"), options.text("expression", "*"));
        boolean failFirst = Boolean.parseBoolean(options.text("fail-first", "false"));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                Events.printMessage(message, context.getMessageQueue().getBrokerName());
            }
            boolean sendBack = failFirst && messages.get(0).getReconsumeTimes() == 0;
            return sendBack ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Events.print("ready", "clientId", consumer.buildMQClientId());
        Events.awaitStop(() -> Events.print("queues", "queues",
            Events.text(consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet())));
        consumer.shutdown();
        Events.print("stopped");
        System.exit(0);
    }

    /** MessageModel moved to another package between 4.9 and 5.0. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static void setMessageModel(DefaultMQPushConsumer consumer, String model) throws Exception {
        for (Method method : DefaultMQPushConsumer.class.getMethods()) {
            if (method.getName().equals("setMessageModel")) {
                method.invoke(consumer, Enum.valueOf((Class<Enum>) method.getParameterTypes()[0], model));
                return;
            }
        }
        throw new IllegalStateException("DefaultMQPushConsumer has no setMessageModel");
    }
}

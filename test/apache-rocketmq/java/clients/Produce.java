import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Sends `--count` messages whose bodies are `<prefix>-<number>`, by `--mode` sync, async, oneway or batch; prints an event
 * "sent" or "failed" each (a one-way send has no result) and "done" at the end.
 *
 * `--queue n` sends everything to one queue; `--size n` pads bodies to n bytes; `--delay-level n` delays.
 */
public final class Produce {
    private static final int IN_FLIGHT_MAX = 64;
    private static final int BATCH_MESSAGES = 8;

    private final Options options;
    private final DefaultMQProducer producer;
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    private Produce(Options options) {
        this.options = options;
        producer = new DefaultMQProducer(options.text("group", "interop-producer"));
    }

    public static void main(String[] args) throws Exception {
        Events.endOnFailure();
        Events.endWithParent();
        new Produce(new Options(args, 0)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        options.configure(producer);
        producer.setSendMsgTimeout(options.number("timeout", 20_000));
        producer.setCompressMsgBodyOverHowmuch(options.number("compress-over", 4096));
        producer.setDefaultTopicQueueNums(options.number("queues", 4));
        producer.start();
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < options.number("count", 1); i++) {
            messages.add(message(i));
        }
        switch (options.text("mode", "sync")) {
            case "sync":
                sendSync(messages);
                break;
            case "async":
                sendAsync(messages);
                break;
            case "oneway":
                sendOneway(messages);
                break;
            case "batch":
                sendBatches(messages);
                break;
            default:
                throw new IllegalArgumentException("--mode " + options.text("mode"));
        }
        Events.print("done", "sent", sent.get(), "failed", failed.get());
        producer.shutdown();
    }

    private Message message(int number) {
        StringBuilder body = new StringBuilder(options.text("prefix", "body") + "-" + number);
        while (body.length() < options.number("size", 0)) {
            body.append('.');
        }
        String keys = options.text("prefix", "body") + "-key-" + number;
        String tags = options.text("tags", null);
        Message message = new Message(options.text("topic"), tags, keys, body.toString().getBytes(StandardCharsets.UTF_8));
        if (options.number("delay-level", 0) > 0) {
            message.setDelayTimeLevel(options.number("delay-level", 0));
        }
        return message;
    }

    private MessageQueue queue() throws Exception {
        int queueId = options.number("queue", -1);
        if (queueId < 0) {
            return null;
        }
        for (MessageQueue queue : producer.fetchPublishMessageQueues(options.text("topic"))) {
            if (queue.getQueueId() == queueId) {
                return queue;
            }
        }
        throw new IllegalArgumentException("the topic has no queue " + queueId);
    }

    private void sendSync(List<Message> messages) throws Exception {
        MessageQueue queue = queue();
        for (Message message : messages) {
            try {
                report(queue == null ? producer.send(message) : producer.send(message, queue), message);
            } catch (Exception error) {
                report(error, message);
            }
        }
    }

    private void sendAsync(List<Message> messages) throws Exception {
        CountDownLatch answered = new CountDownLatch(messages.size());
        Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
        for (Message message : messages) {
            inFlight.acquire();
            producer.send(message, new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    report(result, message);
                    inFlight.release();
                    answered.countDown();
                }

                @Override
                public void onException(Throwable error) {
                    report(error, message);
                    inFlight.release();
                    answered.countDown();
                }
            });
        }
        if (!answered.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException(answered.getCount() + " sends were never answered");
        }
    }

    private void sendOneway(List<Message> messages) throws Exception {
        MessageQueue queue = queue();
        for (Message message : messages) {
            if (queue == null) {
                producer.sendOneway(message);
            } else {
                producer.sendOneway(message, queue);
            }
            sent.incrementAndGet();
        }
        // The client closes its connection at shutdown without waiting for what is still being written.
        Thread.sleep(1000);
    }

    private void sendBatches(List<Message> messages) {
        for (int start = 0; start < messages.size(); start += BATCH_MESSAGES) {
            List<Message> batch = messages.subList(start, Math.min(start + BATCH_MESSAGES, messages.size()));
            try {
                SendResult result = producer.send(batch);
                sent.addAndGet(batch.size());
                Events.print("sent", "messages", batch.size(), "status", result.getSendStatus(), "msgId", result.getMsgId(),
                    "offsetMsgId", result.getOffsetMsgId(), "queueId", result.getMessageQueue().getQueueId(),
                    "queueOffset", result.getQueueOffset());
            } catch (Exception error) {
                failed.addAndGet(batch.size());
                Events.print("failed", "error", error);
            }
        }
    }

    private void report(SendResult result, Message message) {
        sent.incrementAndGet();
        Events.print("sent", "body", new String(message.getBody(), StandardCharsets.UTF_8), "status", result.getSendStatus(),
            "msgId", result.getMsgId(), "offsetMsgId", result.getOffsetMsgId(),
            "brokerName", result.getMessageQueue().getBrokerName(), "queueId", result.getMessageQueue().getQueueId(),
            "queueOffset", result.getQueueOffset(), "regionId", result.getRegionId(), "traceOn", result.isTraceOn());
    }

    private void report(Throwable error, Message message) {
        failed.incrementAndGet();
        Events.print("failed", "body", new String(message.getBody(), StandardCharsets.UTF_8), "error", error);
    }
}

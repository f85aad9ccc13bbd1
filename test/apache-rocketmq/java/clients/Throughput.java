import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/**
 * How fast the official client is: `--mode send` keeps `--in-flight` asynchronous sends of `--size` bytes under way for
 * `--seconds` after `--warm-up-seconds`; `--mode consume` counts what a push consumer of a new group gets of `--count`
 * messages after `--warm-up-count`. Prints an event "throughput" with "perSecond" and "failed".
 */
public final class Throughput {
    private Throughput() {
    }

    public static void main(String[] args) throws Exception {
        Events.endOnFailure();
        Events.endWithParent();
        Options options = new Options(args, 0);
        if (options.text("mode").equals("send")) {
            send(options);
        } else {
            consume(options);
        }
        System.exit(0);
    }

    private static void send(Options options) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("throughput-producer");
        options.configure(producer);
        producer.start();
        byte[] body = new byte[options.number("size", 100)];
        Arrays.fill(body, (byte) 'x');
        Semaphore inFlight = new Semaphore(options.number("in-flight", 1000));
        LongAdder sent = new LongAdder();
        LongAdder failed = new LongAdder();
        SendCallback callback = new SendCallback() {
            @Override
            public void onSuccess(SendResult result) {
                sent.increment();
                inFlight.release();
            }

            @Override
            public void onException(Throwable cause) {
                failed.increment();
                inFlight.release();
            }
        };
        long measuredFrom = System.nanoTime() + options.number("warm-up-seconds", 1) * 1_000_000_000L;
        long until = measuredFrom + options.number("seconds", 3) * 1_000_000_000L;
        long sentBefore = -1;
        long now;
        while ((now = System.nanoTime()) < until) {
            if (sentBefore < 0 && now >= measuredFrom) {
                sentBefore = sent.sum();
                measuredFrom = now;
            }
            inFlight.acquire();
            producer.send(new Message(options.text("topic"), body), callback, 10_000);
        }
        double seconds = (System.nanoTime() - measuredFrom) / 1e9;
        Events.print("throughput", "perSecond", (sent.sum() - sentBefore) / seconds, "failed", failed.sum());
    }

    private static void consume(Options options) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(options.text("group"));
        options.configure(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeMessageBatchMaxSize(32);
        consumer.subscribe(options.text("topic"), "*");
        int warmUpCount = options.number("warm-up-count", 0);
        int count = options.number("count", 100_000);
        LongAdder received = new LongAdder();
        AtomicReference<long[]> measuredFrom = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            received.add(messages.size());
            long sum = received.sum();
            if (sum >= warmUpCount && measuredFrom.get() == null) {
                measuredFrom.compareAndSet(null, new long[] {System.nanoTime(), sum});
            }
            if (sum >= warmUpCount + count) {
                done.countDown();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        done.await();
        long[] from = measuredFrom.get();
        double seconds = (System.nanoTime() - from[0]) / 1e9;
        Events.print("throughput", "perSecond", (received.sum() - from[1]) / seconds, "failed", 0);
    }
}

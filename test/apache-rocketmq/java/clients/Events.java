import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Events as one JSON object a line on standard output; commands as one word a line on standard input. */
final class Events {
    private static final PrintStream OUT =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    private Events() {
    }

    /** Prints `{"event":name,…}`; numbers and booleans stay what they are, everything else becomes a string. */
    static synchronized void print(String name, Object... pairs) {
        StringBuilder line = new StringBuilder("{\"event\":").append(quote(name));
        for (int i = 0; i < pairs.length; i += 2) {
            line.append(',').append(quote((String) pairs[i])).append(':');
            Object value = pairs[i + 1];
            boolean bare = value == null || value instanceof Number || value instanceof Boolean;
            line.append(bare ? String.valueOf(value) : quote(value.toString()));
        }
        OUT.println(line.append('}'));
    }

    static void printMessage(MessageExt message, String brokerName) {
        print("message", "topic", message.getTopic(), "brokerName", brokerName, "queueId", message.getQueueId(),
            "queueOffset", message.getQueueOffset(), "commitLogOffset", message.getCommitLogOffset(),
            "storeSize", message.getStoreSize(), "storeTimestamp", message.getStoreTimestamp(),
            "sysFlag", message.getSysFlag(), "msgId", message.getMsgId(), "keys", message.getKeys(),
            "tags", message.getTags(), "reconsumeTimes", message.getReconsumeTimes(),
            "body", new String(message.getBody(), StandardCharsets.UTF_8));
    }

    static String text(Iterable<MessageQueue> queues) {
        StringBuilder text = new StringBuilder();
        for (MessageQueue queue : queues) {
            text.append(text.length() == 0 ? "" : " ").append(queue.getTopic()).append('/')
                .append(queue.getBrokerName()).append('/').append(queue.getQueueId());
        }
        return text.toString();
    }

    interface Command {
        void run() throws Exception;
    }

    /** Runs `onQueues` for every line "queues" until "stop" or the end of the input. */
    static void awaitStop(Command onQueues) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.equals("stop"); line = in.readLine()) {
            if (line.equals("queues")) {
                onQueues.run();
            }
        }
    }

    /** Ends the process when its main thread fails; the client's own threads would keep it. */
    static void endOnFailure() {
        Thread main = Thread.currentThread();
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            error.printStackTrace();
            if (thread == main) {
                Runtime.getRuntime().halt(1);
            }
        });
    }

    /** Ends the process when the input ends, for programs that take no commands. */
    static void endWithParent() {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    // Only the end matters.
                }
            } catch (IOException closed) {
                // A broken pipe says the same.
            }
            Runtime.getRuntime().halt(143);
        }, "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < 0x20) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}

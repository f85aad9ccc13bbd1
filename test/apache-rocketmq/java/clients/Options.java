import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.client.ClientConfig;

/** `--name value` pairs of a command line. */
final class Options {
    private static final int API_TIMEOUT_MILLIS = 20_000;

    private final Map<String, String> values = new HashMap<>();

    Options(String[] args, int from) {
        for (int i = from; i < args.length; i += 2) {
            if (!args[i].startsWith("--") || i + 1 == args.length) {
                throw new IllegalArgumentException("expected --name value, found " + args[i]);
            }
            values.put(args[i].substring(2), args[i + 1]);
        }
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return value;
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    /** Where to find the cluster, and patience on a busy machine: the client's own limits are three seconds. */
    void configure(ClientConfig client) {
        client.setNamesrvAddr(text("namesrv"));
        client.setMqClientApiTimeout(API_TIMEOUT_MILLIS);
    }

    int number(String name, int otherwise) {
        return Integer.parseInt(values.getOrDefault(name, Integer.toString(otherwise)));
    }
}

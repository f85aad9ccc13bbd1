import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * Runs the main class named by the first argument and ends this process as soon as standard input is closed, so that
 * no Java process outlives a test run that was itself killed.
 */
public final class Launcher {
    private Launcher() {
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            System.err.println("Launcher: the main class is missing");
            System.exit(64);
        }
        Thread watch = new Thread(Launcher::endWithParent, "parent-watch");
        watch.setDaemon(true);
        watch.start();
        Method main = Class.forName(args[0]).getMethod("main", String[].class);
        main.invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // Nobody writes here; only the end of the stream matters.
            }
        } catch (IOException closed) {
            // A broken pipe says the same.
        }
        Runtime.getRuntime().halt(143);
    }
}

import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.serializer.SerializerFeature;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TimeZone;

/** Writes every golden file into the folder named by the first argument; the same bytes on every run. */
public final class Golden {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private Golden() {
    }

    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Path folder = Paths.get(args[0]);
        Files.createDirectories(folder);
        write(folder, "frames.json", GoldenFrames.capture());
        write(folder, "records.json", GoldenRecords.capture());
        write(folder, "batches.json", GoldenRecords.captureBatches());
        write(folder, "compression.json", GoldenRecords.captureCompression());
        write(folder, "properties.json", GoldenRecords.captureProperties());
        write(folder, "bodies.json", GoldenBodies.capture());
        write(folder, "identifiers.json", GoldenIdentifiers.capture());
        write(folder, "allocation.json", GoldenAllocation.capture());
        write(folder, "codes.json", GoldenIdentifiers.captureCodes());
        System.exit(0);
    }

    private static void write(Path folder, String name, Object content) throws Exception {
        String text = JSON.toJSONString(content, SerializerFeature.PrettyFormat, SerializerFeature.WriteMapNullValue,
            SerializerFeature.DisableCircularReferenceDetect);
        Files.write(folder.resolve(name), (text.replace("\t", "  ") + "\n").getBytes(StandardCharsets.UTF_8));
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length * 2);
        for (byte value : bytes) {
            text.append(HEX[(value >> 4) & 0xf]).append(HEX[value & 0xf]);
        }
        return text.toString();
    }

    /** A map that keeps the order in which its key and value pairs are given. */
    static Map<String, Object> map(Object... pairs) {
        Map<String, Object> result = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            result.put((String) pairs[i], pairs[i + 1]);
        }
        return result;
    }
}

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Prints the tables of UserAgentUtils 1.21, which the build puts into the binary: one row for each browser and operating
 * system in the order they are tried, one for each WebKit version. Run by setup-assets.sh with the jar in the class path:
 * java -cp UserAgentUtils-1.21.jar DumpUserAgentUtils.java
 */
public final class DumpUserAgentUtils {
  private static final String HOME = "eu.bitwalker.useragentutils.";

  public static void main(String[] arguments) throws Exception {
    StringBuilder out = new StringBuilder();
    for (Object it : Class.forName(HOME + "Browser").getEnumConstants()) {
      Object rule = get(it, "versionFetcher");
      String direct = "";
      String mapped = "";
      if (rule != null && has(rule, "fetchers")) {
        Object parts = get(rule, "fetchers");
        if (Array.getLength(parts) != 2) throw new IllegalStateException("a sequence of two was expected");
        direct = pattern(Array.get(parts, 0));
        mapped = pattern(Array.get(parts, 1));
        Map<?, ?> versions = (Map<?, ?>) get(Array.get(parts, 1), "versions");
        TreeMap<String, String> sorted = new TreeMap<>();
        versions.forEach((webkit, version) -> sorted.put(webkit.toString(), version.toString()));
        sorted.forEach((webkit, version) -> row(out, "webkit", webkit, version));
      } else if (rule != null) {
        direct = pattern(rule);
      }
      row(out, "browser", ((Enum<?>) it).name(), name(get(it, "parent")), get(it, "name"), list(get(it, "aliases")),
          list(get(it, "excludeList")), get(get(it, "browserType"), "name"), name(get(it, "renderingEngine")), direct, mapped);
    }
    for (Object it : Class.forName(HOME + "OperatingSystem").getEnumConstants()) {
      row(out, "system", ((Enum<?>) it).name(), name(get(it, "parent")), get(it, "name"), list(get(it, "aliases")),
          list(get(it, "excludeList")), get(get(it, "manufacturer"), "name"), get(get(it, "deviceType"), "name"), name(get(it, "deviceType")));
    }
    System.out.print(out);
  }

  private static boolean has(Object owner, String field) {
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      for (Field candidate : type.getDeclaredFields()) {
        if (candidate.getName().equals(field)) return true;
      }
    }
    return false;
  }

  private static Object get(Object owner, String field) throws Exception {
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      for (Field candidate : type.getDeclaredFields()) {
        if (candidate.getName().equals(field) && !type.equals(Enum.class)) {
          candidate.setAccessible(true);
          return candidate.get(owner);
        }
      }
    }
    throw new NoSuchFieldException(owner.getClass() + " has no " + field);
  }

  private static String name(Object constant) {
    return constant == null ? "" : ((Enum<?>) constant).name();
  }

  private static String pattern(Object rule) throws Exception {
    Pattern pattern = (Pattern) get(rule, "pattern");
    return (pattern.flags() == Pattern.CASE_INSENSITIVE ? "(?i)" : "") + pattern.pattern();
  }

  /** Texts with a bar after each, so that the empty text is not mistaken for no text. */
  private static String list(Object texts) {
    StringBuilder all = new StringBuilder();
    if (texts == null) return "";
    for (String text : (String[]) texts) {
      if (text.contains("|")) throw new IllegalStateException(text);
      all.append(text).append('|');
    }
    return all.toString();
  }

  private static void row(StringBuilder out, Object... cells) {
    StringJoiner row = new StringJoiner("\t", "", "\n");
    for (Object cell : cells) {
      String text = String.valueOf(cell);
      if (text.contains("\t") || text.contains("\n")) throw new IllegalStateException(text);
      row.add(text);
    }
    out.append(row);
  }
}

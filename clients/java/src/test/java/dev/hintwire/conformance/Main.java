package dev.hintwire.conformance;

import com.google.gson.JsonObject;
import dev.hintwire.client.HubException;
import io.grpc.StatusRuntimeException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** What {@code clients/CONFORMANCE.md} plays its scenarios with. */
public final class Main {
  private static final AtomicInteger EXIT = new AtomicInteger();

  private Main() {}

  public static void main(String[] arguments) throws Exception {
    // SIGTERM ends it with 0: the virtual machine itself would say 143.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(EXIT.get())));
    Words words = new Words(Arrays.asList(arguments).subList(1, arguments.length));
    try {
      switch (arguments[0]) {
        case "follow" -> Following.run(words);
        case "publish" -> Publishing.run(words);
        default -> throw new IllegalArgumentException("follow or publish, not " + arguments[0]);
      }
    } catch (HubException failure) {
      fail(failure);
    } catch (StatusRuntimeException failure) {
      fail(HubException.from(failure));
    }
    System.exit(EXIT.get());
  }

  private static void fail(HubException failure) {
    String reason = failure.reason().isEmpty() ? failure.code().name() : failure.reason();
    JsonObject line = new JsonObject();
    line.addProperty("failed", reason);
    line.addProperty("detail", failure.getMessage());
    Line.print(line);
    EXIT.set(1);
  }
}

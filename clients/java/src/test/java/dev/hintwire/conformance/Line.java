package dev.hintwire.conformance;

import com.google.gson.JsonObject;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Lines of standard output, in UTF-8 whatever the locale is, each flushed. */
final class Line {
  private static final PrintStream OUTPUT =
      new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

  private Line() {}

  static void print(JsonObject line) {
    OUTPUT.println(line);
  }
}

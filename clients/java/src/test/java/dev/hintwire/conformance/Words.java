package dev.hintwire.conformance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The command line. */
record Words(List<String> words) {
  String get(String flag, String otherwise) {
    return first(flag).orElse(otherwise);
  }

  Optional<String> first(String flag) {
    return all(flag).stream().findFirst();
  }

  List<String> all(String flag) {
    List<String> values = new ArrayList<>();
    for (int at = 0; at + 1 < words.size(); at++) {
      if (words.get(at).equals(flag)) {
        values.add(words.get(at + 1));
      }
    }
    return values;
  }

  boolean has(String flag) {
    return words.contains(flag);
  }

  Optional<Duration> seconds(String flag) {
    return first(flag).map(value -> Duration.ofNanos(Math.round(Double.parseDouble(value) * 1e9)));
  }
}

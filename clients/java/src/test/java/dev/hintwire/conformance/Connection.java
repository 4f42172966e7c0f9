package dev.hintwire.conformance;

import dev.hintwire.client.Hub;
import dev.hintwire.client.Tls;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The connection that the words ask for. */
final class Connection {
  private Connection() {}

  static ManagedChannel open(Words words) throws IOException {
    Hub hub = Hub.at(words.get("--hub", "127.0.0.1:7450"));
    Optional<Path> ca = file(words, "--tls-ca");
    if (ca.isPresent()) {
      hub.tls(new Tls(ca.get(), file(words, "--tls-cert").orElse(null), file(words, "--tls-key").orElse(null)));
    }
    file(words, "--token-file").ifPresent(file -> hub.token(() -> Files.readString(file).strip()));
    return hub.open();
  }

  private static Optional<Path> file(Words words, String flag) {
    return words.first(flag).map(Path::of);
  }
}

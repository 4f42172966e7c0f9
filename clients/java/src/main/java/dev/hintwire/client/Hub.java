package dev.hintwire.client;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Opens connections to a hub. They connect with the first call, and again when the connection is lost; one that falls
 * silent with calls open is given up after 30 s.
 *
 * <pre>{@code
 * Hub.at("hub.example:7450").tls(Tls.trusting(Path.of("ca.pem"))).token(this::token).open()
 * }</pre>
 */
public final class Hub {
  /** The largest event that a hub can be configured for, and room for its frame. */
  private static final int ANSWER_BYTES = 17 << 20;

  private final String target;
  private ChannelCredentials credentials = InsecureChannelCredentials.create();
  private Token token;

  private Hub(String target) {
    this.target = target;
  }

  /** A hub, e.g. {@code 127.0.0.1:7450}, without TLS unless more is said. */
  public static Hub at(String target) {
    return new Hub(target);
  }

  /** Prepares a connection without TLS and token. */
  public static ManagedChannel open(String target) {
    return at(target).open();
  }

  /**
   * Speaks TLS.
   *
   * @throws IOException a file cannot be read
   */
  public Hub tls(Tls tls) throws IOException {
    this.credentials = tls.credentials();
    return this;
  }

  /** Sends a bearer token with each call. Without TLS whoever is on the way can read it. */
  public Hub token(Token token) {
    this.token = token;
    return this;
  }

  /** Prepares the connection. */
  public ManagedChannel open() {
    var channel =
        Grpc.newChannelBuilder(target, credentials)
            .keepAliveTime(20, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .maxInboundMessageSize(ANSWER_BYTES);
    if (token != null) {
      channel.intercept(new TokenCredentials(token));
    }
    return channel.build();
  }
}

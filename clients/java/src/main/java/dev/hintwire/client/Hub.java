package dev.hintwire.client;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;

/** Opens connections to a hub. */
public final class Hub {
  /** The largest event that a hub can be configured for, and room for its frame. */
  private static final int ANSWER_BYTES = 17 << 20;

  private Hub() {}

  /**
   * Prepares a connection without TLS to a hub, e.g. {@code 127.0.0.1:7450}. It connects with the first call, and again
   * when the connection is lost; one that falls silent with calls open is given up after 30 s.
   */
  public static ManagedChannel open(String target) {
    return Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
        .keepAliveTime(20, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS)
        .maxInboundMessageSize(ANSWER_BYTES)
        .build();
  }
}

package dev.hintwire.client;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A hub that speaks TLS: whom to trust, and how to say who one is. Files are PEM, and are read once, by {@link
 * Hub#tls}.
 *
 * @param ca the certificates that the hub's may be signed by; null: those of the virtual machine
 * @param certificate the client's own, for a hub that asks for one; null: none
 * @param key its key, in PKCS#8
 */
public record Tls(Path ca, Path certificate, Path key) {
  /** Without a certificate of the client's own. */
  public static Tls trusting(Path ca) {
    return new Tls(ca, null, null);
  }

  ChannelCredentials credentials() throws IOException {
    TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
    if (ca != null) {
      credentials.trustManager(ca.toFile());
    }
    if (certificate != null) {
      credentials.keyManager(certificate.toFile(), key.toFile());
    }
    return credentials.build();
  }
}

package dev.hintwire.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A call that failed. Decide by {@link #reason}, not by the text. */
public final class HubException extends Exception {
  private static final String DOMAIN = "hintwire.v1";
  private static final long serialVersionUID = 1;

  /** What the hub says about the request itself, or about the caller, is final. */
  private static final Set<Status.Code> FINAL =
      EnumSet.of(
          Status.Code.INVALID_ARGUMENT,
          Status.Code.NOT_FOUND,
          Status.Code.ALREADY_EXISTS,
          Status.Code.PERMISSION_DENIED,
          Status.Code.FAILED_PRECONDITION,
          Status.Code.ABORTED,
          Status.Code.OUT_OF_RANGE,
          Status.Code.UNIMPLEMENTED,
          Status.Code.DATA_LOSS,
          Status.Code.UNAUTHENTICATED);

  private final Status.Code code;
  private final String reason;
  private final transient Map<String, String> metadata;
  private final Duration retryAfter;

  private HubException(Throwable cause, ErrorInfo info, Duration retryAfter) {
    super(text(cause, info.getReason()), cause);
    this.code = Status.fromThrowable(cause).getCode();
    this.reason = info.getReason();
    this.metadata = info.getMetadataMap();
    this.retryAfter = retryAfter;
  }

  /** Reads the details of what a call failed with. */
  public static HubException from(Throwable failure) {
    ErrorInfo info = ErrorInfo.getDefaultInstance();
    Duration retryAfter = Duration.ZERO;
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
      try {
        if (detail.is(ErrorInfo.class) && detail.unpack(ErrorInfo.class).getDomain().equals(DOMAIN)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(RetryInfo.class)) {
          retryAfter = Durations.of(detail.unpack(RetryInfo.class).getRetryDelay());
        }
      } catch (InvalidProtocolBufferException unreadable) {
        // Without its details it is a failure that is not the hub's own.
      }
    }
    return new HubException(failure, info, retryAfter);
  }

  private static String text(Throwable cause, String reason) {
    String description = Status.fromThrowable(cause).getDescription();
    return reason.isEmpty() ? cause.getMessage() : description + " (" + reason + ")";
  }

  /** The gRPC code. */
  public Status.Code code() {
    return code;
  }

  /** The hub's reason, e.g. {@code CURSOR_TRIMMED}; empty if it is not the hub's failure, as with a lost connection. */
  public String reason() {
    return reason;
  }

  /** The values that go with the reason, e.g. {@code earliest}. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** How long the hub asks to wait before the next attempt; zero if it does not. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** Whether the cursor of the call cannot be used. */
  public boolean isCursor() {
    return reason.startsWith("CURSOR_");
  }

  /** Whether the same call may succeed later: after a lost connection, or when a hub is overloaded or stops. */
  public boolean isTransient() {
    return !FINAL.contains(code);
  }
}

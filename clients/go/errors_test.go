package hintwire

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func refusal(t *testing.T, domain string) error {
	t.Helper()
	values := map[string]string{"action": "EARLIEST"}
	info := &errdetails.ErrorInfo{Reason: "CURSOR_TRIMMED", Domain: domain, Metadata: values}
	retry := &errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)}
	st, err := status.New(codes.OutOfRange, "too old").WithDetails(info, retry)
	if err != nil {
		t.Fatal(err)
	}
	return st.Err()
}

func TestReasonMetadataAndRetryAreReadFromTheDetails(t *testing.T) {
	failure := AsError(refusal(t, Domain))
	if failure.Code != codes.OutOfRange || failure.Metadata["action"] != "EARLIEST" {
		t.Fatalf("%+v", failure)
	}
	if failure.RetryAfter != 1500*time.Millisecond {
		t.Fatalf("retry after %v", failure.RetryAfter)
	}
	if !failure.IsCursor() || failure.IsTransient() || failure.Error() != "too old (CURSOR_TRIMMED)" {
		t.Fatalf("%v", failure)
	}
	wrapped := fmt.Errorf("following: %w", failure)
	if !errors.Is(wrapped, CursorTrimmed) || errors.Is(wrapped, CursorAhead) {
		t.Fatal("errors.Is does not decide by the reason")
	}
}

func TestAReasonOfAnotherDomainIsNotOurs(t *testing.T) {
	if failure := AsError(refusal(t, "example.com")); failure.Reason != "" || failure.IsCursor() {
		t.Fatalf("%v", failure)
	}
}

func TestALostConnectionIsTransient(t *testing.T) {
	failure := AsError(status.Error(codes.Unavailable, "connection refused"))
	if !failure.IsTransient() || failure.Reason != "" {
		t.Fatalf("%v", failure)
	}
}

package hintwire

import (
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Domain is the domain of every reason of a hub.
const Domain = "hintwire.v1"

// Reason says what a hub refused, e.g. errors.Is(err, hintwire.CursorTrimmed). See docs/errors.md for all of them.
type Reason string

// Reasons that concern cursors, and those of Publish that a program may want to tell apart.
const (
	CursorMalformed   Reason = "CURSOR_MALFORMED"
	CursorTrimmed     Reason = "CURSOR_TRIMMED"
	CursorForeign     Reason = "CURSOR_FOREIGN"
	CursorAhead       Reason = "CURSOR_AHEAD"
	IDConflict        Reason = "ID_CONFLICT"
	ExpectationFailed Reason = "EXPECTATION_FAILED"
)

func (r Reason) Error() string { return string(r) }

// Error is a call that failed. Decide by its reason, not by its text.
type Error struct {
	// Code is the gRPC code.
	Code codes.Code
	// Reason is the hub's own; empty if the failure is not the hub's, such as a lost connection.
	Reason Reason
	// Metadata has the values that go with the reason, e.g. "earliest".
	Metadata map[string]string
	// RetryAfter is how long the hub asks to wait before the next attempt; 0 if it does not.
	RetryAfter time.Duration

	err error
}

// AsError reads the details of an error that a call returned; nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	st := status.Convert(err)
	failed := &Error{Code: st.Code(), err: err}
	for _, detail := range st.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.Domain == Domain {
				failed.Reason, failed.Metadata = Reason(detail.Reason), detail.Metadata
			}
		case *errdetails.RetryInfo:
			failed.RetryAfter = detail.RetryDelay.AsDuration()
		}
	}
	return failed
}

func (e *Error) Error() string {
	if e.Reason == "" {
		return e.err.Error()
	}
	return status.Convert(e.err).Message() + " (" + string(e.Reason) + ")"
}

// Unwrap returns the error of the call.
func (e *Error) Unwrap() error { return e.err }

// Is reports whether target is this error's reason.
func (e *Error) Is(target error) bool {
	reason, ok := target.(Reason)
	return ok && reason == e.Reason
}

// IsCursor reports whether the cursor of the call cannot be used.
func (e *Error) IsCursor() bool { return strings.HasPrefix(string(e.Reason), "CURSOR_") }

// IsTransient reports whether the same call may succeed later: after a lost connection, or when a hub is overloaded or
// stops. What the hub says about the request itself, or about the caller, is final.
func (e *Error) IsTransient() bool {
	switch e.Code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.FailedPrecondition,
		codes.Aborted, codes.OutOfRange, codes.Unimplemented, codes.DataLoss, codes.Unauthenticated:
		return false
	}
	return true
}

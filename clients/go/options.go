package hintwire

import (
	"context"
	"time"

	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

// Start is where a follower without a cursor starts.
type Start string

// Where to start.
const (
	// Earliest is the earliest retained event.
	Earliest Start = "earliest"
	// Latest is the head: news only.
	Latest Start = "latest"
	// FromSnapshot is the present state, then what changes.
	FromSnapshot Start = "snapshot"
)

// OnCursorError is what to do when the cursor cannot be used. A hub that says action=FAIL (the token is none, or the
// backlog has lost its end) is heeded always: the loop ends, and a person decides.
type OnCursorError string

// What to do when the cursor cannot be used.
const (
	// Fail ends with the error.
	Fail OnCursorError = "fail"
	// TakeSnapshot takes a snapshot, then goes on from its place.
	TakeSnapshot OnCursorError = "snapshot"
	// FromEarliest goes on from the earliest retained event; what lies before it is lost to this follower.
	FromEarliest OnCursorError = "earliest"
	// Advised does what the hub advises: a snapshot if it holds every live key, else the earliest.
	Advised OnCursorError = "advised"
)

// after says what is read when the cursor is lost and the hub advises action; false if a person is to decide.
func (policy OnCursorError) after(action string) (Start, bool) {
	if policy == Advised {
		policy = map[string]OnCursorError{"SNAPSHOT": TakeSnapshot, "EARLIEST": FromEarliest}[action]
	}
	switch {
	case action == "FAIL":
		return "", false
	case policy == TakeSnapshot:
		return FromSnapshot, true
	default:
		return Earliest, policy == FromEarliest
	}
}

// Options are what can be chosen about a follower. The zero value is good.
type Options struct {
	// Types, if not empty: only events of one of these. A snapshot is not filtered.
	Types []string
	// Attributes, if not empty: only events with all of these. A snapshot is not filtered.
	Attributes map[string]string
	// OmitData: events come without their data; DataSize tells what is missing.
	OmitData bool
	// Store keeps the cursor. Default: in memory.
	Store CursorStore
	// Start is where to start while the store holds no cursor. Default: Earliest.
	Start Start
	// OnCursorError is what to do when the cursor cannot be used. Default: Fail.
	OnCursorError OnCursorError
	// PollOnly: no stream of hints; polls alone, when the hub advises.
	PollOnly bool
	// SafetyPoll fetches even without a hint when there was no fetch for this long. Default: 5 min; at least 10 ms.
	SafetyPoll time.Duration
	// Observe is told what happens to the loop. It must not block.
	Observe func(Notice)
}

func (o Options) withDefaults() Options {
	if o.Store == nil {
		o.Store = &MemoryStore{}
	}
	if o.SafetyPoll == 0 {
		o.SafetyPoll = 5 * time.Minute
	}
	o.SafetyPoll = max(o.SafetyPoll, 10*time.Millisecond)
	if o.Observe == nil {
		o.Observe = func(Notice) {}
	}
	return o
}

// Batch is events to handle, in order.
type Batch struct {
	// Events are never none, but in a page of a snapshot.
	Events []*v1.StoredEvent
	// Cursor is the place after them. It is saved when the handler has succeeded.
	Cursor string
	// Snapshot: they are the newest events of live keys, a page of the present state, of which First is the first page
	// and Last the last. What is in none of them is gone.
	Snapshot, First, Last bool
}

// Handler handles one batch. The cursor is saved when it returns nil; an error ends the loop, and the batch comes again
// in the next run.
type Handler func(ctx context.Context, batch Batch) error

// Notice is something that an operator may want to know.
type Notice struct {
	// Kind is what happened.
	Kind NoticeKind
	// Err is why; nil with Hinted.
	Err error
	// RetryAfter is when the stream or the fetch is tried again.
	RetryAfter time.Duration
}

// NoticeKind is what happened to the loop.
type NoticeKind string

// What can happen to the loop.
const (
	// Hinted: the stream of hints is up, and fetches follow hints.
	Hinted NoticeKind = "hinted"
	// Polling: there is no stream of hints; until the next Hinted the loop polls.
	Polling NoticeKind = "polling"
	// FetchFailed: a fetch failed and is tried again.
	FetchFailed NoticeKind = "fetch_failed"
	// CursorLost: the cursor could not be used; the loop goes on elsewhere, as its policy says.
	CursorLost NoticeKind = "cursor_lost"
)

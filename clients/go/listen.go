package hintwire

import (
	"context"
	"errors"
	"io"
	"time"

	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

const (
	confirmed     = 15 * time.Second // how long the first message of a stream may take, which comes at once
	heartbeatMost = 2 * time.Minute
	fetchAfterMax = 10 * time.Second
	goodStream    = 30 * time.Second // a stream that lasted this long starts the back-off again
)

var (
	errSilent    = errors.New("nothing heard for three heartbeat intervals")
	errReconnect = errors.New("the hub asked to reconnect")
	errEnded     = errors.New("the stream ended")
	errReplaced  = errors.New("the cursor was replaced")
)

// listen opens one stream of hints after another. What becomes of them never ends the loop: polling does without.
func (f *follower) listen(ctx context.Context) {
	pause := backoff{base: time.Second}
	for {
		opened := time.Now()
		after, err := f.oneStream(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(opened) >= goodStream {
			pause.reset()
		}
		wait := asked(after) + pause.next()
		f.Observe(Notice{Kind: Polling, Err: err, RetryAfter: wait})
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// oneStream listens to a stream until it ends; how long the hub asks to wait, and why it ended.
func (f *follower) oneStream(ctx context.Context) (time.Duration, error) {
	ctx, drop := context.WithCancelCause(ctx)
	defer drop(nil)
	defer f.streamLost()
	silence := time.AfterFunc(confirmed, func() { drop(errSilent) })
	defer silence.Stop()
	stream, err := f.hub.Subscribe(ctx, f.subscription(drop))
	for err == nil {
		var hint *v1.SubscribeResponse
		if hint, err = stream.Recv(); err != nil {
			break
		}
		silence.Reset(3 * heartbeat(hint))
		f.heard(ctx, hint)
		if hint.Kind == v1.SubscribeResponse_KIND_RECONNECT {
			return hint.ReconnectAfter.AsDuration(), errReconnect
		}
	}
	if errors.Is(err, io.EOF) {
		return 0, errEnded
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return f.streamRefused(AsError(err))
}

func (f *follower) subscription(drop context.CancelCauseFunc) *v1.SubscribeRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropStream = func() { drop(errReplaced) }
	return &v1.SubscribeRequest{Topics: f.topics, Types: f.Types, Attributes: f.Attributes, Cursor: f.own}
}

// heard applies the rule for messages of every kind; it moves the cursor, or asks for a fetch.
func (f *follower) heard(ctx context.Context, hint *v1.SubscribeResponse) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil { // The cursor was replaced: tokens of another life are not compared with it.
		return
	}
	if !f.hinted {
		f.hinted = true
		f.Observe(Notice{Kind: Hinted})
	}
	if f.own >= hint.Cursor {
		f.own = max(f.own, hint.Head)
	} else {
		f.reach = max(f.reach, hint.Cursor)
		f.want(time.Now().Add(min(hint.FetchAfter.AsDuration(), fetchAfterMax)))
	}
	f.wake()
}

// streamRefused leaves it to the next fetch to find out about a cursor that cannot be used.
func (f *follower) streamRefused(failure *Error) (time.Duration, error) {
	if failure.IsCursor() {
		f.mu.Lock()
		f.want(time.Now())
		f.mu.Unlock()
		f.wake()
	}
	return failure.RetryAfter, failure
}

func (f *follower) streamLost() {
	f.mu.Lock()
	f.lost()
	f.mu.Unlock()
	f.wake()
}

// wake makes the one that fetches look again.
func (f *follower) wake() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// heartbeat is the interval that the hub states, within what the API allows.
func heartbeat(hint *v1.SubscribeResponse) time.Duration {
	if stated := hint.HeartbeatInterval.AsDuration(); stated > 0 {
		return min(stated, heartbeatMost)
	}
	return 15 * time.Second
}

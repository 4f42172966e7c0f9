package hintwire

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

const (
	fetchTime = 30 * time.Second // how long one fetch may take
	saveQuiet = time.Minute      // how often a cursor is saved that moves without events
)

// Follow hands every event that matches one of topics to handle, at least once and in order, from the stored cursor on.
// It runs until ctx ends, the handler or the store fails, or the hub refuses for good: then the error is an [*Error].
func Follow(ctx context.Context, hub v1.HubServiceClient, topics []string, handle Handler, options Options) error {
	options = options.withDefaults()
	own, err := options.Store.Load()
	if err != nil {
		return err
	}
	f := &follower{Options: options, hub: hub, topics: topics, handle: handle, own: own, saved: own, savedAt: time.Now(),
		changed: make(chan struct{}, 1), dropStream: func() {}, retry: backoff{base: 200 * time.Millisecond}}
	f.want(time.Now())
	if own != "" {
		f.Start = Earliest
	}
	ctx, stop := context.WithCancel(ctx)
	var listening sync.WaitGroup
	defer listening.Wait()
	defer stop()
	listen := sync.OnceFunc(func() { listening.Go(func() { f.listen(ctx) }) })
	for {
		caughtUp, err := f.step(ctx)
		if err != nil {
			return err
		}
		if caughtUp && !f.PollOnly { // From now on a stream says something new.
			listen()
		}
	}
}

// follower is shared by two goroutines: one fetches and hands over, the other listens.
type follower struct {
	Options
	hub     v1.HubServiceClient
	topics  []string
	handle  Handler
	changed chan struct{} // wakes the one that fetches

	// Of the one that fetches alone. Start is what is read next: FromSnapshot or Latest, until that is done.
	nextToken string
	retry     backoff
	accepted  bool // The hub has taken who asks; that it does not any more may pass.
	saved     string
	savedAt   time.Time

	mu sync.Mutex
	pace
	own        string // all before it is handled
	reach      string // the newest cursor heard of
	dropStream func()
}

// step waits for the next fetch, does it, and says whether it reached the head.
func (f *follower) step(ctx context.Context) (caughtUp bool, err error) {
	if err := f.wait(ctx); err != nil {
		return false, err
	}
	page, err := f.read(ctx)
	if err != nil {
		return false, f.refused(AsError(err))
	}
	f.retry.reset()
	f.accepted = true
	if len(page.Events) > 0 || page.Snapshot {
		if err := f.handle(ctx, page.Batch); err != nil {
			return false, fmt.Errorf("handler: %w", err)
		}
	}
	if f.took(page) {
		err = f.save(page.Cursor)
	}
	return !page.more && !page.Snapshot, err
}

// wait waits until a fetch is due. A cursor that hints moved meanwhile is saved now and then.
func (f *follower) wait(ctx context.Context) error {
	for {
		wait, own := f.untilDue()
		if wait <= 0 {
			return ctx.Err()
		}
		if own != f.saved && own != "" && time.Since(f.savedAt) >= saveQuiet {
			if err := f.save(own); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.changed:
		case <-time.After(wait):
		}
	}
}

// untilDue is how long to wait for the next fetch; when it is due, what asked for it is answered by it.
func (f *follower) untilDue() (time.Duration, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wait := time.Until(f.next())
	if wait <= 0 {
		f.due = time.Time{}
	}
	return wait, f.own
}

// read fetches one page: of the snapshot, or of what comes after the cursor.
func (f *follower) read(ctx context.Context) (*page, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	if f.Start == FromSnapshot {
		request := &v1.SnapshotRequest{Topics: f.topics, PageSize: pageEvents, OmitData: f.OmitData, PageToken: f.nextToken}
		answer, err := f.hub.Snapshot(ctx, request)
		return pageOfSnapshot(answer, f.nextToken == "", err)
	}
	f.mu.Lock()
	request := &v1.FetchRequest{Topics: f.topics, Types: f.Types, Attributes: f.Attributes, Cursor: f.own,
		Limit: pageEvents, OmitData: f.OmitData, AtLeast: f.reach}
	f.mu.Unlock()
	if f.Start == Latest {
		request.Seek = &v1.FetchRequest_FromStart{FromStart: v1.FetchRequest_START_LATEST}
	}
	return pageOfTail(f.hub.Fetch(ctx, request))
}

// took goes on from a page that was handled; true if its cursor is to be saved now.
func (f *follower) took(page *page) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetched(page.pollAfter, f.SafetyPoll)
	if page.more {
		f.want(time.Now())
	}
	f.nextToken = page.nextToken
	if page.Snapshot && page.more {
		return false
	}
	f.Start = Earliest
	if page.Snapshot {
		f.jump(page.Cursor)
		return true
	}
	f.own = max(f.own, page.Cursor)
	return len(page.Events) > 0 || f.saved == ""
}

func (f *follower) save(cursor string) error {
	f.saved, f.savedAt = cursor, time.Now()
	return f.Store.Save(cursor)
}

// jump goes on from another cursor, which need not be later; what the stream says of the old one is of no use.
func (f *follower) jump(own string) {
	f.own, f.reach, f.due = own, "", time.Now()
	f.dropStream()
}

// refused decides what follows a fetch that failed: another attempt, another cursor, or the end.
func (f *follower) refused(failure *Error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind, wait := FetchFailed, asked(failure.RetryAfter)+f.retry.next()
	if failure.IsCursor() {
		policy := f.OnCursorError
		if f.Start == FromSnapshot { // A snapshot that was overtaken half-way starts over.
			policy = TakeSnapshot
		}
		start, goesOn := policy.after(failure.Metadata["action"])
		if !goesOn {
			return failure
		}
		kind, f.Start, f.nextToken = CursorLost, start, ""
		f.jump("")
	} else if renewable := f.accepted && failure.Code == codes.Unauthenticated; !failure.IsTransient() && !renewable {
		return failure
	}
	f.notBefore = time.Now().Add(wait)
	f.want(f.notBefore)
	f.Observe(Notice{Kind: kind, Err: failure, RetryAfter: wait})
	return nil
}

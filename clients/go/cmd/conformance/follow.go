package main

import (
	"context"
	"flag"
	"os/signal"
	"syscall"
	"time"

	hintwire "github.com/hintwire/hintwire/clients/go"
)

// topics are those of all --topic flags.
type topics []string

func (t *topics) String() string { return "" }

func (t *topics) Set(pattern string) error {
	*t = append(*t, pattern)
	return nil
}

func follow(words []string) {
	var patterns topics
	flags := flag.NewFlagSet("follow", flag.ExitOnError)
	flags.Var(&patterns, "topic", "pattern; repeatable")
	hub := hubFlags(flags)
	file := flags.String("cursor-file", "", "where the cursor is kept")
	start := flags.String("start", "earliest", "earliest, latest or snapshot")
	policy := flags.String("on-cursor-error", "fail", "fail, snapshot, earliest or advised")
	pollOnly := flags.Bool("poll-only", false, "no stream of hints")
	safety := flags.Float64("safety-poll", 0, "seconds")
	delay := flags.Float64("handler-delay", 0, "seconds that each event takes")
	_ = flags.Parse(words)
	options := hintwire.Options{Start: hintwire.Start(*start), OnCursorError: hintwire.OnCursorError(*policy),
		PollOnly: *pollOnly, SafetyPoll: seconds(*safety), Observe: notice}
	if *file != "" {
		options.Store = hintwire.FileStore(*file)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := hintwire.Follow(ctx, hub.dial(), patterns, printer(seconds(*delay)), options)
	if ctx.Err() == nil {
		fail(err)
	}
}

// printer is the handler: it takes its time for each event, then prints it.
func printer(delay time.Duration) hintwire.Handler {
	return func(ctx context.Context, batch hintwire.Batch) error {
		for _, stored := range batch.Events {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(delay):
			}
			say(eventLine(stored, batch.Snapshot))
		}
		return nil
	}
}

func notice(notice hintwire.Notice) {
	detail := ""
	if notice.Err != nil {
		detail = notice.Err.Error()
	}
	say(line{"notice": notice.Kind, "detail": detail})
}

func seconds(count float64) time.Duration { return time.Duration(count * float64(time.Second)) }

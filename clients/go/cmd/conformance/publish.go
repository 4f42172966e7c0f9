package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"

	hintwire "github.com/hintwire/hintwire/clients/go"
	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

// event is one line of standard input.
type event struct {
	Topic       string `json:"topic"`
	Key         string `json:"key"`
	ID          string `json:"id"`
	ContentType string `json:"content_type"`
	Data        []byte `json:"data_base64"`
	Deleted     bool   `json:"deleted"`
}

func publish(words []string) {
	flags := flag.NewFlagSet("publish", flag.ExitOnError)
	where := hubFlags(flags)
	_ = flags.Parse(words)
	hub := where.dial()
	lines := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var next event
		if err := lines.Decode(&next); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			fail(err)
		}
		publishOne(hub, next)
	}
}

// publishOne publishes a batch of one.
func publishOne(hub v1.HubServiceClient, e event) {
	stored := &v1.Event{Topic: e.Topic, Key: e.Key, Id: e.ID, ContentType: e.ContentType, Data: e.Data, Deleted: e.Deleted}
	answer, err := hub.Publish(context.Background(), &v1.PublishRequest{Events: []*v1.Event{stored}})
	if err != nil {
		fail(hintwire.AsError(err))
	}
	result := answer.Results[0]
	say(line{"cursor": result.Cursor, "duplicate": result.Duplicate})
}

package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"

	hintwire "github.com/hintwire/hintwire/clients/go"
	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

// codeWord is where a word ends in the name of a gRPC code, e.g. in DeadlineExceeded.
var codeWord = regexp.MustCompile("([a-z])([A-Z])")

// line is an object that is printed on a line of its own.
type line map[string]any

// say prints at once: standard output is not buffered.
func say(l line) { _ = json.NewEncoder(os.Stdout).Encode(l) }

// fail says why, and ends.
func fail(err error) {
	say(line{"failed": reason(err), "detail": err.Error()})
	os.Exit(1)
}

// reason is the hub's, or else the gRPC code.
func reason(err error) string {
	var failure *hintwire.Error
	if !errors.As(err, &failure) {
		return "UNKNOWN"
	}
	if failure.Reason != "" {
		return string(failure.Reason)
	}
	return strings.ToUpper(codeWord.ReplaceAllString(failure.Code.String(), "${1}_$2"))
}

func eventLine(stored *v1.StoredEvent, snapshot bool) line {
	event := stored.Event
	return line{"event": line{
		"topic": event.Topic, "key": event.Key, "id": event.Id, "cursor": stored.Cursor,
		"deleted": event.Deleted, "snapshot": snapshot,
		"data_base64": base64.StdEncoding.EncodeToString(event.Data),
	}}
}

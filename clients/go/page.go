package hintwire

import (
	"time"

	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

// pageEvents is how many events are asked for at a time.
const pageEvents = 1000

// page is a batch, and what its answer says besides.
type page struct {
	Batch
	more      bool
	nextToken string // of the snapshot's next page
	pollAfter time.Duration
}

func pageOfTail(answer *v1.FetchResponse, err error) (*page, error) {
	batch := Batch{Events: answer.GetEvents(), Cursor: answer.GetNextCursor()}
	return &page{Batch: batch, more: answer.GetHasMore(), pollAfter: answer.GetPollAfter().AsDuration()}, err
}

func pageOfSnapshot(answer *v1.SnapshotResponse, first bool, err error) (*page, error) {
	token := answer.GetNextPageToken()
	batch := Batch{Events: answer.GetEvents(), Cursor: answer.GetCursor(), Snapshot: true, First: first, Last: token == ""}
	return &page{Batch: batch, more: token != "", nextToken: token}, err
}

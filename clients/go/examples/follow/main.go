// Command follow follows everything: hints say when to fetch, the cursor in a file says from where. Stop it, publish
// something, start it again: nothing is missed.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	hintwire "github.com/hintwire/hintwire/clients/go"
	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	// The hub need not be up yet.
	connection, err := hintwire.Dial("127.0.0.1:7450")
	if err != nil {
		log.Fatal(err)
	}
	options := hintwire.Options{
		Store:         hintwire.FileStore("follow.cursor"),
		OnCursorError: hintwire.Advised,
		Observe:       func(notice hintwire.Notice) { log.Println(notice.Kind, notice.Err) },
	}
	err = hintwire.Follow(ctx, v1.NewHubServiceClient(connection), []string{"**"}, handle, options)
	if ctx.Err() == nil {
		log.Fatal(err)
	}
}

func handle(_ context.Context, batch hintwire.Batch) error {
	for _, stored := range batch.Events {
		fmt.Printf("%s %s %q\n", stored.Cursor, stored.Event.Topic, stored.Event.Data)
	}
	// The cursor is saved after this: an event is handled again rather than lost.
	return nil
}

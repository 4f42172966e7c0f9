package hintwire

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

// guarded is a hub that takes one token, which can be exchanged, and has no events.
type guarded struct {
	v1.UnimplementedHubServiceServer
	token atomic.Value
	took  chan string // every token that it took
}

func guardedBy(token string) *guarded {
	hub := &guarded{took: make(chan string, 99)}
	hub.token.Store(token)
	return hub
}

func (g *guarded) Fetch(ctx context.Context, _ *v1.FetchRequest) (*v1.FetchResponse, error) {
	token := g.token.Load().(string)
	headers, _ := metadata.FromIncomingContext(ctx)
	if got := headers.Get("authorization"); len(got) != 1 || got[0] != "Bearer "+token {
		return nil, status.Error(codes.Unauthenticated, "the token is unknown")
	}
	g.took <- token
	return &v1.FetchResponse{NextCursor: "1"}, nil
}

// dial starts the hub, and connects to it with a token.
func (g *guarded) dial(t *testing.T, token Token) v1.HubServiceClient {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	v1.RegisterHubServiceServer(server, g)
	go func() { _ = server.Serve(listener) }()
	connection, err := Dial(listener.Addr().String(), WithToken(token))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(); server.Stop() })
	return v1.NewHubServiceClient(connection)
}

// poll follows without a stream, and says how that ended.
func poll(t *testing.T, hub v1.HubServiceClient, observe func(Notice)) <-chan error {
	ended := make(chan error, 1)
	handle := func(context.Context, Batch) error { return nil }
	options := Options{PollOnly: true, Observe: observe}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(stop)
	go func() { ended <- Follow(ctx, hub, []string{"a"}, handle, options) }()
	return ended
}

// until waits until the hub has taken a token, unless the loop ends before.
func (g *guarded) until(t *testing.T, token string, ended <-chan error) {
	for {
		select {
		case took := <-g.took:
			if took == token {
				return
			}
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		}
	}
}

func TestATokenThatTheHubNeverTookEndsTheLoop(t *testing.T) {
	hub := guardedBy("good")
	err := <-poll(t, hub.dial(t, func(context.Context) (string, error) { return "bad", nil }), nil)
	if failure := (*Error)(nil); !errors.As(err, &failure) || failure.Code != codes.Unauthenticated {
		t.Fatalf("got %v", err)
	}
}

func TestATokenThatEndsIsAskedForAnew(t *testing.T) {
	hub := guardedBy("first")
	var current atomic.Value
	current.Store("first")
	token := func(context.Context) (string, error) { return current.Load().(string), nil }
	ended := poll(t, hub.dial(t, token), func(notice Notice) { current.Store("second") })
	hub.until(t, "first", ended)
	hub.token.Store("second")
	hub.until(t, "second", ended)
}

func TestACallbackThatFailsIsTriedAgain(t *testing.T) {
	hub := guardedBy("good")
	var failures atomic.Int32
	token := func(context.Context) (string, error) {
		if failures.Add(1) <= 2 {
			return "", errors.New("the issuer is away")
		}
		return "good", nil
	}
	told := make(chan string, 9)
	ended := poll(t, hub.dial(t, token), func(notice Notice) { told <- notice.Err.Error() })
	hub.until(t, "good", ended)
	if first := <-told; !strings.Contains(first, "the issuer is away") || len(told) != 1 {
		t.Fatalf("told %q, and %d more", first, len(told))
	}
}

func TestFilesThatAreNoneOrHoldNothingAreNamed(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, files := range []TLS{{CA: "absent.pem"}, {CA: empty}, {Certificate: "absent.pem"}, {Key: empty}} {
		if _, err := files.Credentials(); err == nil {
			t.Errorf("%+v: no error", files)
		}
	}
	if _, err := (TLS{}).Credentials(); err != nil {
		t.Error(err)
	}
}

package hintwire

import (
	"time"

	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// answerBytes is the largest answer taken: the largest event that a hub can be configured for, and room for its frame.
const answerBytes = 17 << 20

// Dial prepares a connection to a hub, e.g. "127.0.0.1:7450", without TLS unless opts say otherwise. It connects with
// the first call, and again when the connection is lost; one that falls silent with calls open is given up after 30 s.
func Dial(target string, opts ...grpc.DialOption) (*grpc.ClientConn, error) {
	reconnect := grpcbackoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 2, Jitter: 0.5, MaxDelay: backoffMost}
	defaults := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 10 * time.Second}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 20 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(answerBytes)),
	}
	return grpc.NewClient(target, append(defaults, opts...)...)
}

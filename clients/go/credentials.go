package hintwire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// TLS says whom to trust, and how to say who one is. Files are PEM, and are read once.
type TLS struct {
	// CA has the certificates that the hub's may be signed by. Default: those of the system.
	CA string
	// Certificate and Key are the client's own, for a hub that asks for one. Default: none.
	Certificate, Key string
}

// Credentials are for [Dial], within grpc.WithTransportCredentials.
func (files TLS) Credentials() (credentials.TransportCredentials, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if files.CA != "" {
		pem, err := os.ReadFile(files.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", files.CA)
		}
	}
	if files.Certificate != "" || files.Key != "" {
		own, err := tls.LoadX509KeyPair(files.Certificate, files.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{own}
	}
	return credentials.NewTLS(config), nil
}

// Token gives the bearer token of a call. It is asked for each one, so it should remember what it got as long as that
// holds. A call for which it fails is one that may be tried again.
type Token func(ctx context.Context) (string, error)

// WithToken sends a bearer token with each call. Without TLS whoever is on the way can read it.
func WithToken(token Token) grpc.DialOption { return grpc.WithPerRPCCredentials(token) }

// GetRequestMetadata is for grpc-go.
func (token Token) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	bearer, err := token(ctx)
	if err != nil {
		return nil, status.Error(codes.Unavailable, fmt.Sprintf("no token: %v", err))
	}
	return map[string]string{"authorization": "Bearer " + bearer}, nil
}

// RequireTransportSecurity is for grpc-go.
func (token Token) RequireTransportSecurity() bool { return false }

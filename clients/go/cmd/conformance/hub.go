package main

import (
	"context"
	"flag"
	"os"
	"strings"

	"google.golang.org/grpc"

	hintwire "github.com/hintwire/hintwire/clients/go"
	v1 "github.com/hintwire/hintwire/clients/go/hintwire/v1"
)

// hub is where it is, and how to be let in.
type hub struct {
	address, token string
	files          hintwire.TLS
}

func hubFlags(flags *flag.FlagSet) *hub {
	h := &hub{}
	flags.StringVar(&h.address, "hub", "127.0.0.1:7450", "address")
	flags.StringVar(&h.files.CA, "tls-ca", "", "whom to trust; TLS is used if it is given")
	flags.StringVar(&h.files.Certificate, "tls-cert", "", "one's own certificate")
	flags.StringVar(&h.files.Key, "tls-key", "", "and its key")
	flags.StringVar(&h.token, "token-file", "", "read anew for each call")
	return h
}

func (h *hub) dial() v1.HubServiceClient {
	var options []grpc.DialOption
	if h.files.CA != "" {
		credentials, err := h.files.Credentials()
		if err != nil {
			fail(err)
		}
		options = append(options, grpc.WithTransportCredentials(credentials))
	}
	if h.token != "" {
		options = append(options, hintwire.WithToken(h.read))
	}
	connection, err := hintwire.Dial(h.address, options...)
	if err != nil {
		fail(err)
	}
	return v1.NewHubServiceClient(connection)
}

func (h *hub) read(context.Context) (string, error) {
	token, err := os.ReadFile(h.token)
	return strings.TrimSpace(string(token)), err
}

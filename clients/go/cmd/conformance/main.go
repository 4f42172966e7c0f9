// Command conformance is what clients/CONFORMANCE.md plays its scenarios with.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: conformance follow|publish --hub ADDRESS ...")
		os.Exit(2)
	}
	words := os.Args[2:]
	switch os.Args[1] {
	case "follow":
		follow(words)
	case "publish":
		publish(words)
	default:
		fmt.Fprintln(os.Stderr, "unknown:", os.Args[1])
		os.Exit(2)
	}
}

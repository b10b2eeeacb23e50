package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/notify"
)

const (
	heartbeatFlag     = "heartbeat"
	heartbeatVariable = "DOMAINSYNC_HEARTBEAT"
)

// addHeartbeat adds the flag that names who watches that runs happen.
func addHeartbeat(cmd *cobra.Command) {
	cmd.Flags().String(heartbeatFlag, "", "call this `URL`, or the one in @file, after each run that looked at everything and went to its end; apply takes "+heartbeatVariable+", too")
}

// heartbeat tells whoever watches that runs happen that this one was complete. What
// goes wrong with that is said, and changes nothing else.
func (a *app) heartbeat(ctx context.Context, cmd *cobra.Command) {
	f := cmd.Flags().Lookup(heartbeatFlag)
	if f == nil || a.ended == nil || !a.ended.Complete {
		return
	}
	given := f.Value.String()
	if cmd.Name() == "apply" {
		given = cmp.Or(given, a.getenv(heartbeatVariable))
	}
	if given == "" {
		return
	}
	if err := a.beat(ctx, given); err != nil {
		a.stderr.rest()
		fmt.Fprintf(a.stderr, "The heartbeat was not delivered, so its watcher may report that no run happened: %v\n", err)
	}
}

// beat calls a watcher. No error holds the URL, which is often a secret.
func (a *app) beat(ctx context.Context, given string) error {
	text, err := secretValue(given)
	if err != nil {
		return err
	}
	return notify.Heartbeat(ctx, a.clock, text, "domainsync/"+programVersion())
}

// secretValue returns a value that may be a secret as it is given, or as the first line
// of the file behind an @ says.
func secretValue(given string) (string, error) {
	text, err := secretText(given)
	if err != nil || !strings.HasPrefix(given, "@") {
		return text, err
	}
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line), nil
}

// secretText returns a text that may be a secret as it is given, or what the file behind
// an @ holds, without the space around it. A file that holds nothing is an error: it was
// not filled, and no state, no address is not what it was to say.
func secretText(given string) (string, error) {
	file, ok := strings.CutPrefix(given, "@")
	if !ok {
		return given, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", fmt.Errorf("the file %s is empty", file)
	}
	return text, nil
}

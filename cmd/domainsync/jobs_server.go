package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/api"
	"github.com/domainsync/domainsync/executor/fleet/decide"
)

// tokenVariable holds the token with which jobs are looked at through a server.
const tokenVariable = "DOMAINSYNC_TOKEN"

// serverFlags say through which server the jobs of a fleet are looked at.
type serverFlags struct {
	server    string // address; "": the table itself is opened
	tokenFile string
	allowHTTP bool
}

// addServer gives commands the flags with which they ask a server.
func addServer(a *app, commands ...*cobra.Command) {
	for _, cmd := range commands {
		flags := cmd.Flags()
		flags.StringVar(&a.server.server, "server", "", "ask the domainsync serve at this `address`, such as https://fleet.example.com, in place of --state")
		flags.StringVar(&a.server.tokenFile, "token-file", "", "`file` with the token for --server; else "+tokenVariable)
		flags.BoolVar(&a.server.allowHTTP, "allow-http", false, "send the token over http to another machine, though others can read it on the way")
		must(cmd.MarkFlagFilename("token-file"))
	}
}

// serverClient returns a client of the server that the flags name; nil: they name none.
func (a *app) serverClient() (*api.Client, error) {
	f := &a.server
	switch {
	case f.server == "" && (f.tokenFile != "" || f.allowHTTP):
		return nil, errors.New("--token-file and --allow-http are for --server, and there is none")
	case f.server == "":
		return nil, nil
	case a.flags.state != "" || a.flags.stateDir != "":
		return nil, errors.New("--server and --state are two ways to the jobs of a fleet: give one of them")
	}
	token, err := a.serverToken()
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.Options{Server: f.server, Token: token, AllowHTTP: f.allowHTTP, Transport: a.transport, Clock: a.clock})
	if err != nil {
		return nil, fmt.Errorf("--server: %w", err)
	}
	return client, nil
}

// serverToken returns the token for a server. It is no value of a flag: those are seen by
// everybody on the machine.
func (a *app) serverToken() (string, error) {
	if a.server.tokenFile == "" {
		token, err := a.named(tokenVariable)
		if err == nil && token == "" {
			err = errors.New("--server takes a token: put it into a file and name that by --token-file, or into " + tokenVariable + "; domainsync jobs token makes one")
		}
		return token, err
	}
	text, err := os.ReadFile(a.server.tokenFile)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("--token-file %s: it is empty", a.server.tokenFile)
	}
	return token, nil
}

// decideThere has a server record what the person of the token says of changes.
func (a *app) decideThere(ctx context.Context, c *api.Client, x decide.Decision, f decideFlags) error {
	switch {
	case c == nil:
		return nil
	case f.as != "":
		return errors.New("--as says who decides, and with --server the token does: leave it out")
	}
	send := c.Approve
	if x.Reject {
		send = c.Reject
	}
	said, err := send(ctx, x.Job, api.Decision{Plan: x.Plan, Changes: x.Changes, All: x.All, Until: x.Until, Reason: x.Reason})
	a.sayDecided(said)
	return knownJob(err)
}

// listWaitingThere lists what waits for persons, as a server says it.
func (a *app) listWaitingThere(ctx context.Context, c *api.Client, name, format string) error {
	if c == nil {
		return nil
	}
	waiting, err := c.Waiting(ctx, name)
	if err != nil {
		return knownJob(err)
	}
	return a.sayWaiting(name, waiting, format)
}

// knownJob says which job was meant, where there is none of the name.
func knownJob(err error) error {
	if e, ok := errors.AsType[*fleet.NoJobError](err); ok {
		return noJob(e.Job, e.Have)
	}
	return err
}

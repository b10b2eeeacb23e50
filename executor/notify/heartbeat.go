// Package notify tells people and watchers of runs: by mail, chats and webhooks, and
// by a call after each complete run. Their addresses are secrets: no error and no name
// of a target holds any part of one but its scheme.
package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// A watcher that does not answer holds a run up for heartbeatTimeout, twice.
const (
	heartbeatTimeout = 5 * time.Second
	heartbeatTries   = 2
)

// Heartbeat calls the address of whoever watches that runs happen. Agent is how the
// program calls itself.
func Heartbeat(ctx context.Context, c clock.Clock, address, agent string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("its address is no URL that begins with https:// or http://")
	}
	for range heartbeatTries {
		if err = beat(ctx, c, address, agent); err == nil {
			return nil
		}
	}
	return err
}

func beat(ctx context.Context, c clock.Clock, address, agent string) error {
	ctx, cancel := c.WithTimeout(ctx, heartbeatTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return errors.New("its address is no URL")
	}
	r.Header.Set("User-Agent", agent)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return whyOf(err, heartbeatTimeout)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 1<<16) // what it says does not count
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the answer has status %d", response.StatusCode)
	}
	return nil
}

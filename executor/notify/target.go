package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/domainsync/domainsync/internal/clock"
)

// sendTimeout is how long a target may take for one message.
const sendTimeout = 15 * time.Second

// A Target is a place where people are told something.
type Target struct {
	// Name says which one it is: where its address was given and its scheme.
	Name string
	// ID tells it from others, and holds nothing of its address that could be used: what
	// people know there is remembered by it.
	ID     string
	url    string
	scheme string
	clock  clock.Clock
}

// NewTarget returns the target of an address that was given somewhere. An address that
// cannot be used shows when something is sent.
func NewTarget(given, address string, c clock.Clock) Target {
	sum := sha256.Sum256([]byte(address))
	scheme, _, _ := strings.Cut(address, ":")
	scheme, _, _ = strings.Cut(strings.ToLower(scheme), "+")
	name := given
	if schemeIsKnown(scheme) {
		name += " (" + scheme + ")"
	}
	return Target{Name: name, ID: hex.EncodeToString(sum[:8]), url: address, scheme: scheme, clock: c}
}

// schemeIsKnown reports whether a text can be shown: what stands before the first
// colon may be a secret where no scheme does.
func schemeIsKnown(scheme string) bool {
	if scheme == dingtalkScheme {
		return true
	}
	_, err := (&router.ServiceRouter{}).NewService(scheme)
	return err == nil
}

// Send sends a message. No error tells the address.
func (t *Target) Send(ctx context.Context, title, text string) error {
	ctx, cancel := t.clock.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if t.scheme == dingtalkScheme {
		return t.sendDingtalk(ctx, title, text)
	}
	sender, err := shoutrrr.CreateSender(t.url)
	if err != nil {
		return errors.New("its address cannot be used: docs/monitoring.md shows the forms")
	}
	sender.Timeout = sendTimeout
	params := types.Params{}
	params.SetTitle(title)
	// The library takes no context: what still waits ends with the process.
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(sender.Send(text, &params)...) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	return whyNotSent(err, sendTimeout)
}

// parsed returns the address as a URL.
func (t *Target) parsed() (*url.URL, error) {
	u, err := url.Parse(t.url)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("its address is no URL of the form %s://…", t.scheme)
	}
	return u, nil
}

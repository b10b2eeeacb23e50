package apiclient

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// A Meter keeps the limits of access keys for many clients at once. A key is named by a
// text that does not tell it. It must not block longer than its context lives.
type Meter interface {
	// Wait blocks until one more call of an operation may be sent with a key, when all
	// together make perSecond of them a second at most.
	Wait(ctx context.Context, key, operation string, perSecond float64) error
	// Throttled tells that the service refused a call that was sent a while ago because
	// it came too early, and for how long it wants no other one. Without an operation
	// the limit was one of all operations.
	Throttled(ctx context.Context, key, operation string, ago, hint time.Duration)
}

// turnTaker returns what waits for the call's turn: the client's own pace, or the meter
// that others go by, too.
func (k *call) turnTaker(ctx context.Context) (func(context.Context) error, error) {
	if k.client.meter == nil || k.pace.unlimited() {
		return k.pace.waitForToken, nil
	}
	credential, err := k.client.credentials.Credential(ctx)
	if err != nil {
		return nil, err
	}
	key := k.client.keyName(credential)
	return func(ctx context.Context) error {
		return k.client.meter.Wait(ctx, key, k.name, float64(k.pace.configured))
	}, nil
}

// tellMeter has all who share the limit slow down.
func (k *call) tellMeter(ctx context.Context, operation string, start time.Time, hint time.Duration) {
	if k.client.meter == nil {
		return
	}
	if credential, err := k.client.credentials.Credential(ctx); err == nil {
		k.client.meter.Throttled(ctx, k.client.keyName(credential), operation, k.client.clock.Since(start), min(hint, maxHold))
	}
}

// keyName names the access key of a credential at the client's endpoint. The service
// limits what an account does, and temporary credentials have another key each time:
// those of an account that is known are counted together.
func (c *Client) keyName(credential Credential) string {
	of := "key " + credential.AccessKeyID
	if credential.SecurityToken != "" && c.account != "" {
		of = "account " + c.account
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s", c.endpoint, of))
	return hex.EncodeToString(sum[:])
}

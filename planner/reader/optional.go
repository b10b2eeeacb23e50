package reader

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Optional remembers which optional operations the service has, and which it lacks
// or does not let the key call. Its zero value knows of none. It may be used by many
// readings of one service, side by side.
type Optional struct {
	mu      sync.Mutex
	found   map[string]offering // by operation
	changed bool                // since it was loaded or saved
}

// offering is what was found out of an operation.
type offering struct {
	Offered bool `json:"offered"`
	// At is when that was found out; zero: since the last save.
	At time.Time `json:"at"`
}

// optionalLasts is for how long it is remembered what was found out.
const optionalLasts = 24 * time.Hour

// optionalKey is the piece beside those of readings that remembers it.
const optionalKey = "operations"

// optionalFile is what that piece holds.
type optionalFile struct {
	Endpoint   string              `json:"endpoint"`
	Operations map[string]offering `json:"operations"`
}

// Lacks reports whether an operation is known to be lacking.
func (o *Optional) Lacks(operation string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, known := o.found[operation]
	return known && !found.Offered
}

// Note remembers by the error of a call, nil for none, whether an operation is there
// and permitted. Failures of other kinds say nothing about the next call, and
// neither does one that says that the key is wrong.
func (o *Optional) Note(operation string, err error) {
	offered := err == nil
	if !offered && (!wire.NotOffered(err) || wrongKey(err)) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if found, known := o.found[operation]; known && found.Offered == offered {
		return
	}
	if o.found == nil {
		o.found = make(map[string]offering)
	}
	o.found[operation], o.changed = offering{Offered: offered}, true
}

// wrongKey reports whether an error says that the key itself is wrong, which is no
// matter of one operation.
func wrongKey(err error) bool {
	e, ok := errors.AsType[*wire.Error](err)
	return ok && (strings.HasPrefix(e.Code, "InvalidAccessKeyId") || strings.HasPrefix(e.Code, "SignatureDoesNotMatch") || strings.HasPrefix(e.Code, "InvalidSecurityToken"))
}

// Load takes over what was found out of the service at an endpoint less than a day
// before now, and is not known yet. What cannot be understood counts as nothing.
func (o *Optional) Load(ctx context.Context, b Blobs, endpoint string, now time.Time) error {
	data, ok, err := b.Get(ctx, optionalKey)
	if err != nil || !ok {
		return err
	}
	var file optionalFile
	if json.Unmarshal(data, &file) != nil || file.Endpoint != endpoint {
		return nil
	}
	maps.DeleteFunc(file.Operations, func(_ string, found offering) bool {
		return found.At.After(now) || now.Sub(found.At) >= optionalLasts
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.found == nil {
		o.found = make(map[string]offering)
	}
	for operation, found := range file.Operations {
		if _, known := o.found[operation]; !known {
			o.found[operation] = found
		}
	}
	return nil
}

// Unsaved reports whether something was found out since the last save.
func (o *Optional) Unsaved() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

// Save keeps what is known. What was found out since the last save counts from now.
func (o *Optional) Save(ctx context.Context, b Blobs, endpoint string, now time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for operation, found := range o.found {
		if found.At.IsZero() {
			found.At = now.UTC()
			o.found[operation] = found
		}
	}
	data, err := json.Marshal(optionalFile{Endpoint: endpoint, Operations: o.found})
	if err == nil {
		err = b.Put(ctx, optionalKey, data)
	}
	o.changed = o.changed && err != nil
	return err
}

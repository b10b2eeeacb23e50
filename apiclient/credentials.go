package apiclient

import (
	"context"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Credential is what a request is signed with.
type Credential struct {
	AccessKeyID   string
	Secret        string
	SecurityToken string // of temporary credentials; else ""
}

// String hides the secrets from logs.
func (c Credential) String() string { return "[credential]" }

// GoString hides the secrets from logs.
func (c Credential) GoString() string { return c.String() }

// Credentials gives a credential for each request. Temporary ones change. Where
// there is none the error is a [wire.ErrNoCredentials].
type Credentials interface {
	Credential(ctx context.Context) (Credential, error)
}

// Static is a credential that never changes.
type Static Credential

// Credential returns the credential.
func (s Static) Credential(context.Context) (Credential, error) {
	if s.AccessKeyID == "" || s.Secret == "" {
		return Credential{}, wire.ErrNoCredentials
	}
	return Credential(s), nil
}

// String hides the secrets from logs.
func (s Static) String() string { return Credential(s).String() }

// GoString hides the secrets from logs.
func (s Static) GoString() string { return s.String() }

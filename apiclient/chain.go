package apiclient

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"
	"github.com/sourcegraph/conc/panics"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/clock"
)

const (
	chainTimeout       = 20 * time.Second // a token service or the metadata service may be asked
	credentialLifetime = 10 * time.Second // the library renews temporary credentials minutes before they end
)

// provider is what the library's providers have in common.
type provider interface {
	GetCredentials() (*providers.Credentials, error)
}

// chain asks a provider of the library, which knows no context and is not made
// for many callers at once.
type chain struct {
	places string          // where it looks, for its error
	open   func() provider // a new provider; one that failed once keeps failing
	turn   chan struct{}   // held by who uses the members below
	clock  clock.Clock     // the system's, for the library goes by that

	provider provider
	last     Credential
	until    time.Time // last is good until then
}

// CredentialsFromChain returns the credentials that the service's own tools
// would use. With a profile these are that profile's of the CLI's
// configuration, else of the credentials file. Without one they come from the
// default chain: environment, OIDC, CLI profile, credentials file, RAM role of
// the machine, credentials URI. Nothing is read before the first call.
func CredentialsFromChain(profile string) Credentials {
	c := &chain{turn: make(chan struct{}, 1)}
	cli := cmp.Or(os.Getenv("ALIBABA_CLOUD_CONFIG_FILE"), "~/.aliyun/config.json")
	file := cmp.Or(os.Getenv("ALIBABA_CLOUD_CREDENTIALS_FILE"), "~/.alibabacloud/credentials")
	if profile != "" {
		c.places = fmt.Sprintf("the profile %q in %s and %s", profile, cli, file)
		c.open = func() provider { return &profileProvider{name: profile} }
		return c
	}
	c.places = strings.Join([]string{
		"ALIBABA_CLOUD_ACCESS_KEY_ID with ALIBABA_CLOUD_ACCESS_KEY_SECRET",
		"ALIBABA_CLOUD_OIDC_TOKEN_FILE with ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_ROLE_ARN",
		cli, file, "the RAM role of this machine", "ALIBABA_CLOUD_CREDENTIALS_URI",
	}, ", ")
	c.open = func() provider { return providers.NewDefaultCredentialsProvider() }
	return c
}

// Credential returns the credential for one request.
func (c *chain) Credential(ctx context.Context) (Credential, error) {
	ctx, cancel := c.clock.WithTimeoutCause(ctx, chainTimeout, fmt.Errorf("%w after %v: looked at %s", wire.ErrNoCredentials, chainTimeout, c.places))
	defer cancel()
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return Credential{}, context.Cause(ctx)
	}
	if c.clock.Now().Before(c.until) {
		defer func() { <-c.turn }()
		return c.last, nil
	}
	type result struct {
		Credential
		error
	}
	done := make(chan result, 1)
	go func() { // nobody waits for it beyond the deadline: the library cannot be interrupted
		defer func() { <-c.turn }()
		var r result
		if p := panics.Try(func() { r.Credential, r.error = c.refresh() }); p != nil {
			r.error = fmt.Errorf("%w: looked at %s, which failed by a mistake of the library: %v", wire.ErrNoCredentials, c.places, p.Value)
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.Credential, r.error
	case <-ctx.Done():
		return Credential{}, context.Cause(ctx)
	}
}

// refresh asks the provider. The caller holds the turn.
func (c *chain) refresh() (Credential, error) {
	if c.provider == nil {
		c.provider = c.open()
	}
	got, err := c.provider.GetCredentials()
	if err != nil {
		c.provider = nil
		return Credential{}, fmt.Errorf("%w: looked at %s%s", wire.ErrNoCredentials, c.places, withoutAbsences(withoutBodies(err.Error())))
	}
	c.last = Credential{AccessKeyID: got.AccessKeyId, Secret: got.AccessKeySecret, SecurityToken: got.SecurityToken}
	c.until = c.clock.Now().Add(credentialLifetime)
	return c.last, nil
}

// profileProvider is a profile of the CLI's configuration, or else of the
// credentials file, by its name.
type profileProvider struct {
	name  string
	found provider // the one that knows the profile
}

// GetCredentials asks the one that knows the profile.
func (p *profileProvider) GetCredentials() (*providers.Credentials, error) {
	if p.found != nil {
		return p.found.GetCredentials()
	}
	cli, errCLI := providers.NewCLIProfileCredentialsProviderBuilder().WithProfileName(p.name).Build()
	if errCLI == nil {
		var got *providers.Credentials
		if got, errCLI = cli.GetCredentials(); errCLI == nil {
			p.found = cli
			return got, nil
		}
	}
	file, errFile := providers.NewProfileCredentialsProviderBuilder().WithProfileName(p.name).Build()
	if errFile == nil {
		var got *providers.Credentials
		if got, errFile = file.GetCredentials(); errFile == nil {
			p.found = file
			return got, nil
		}
	}
	return nil, fmt.Errorf("%w; %w", errCLI, errFile)
}

var (
	configText = regexp.MustCompile(`(?s)(unmarshal aliyun cli config from '[^']*' failed).*`)
	bodyText   = regexp.MustCompile(`(?s)\{.*`)
	codeText   = regexp.MustCompile(`"[Cc]ode"\s*:\s*"([\w.]+)"`)
)

// withoutBodies cuts out of the library's errors what may hold secrets: whole
// configuration files, and answers of token services. The code of an answer
// stays.
func withoutBodies(text string) string {
	text = configText.ReplaceAllString(text, "$1: it is not valid JSON")
	text = bodyText.ReplaceAllStringFunc(text, func(body string) string {
		if code := codeText.FindStringSubmatch(body); code != nil {
			return code[1]
		}
		return "[answer left out]"
	})
	return strings.Join(strings.Fields(text), " ")
}

// absencePattern are the library's words for places where there is nothing.
var absencePattern = regexp.MustCompile(`unable to get credentials from any of the providers in the chain: |` +
	`unable to get credentials from \w+ variables, Access key ID must be specified via environment variable \(\w+\)|` +
	`reading aliyun cli config from '[^']*' failed open [^,]*: no such file or directory|` +
	`ERROR: Can not open fileopen [^,]*: no such file or directory|` +
	`get (role name|metadata token) failed: [^,]*`)

// withoutAbsences leaves of the library's error what is wrong in a place where
// there is something, after a colon; "" where there is nothing anywhere.
func withoutAbsences(text string) string {
	var parts []string
	for part := range strings.SplitSeq(absencePattern.ReplaceAllString(text, ""), ", ") {
		if part = strings.Trim(part, ", "); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

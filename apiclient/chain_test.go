package apiclient

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// nowhere points the default chain at an empty home without a network.
func nowhere(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "ALIBABA_CLOUD_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	return home
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const cliConfig = `{"current": "other", "profiles": [
	{"name": "other", "mode": "AK", "access_key_id": "id-other", "access_key_secret": "secret-other"},
	{"name": "corp", "mode": "StsToken", "access_key_id": "id-corp", "access_key_secret": "secret-corp", "sts_token": "token-corp"}]}`

func TestChain(t *testing.T) {
	for _, test := range []struct {
		name, profile string
		setup         func(t *testing.T, home string)
		want          Credential
	}{
		{"environment", "", func(t *testing.T, home string) {
			t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id-env")
			t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret-env")
			t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "token-env")
		}, Credential{"id-env", "secret-env", "token-env"}},
		{"current profile", "", func(t *testing.T, home string) {
			put(t, filepath.Join(home, ".aliyun", "config.json"), cliConfig)
		}, Credential{"id-other", "secret-other", ""}},
		{"named profile", "corp", func(t *testing.T, home string) {
			put(t, filepath.Join(home, ".aliyun", "config.json"), cliConfig)
			t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id-env") // a named profile wins
			t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret-env")
		}, Credential{"id-corp", "secret-corp", "token-corp"}},
		{"named profile of the credentials file", "old", func(t *testing.T, home string) {
			put(t, filepath.Join(home, ".alibabacloud", "credentials"), "[old]\ntype = access_key\naccess_key_id = id-old\naccess_key_secret = secret-old\n")
		}, Credential{"id-old", "secret-old", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.setup(t, nowhere(t))
			c := CredentialsFromChain(test.profile)
			for range 2 {
				if got, err := c.Credential(t.Context()); err != nil || got != test.want {
					t.Errorf("%#v, %v", got, err)
				}
			}
		})
	}
}

func TestChainSaysWhereItLooked(t *testing.T) {
	home := nowhere(t)
	_, err := CredentialsFromChain("").Credential(t.Context())
	for _, place := range []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "OIDC", "~/.aliyun/config.json", "RAM role"} {
		if err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%v does not name %s", err, place)
		}
	}
	put(t, filepath.Join(home, ".aliyun", "config.json"), cliConfig)
	_, err = CredentialsFromChain("nobody").Credential(t.Context())
	if err == nil || !strings.Contains(err.Error(), `the profile "nobody"`) || strings.Contains(err.Error(), "secret-corp") {
		t.Error(err)
	}
}

// TestChainRecovers guards against the library's habit to stay with the
// provider that failed last.
func TestChainRecovers(t *testing.T) {
	nowhere(t)
	c := CredentialsFromChain("")
	if _, err := c.Credential(t.Context()); err == nil {
		t.Fatal("credentials out of nothing")
	}
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id-env")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret-env")
	if got, err := c.Credential(t.Context()); err != nil || got.AccessKeyID != "id-env" {
		t.Errorf("%v, %v", got, err)
	}
}

// TestChainErrorsHideFiles breaks a configuration file, which the library
// repeats whole in its error.
func TestChainErrorsHideFiles(t *testing.T) {
	home := nowhere(t)
	for _, broken := range []string{"secret-corp" + cliConfig, strings.Replace(cliConfig, `"AK"`, "5", 1), cliConfig[:len(cliConfig)-5]} {
		put(t, filepath.Join(home, ".aliyun", "config.json"), broken)
		for _, profile := range []string{"", "corp"} {
			_, err := CredentialsFromChain(profile).Credential(t.Context())
			if err == nil || strings.Contains(err.Error(), "secret-") || !strings.Contains(err.Error(), "it is not valid JSON") {
				t.Errorf("profile %q: %v", profile, err)
			}
		}
	}
}

func TestWithoutBodies(t *testing.T) {
	body, err := json.Marshal(map[string]string{"Code": "NoPermission", "AccessKeySecret": "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"refresh session token failed: " + string(body):          "refresh session token failed: NoPermission",
		`get credentials failed: {"AccessKeySecret":"s3cret"}`:   "get credentials failed: [answer left out]",
		"failed to execute external command: exit 1\nstderr: no": "failed to execute external command: exit 1 stderr: no",
	} {
		if got := withoutBodies(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// slow is a provider that takes its time and does not expect two callers.
type slow struct {
	takes time.Duration
	mu    sync.Mutex
	asked int
}

func (s *slow) GetCredentials() (*providers.Credentials, error) {
	if !s.mu.TryLock() {
		return nil, errors.New("two callers at once")
	}
	defer s.mu.Unlock()
	s.asked++
	time.Sleep(s.takes) // the bubble's clock
	return &providers.Credentials{AccessKeyId: "testid", AccessKeySecret: "testsecret"}, nil
}

func TestChainAsksOnceForManyCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: time.Second}
		c := &chain{turn: make(chan struct{}, 1), open: func() provider { return s }}
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if got, err := c.Credential(t.Context()); err != nil || got.AccessKeyID != "testid" {
					t.Errorf("%v, %v", got, err)
				}
			})
		}
		wg.Wait()
		if s.asked != 1 {
			t.Errorf("asked %d times", s.asked)
		}
		time.Sleep(credentialLifetime)
		if _, err := c.Credential(t.Context()); err != nil || s.asked != 2 {
			t.Errorf("asked %d times after the credential's life: %v", s.asked, err)
		}
	})
}

func TestChainEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: time.Hour}
		c := &chain{places: "there", turn: make(chan struct{}, 1), open: func() provider { return s }}
		start := time.Now()
		if _, err := c.Credential(t.Context()); err == nil || !strings.Contains(err.Error(), "looked at there") || time.Since(start) != chainTimeout {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Credential(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while another waits: %v", err)
		}
		time.Sleep(time.Hour) // until the library returns
	})
}

func TestMissingCredentialsAreNotRepeated(t *testing.T) {
	nowhere(t)
	c, s := newClient(t, ok, func(c *Config) { c.Credentials = CredentialsFromChain("") })
	_, err := c.Submit(t.Context(), aWrite)
	if err == nil || !strings.Contains(err.Error(), "not sent: no credentials: looked at") || !wire.StopsOperation(err) || len(s.forms) > 0 {
		t.Error(err)
	}
}

// TestMissingCredentialsAreSaidShortly: places where there is nothing are listed
// once, and what is wrong in one where there is something is said.
func TestMissingCredentialsAreSaidShortly(t *testing.T) {
	nowhere(t)
	said := func() string {
		_, err := CredentialsFromChain("").Credential(t.Context())
		return err.Error()
	}
	if text := said(); !strings.HasSuffix(text, ", ALIBABA_CLOUD_CREDENTIALS_URI") {
		t.Errorf("nothing anywhere: %s", text)
	}
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "AKID")
	if text := said(); !strings.HasSuffix(text, ", Access key secret must be specified via environment variable (ALIBABA_CLOUD_ACCESS_KEY_SECRET)") {
		t.Errorf("half a key: %s", text)
	}
}

// broken is a provider with a mistake.
type broken struct{}

func (broken) GetCredentials() (*providers.Credentials, error) { panic("on purpose") }

// TestChainOutlivesTheLibrary shows that a panic of the library is an error of
// the request, and not the end of the process.
func TestChainOutlivesTheLibrary(t *testing.T) {
	t.Parallel()
	c := &chain{places: "there", turn: make(chan struct{}, 1), open: func() provider { return broken{} }}
	for range 2 {
		if _, err := c.Credential(t.Context()); !errors.Is(err, wire.ErrNoCredentials) || !strings.Contains(err.Error(), "on purpose") {
			t.Error(err)
		}
	}
}

package apiclient

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/wire"
)

var theme = []wire.Param{{Name: "Name.1", Value: "blue & green"}, {Name: "Empty", Value: ""}}

func TestRawCall(t *testing.T) {
	const body = `{"RequestId":"R-1","Things":[{"b":2.50,"a":null}]}`
	c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) { return answered(200, body) })
	got, err := c.Raw(t.Context(), "QueryNewThings", theme)
	if err != nil || string(got) != body {
		t.Errorf("%s, %v", got, err)
	}
	form := s.forms[0]
	if form.Get("Action") != "QueryNewThings" || form.Get("Name.1") != "blue & green" || !form.Has("Empty") || form.Get("Signature") == "" {
		t.Errorf("sent %v", form)
	}
	if n := c.Stats()["QueryNewThings"]; n != 1 {
		t.Errorf("%d calls are counted", n)
	}
}

// TestRawRepeatsOnlyWhatWasNotDone: nobody knows what an unknown operation does.
func TestRawRepeatsOnlyWhatWasNotDone(t *testing.T) {
	for _, test := range []struct {
		name, operation string
		first           service
		calls           int
		outcome         wire.Outcome
	}{
		{"throttled", "MakeThing", func(int, *http.Request, url.Values) (*http.Response, error) { return refused(400, "Throttling.User") }, 2, wire.Done},
		{"busy behind the front", "MakeThing", func(int, *http.Request, url.Values) (*http.Response, error) { return refused(500, "InternalError") }, 1, wire.Unknown},
		{"no JSON", "MakeThing", func(int, *http.Request, url.Values) (*http.Response, error) { return answered(200, "<html>") }, 1, wire.Unknown},
		{"refused", "MakeThing", func(int, *http.Request, url.Values) (*http.Response, error) {
			return refused(404, "InvalidApi.NotFound")
		}, 1, wire.Refused},
		{"a read that the table knows", "QueryDomainList", func(int, *http.Request, url.Values) (*http.Response, error) { return refused(500, "InternalError") }, 2, wire.Done},
		{"a write that the table knows", "SaveBatchTaskForCreatingOrderRenew", func(int, *http.Request, url.Values) (*http.Response, error) {
			return answered(200, `{"RequestId":"R-1"}`) // no task number
		}, 1, wire.Unknown},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, s := newClient(t, func(n int, r *http.Request, form url.Values) (*http.Response, error) {
				if n == 0 {
					return test.first(n, r, form)
				}
				return answered(200, fine)
			})
			_, err := c.Raw(t.Context(), test.operation, nil)
			if len(s.forms) != test.calls || wire.OutcomeOf(err) != test.outcome {
				t.Errorf("%s: %d calls, %v (%v)", test.name, len(s.forms), wire.OutcomeOf(err), err)
			}
		})
	}
}

func TestRawKeepsItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) { return answered(200, fine) },
			func(c *Config) { c.Limits = func(string) float64 { return 2 } })
		for range 5 {
			if _, err := c.Raw(t.Context(), "QueryNewThings", nil); err != nil {
				t.Fatal(err)
			}
		}
		if took := s.times[4].Sub(s.times[0]); took.Seconds() != 2 {
			t.Errorf("five calls took %v", took)
		}
	})
}

// TestRawAnswersHoldNothingOfTheSignature: some answers repeat the request.
func TestRawAnswersHoldNothingOfTheSignature(t *testing.T) {
	c, s := newClient(t, func(_ int, _ *http.Request, form url.Values) (*http.Response, error) {
		echo := "https://example.com/?" + form.Encode()
		html := strings.NewReplacer("=", `\u003d`, "&", `\u0026`, "/", `\/`)
		return answered(200, `{"RequestId":"R-1","url":"`+echo+`","key":"testid","escaped":"`+html.Replace(form.Get("Signature"))+`"}`)
	})
	got, err := c.Raw(t.Context(), "CancelTask", []wire.Param{{Name: "TaskNo", Value: "T-1"}})
	if err != nil {
		t.Fatal(err)
	}
	signature := s.forms[0].Get("Signature")
	text := strings.ReplaceAll(strings.ReplaceAll(string(got), `\u003d`, "="), `\/`, "/")
	for _, secret := range []string{signature, url.QueryEscape(signature), "testid"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %s", secret, got)
		}
	}
	if !strings.Contains(text, "T-1") {
		t.Errorf("the rest is gone: %s", got)
	}
}

func TestRawWithoutCredentials(t *testing.T) {
	c, s := newClient(t, nil, func(c *Config) { c.Credentials = Static{} })
	if _, err := c.Raw(t.Context(), "QueryNewThings", nil); !errors.Is(err, wire.ErrNoCredentials) || len(s.forms) != 0 {
		t.Errorf("%v after %d calls", err, len(s.forms))
	}
}

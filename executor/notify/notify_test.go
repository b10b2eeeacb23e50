package notify

import (
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/notify/notifytest"
	"github.com/domainsync/domainsync/internal/clock"
)

// TestMain has services asked through a proxy that refuses, so that no message leaves
// the machine.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	m.Run()
}

// TestMailAndWebhook: what is sent arrives, with its title; what a server refuses is an
// error, and what it takes later is none.
func TestMailAndWebhook(t *testing.T) {
	t.Parallel()
	mail, mails := notifytest.Mail(t)
	hook, calls := notifytest.Webhook(t)
	for address, test := range map[string]struct {
		inbox *notifytest.Inbox
		why   string
	}{
		"smtp://" + mail + "/?from=cron@example.com&to=ops@example.com": {mails, "the server refuses it with code 451"},
		"generic://" + hook + "/t0ken?template=json&disabletls=yes":     {calls, "the answer has status 503"},
	} {
		target := NewTarget("DOMAINSYNC_NOTIFY", address, clock.Clock{})
		test.inbox.Fail(func(n int) bool { return n == 1 })
		if err := target.Send(t.Context(), "a title", "one\n.two"); err == nil || err.Error() != test.why {
			t.Errorf("%s: %v, want %s", target.Name, err, test.why)
		}
		if err := target.Send(t.Context(), "a title", "one\n.two"); err != nil {
			t.Errorf("%s: %v", target.Name, err)
		}
		all := test.inbox.Messages()
		if len(all) != 1 || !strings.Contains(all[0], "a title") || !strings.Contains(all[0], "two") {
			t.Errorf("%s: %q arrived", target.Name, all)
		}
	}
}

// TestHeartbeat: a second try is made, and not a third.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	address, inbox := notifytest.Webhook(t)
	inbox.Fail(func(n int) bool { return n < 2 || n > 2 })
	beat := func() error {
		return Heartbeat(t.Context(), clock.Clock{}, "http://"+address+"/ping/t0ken", "domainsync/test")
	}
	if err := beat(); err != nil {
		t.Error(err)
	}
	if err := beat(); err == nil || err.Error() != "the answer has status 503" {
		t.Error(err)
	}
	if got := inbox.Messages(); len(got) != 1 || got[0] != "GET /ping/t0ken\n" {
		t.Errorf("%q arrived", got)
	}
}

// addressesWithSecrets are addresses whose parts are all called secret, of every
// service that docs/monitoring.md shows, and some that are none.
var addressesWithSecrets = []string{
	"smtp://usersecret:passsecret@127.0.0.1:1/?from=fromsecret@example.com&to=tosecret@example.com",
	"slack://hook:TSECRET01-BSECRET01-secretsecretsecretsecret@webhook",
	"teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=secret.invalid",
	"lark://open.larksuite.com/tokensecret?secret=signsecret",
	"dingtalk://tokensecret?secret=signsecret",
	"generic://127.0.0.1:1/pathsecret?disabletls=yes&tokensecret=secret",
	"generic+http://127.0.0.1:1/pathsecret?tokensecret=secret",
	"https://127.0.0.1:1/pathsecret",
	"smtp://usersecret:passsecret@127.0.0.1:notaport/",
	"nothing-secret", "secret:secret", "://secret", "secret", "%zzsecret",
}

// TestNothingOfAnAddressIsTold: whatever goes wrong, no name and no error has any of it.
func TestNothingOfAnAddressIsTold(t *testing.T) {
	t.Parallel()
	for _, address := range addressesWithSecrets {
		target := NewTarget("DOMAINSYNC_NOTIFY", address, clock.Clock{})
		err := target.Send(t.Context(), "title", "text")
		if err == nil {
			t.Errorf("%s: it was sent", target.Name)
			continue
		}
		for _, text := range []string{target.Name, target.ID, err.Error()} {
			for _, part := range []string{"secret", "127.0.0.1", "44444444", "V2ESyij", "example.com"} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(part)) {
					t.Errorf("%q tells %s", text, part)
				}
			}
		}
		if err := Heartbeat(t.Context(), clock.Clock{}, address, ""); err == nil || strings.Contains(strings.ToLower(err.Error()), "secret") || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("a heartbeat says %v", err)
		}
	}
}

// TestAddressesOfServicesAreTaken: the forms that the documentation shows are those of
// the library.
func TestAddressesOfServicesAreTaken(t *testing.T) {
	t.Parallel()
	for _, address := range addressesWithSecrets[:7] {
		target := NewTarget("X", address, clock.Clock{})
		if !strings.Contains(target.Name, "(") {
			t.Errorf("no service is known for %s", address)
		}
	}
}

func TestWhyNotSent(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"the name of its host could not be resolved":              &net.DNSError{Err: "no such host", Name: "secret.example.com", IsNotFound: true},
		"connection refused":                                      &url.Error{Op: "Post", URL: "https://secret", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}},
		"no answer within 1s":                                     &net.DNSError{},
		"the answer has status 404":                               errors.New("posting to https://secret/: 404 Not Found"),
		"the connection failed, or the answer was not understood": errors.New("posting to https://secret/2200: bad"),
	} {
		if want == "no answer within 1s" {
			err = &net.OpError{Op: "read", Err: timeout{}}
		}
		if got := whyNotSent(err, time.Second).Error(); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// TestStatusesInTexts: a number is the status of an answer only where the text calls it so.
func TestStatusesInTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"404 Not Found": 404, "server returned 503 Service Unavailable": 503, "unexpected status code: 429": 429, "status 500": 500,
		"HTTP/1.1 403 ": 403, "http://host:443/ failed": 0, "dial tcp 192.0.2.1:587: lookup": 0, "message 512 of 550": 0, "room 404": 0,
		"port 443: status=502": 502, "": 0,
	} {
		if got := statusOf(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

type timeout struct{}

func (timeout) Error() string   { return "i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

// TestDingtalk: requests are signed as the service describes it, and an answer with
// status 200 may be a refusal.
func TestDingtalk(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("dingtalk://t0ken?secret=SEC0")
	if err != nil {
		t.Fatal(err)
	}
	q := dingtalkQuery(u, time.UnixMilli(1_700_000_000_000))
	// By openssl dgst -sha256 -hmac SEC0 over the time, a new line and the secret.
	const sign = "grq97xXoTUjTHFvKaCG7ayUVYZj98Kc7erzY+P9gZxg="
	if q.Get("sign") != sign || q.Get("access_token") != "t0ken" || q.Get("timestamp") != "1700000000000" {
		t.Errorf("%v, %v", q, err)
	}
	for body, want := range map[string]string{
		`{"errcode":0,"errmsg":"ok"}`:                          "",
		`{"errcode":310000,"errmsg":"keywords not in secret"}`: "the robot refuses it with code 310000",
		`{}`:      "the answer was not understood",
		`<html/>`: "the answer was not understood",
	} {
		got := ""
		if err := dingtalkVerdict(200, []byte(body), nil); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

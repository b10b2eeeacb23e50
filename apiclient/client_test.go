package apiclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
)

var (
	aRead  = &wire.QueryDomainByDomainNameRequest{DomainName: "example.com"}
	aWrite = &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"example.com"}, Status: true}
	anAck  = &wire.AcknowledgeTaskResultRequest{TaskDetailNo: []string{"D-1"}}
)

// service is a transport that answers by itself.
type service func(n int, r *http.Request, form url.Values) (*http.Response, error)

// server counts the requests that a service gets and keeps their forms.
type server struct {
	answer service
	mu     sync.Mutex
	forms  []url.Values
	times  []time.Time
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	n := len(s.forms)
	s.forms, s.times = append(s.forms, form), append(s.times, time.Now())
	s.mu.Unlock()
	return s.answer(n, r, form)
}

func answered(status int, body string, header ...string) (*http.Response, error) {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp, nil
}

func refused(status int, code string, header ...string) (*http.Response, error) {
	return answered(status, `{"RequestId":"R-9","HostId":"domain.example.com","Code":"`+code+`","Message":"as told"}`, header...)
}

const fine = `{"RequestId":"R-1","TaskNo":"T-1","DomainName":"example.com","UserId":"1","DSRecordList":[]}`

func newClient(t testing.TB, answer service, change ...func(*Config)) (*Client, *server) {
	t.Helper()
	s := &server{answer: answer}
	config := Config{Credentials: Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: s}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// TestEveryOperationHasAMethod fails where operations_gen.go is older than the
// table of operations.
func TestEveryOperationHasAMethod(t *testing.T) {
	client := reflect.TypeFor[*Client]()
	for _, o := range wire.Operations() {
		m, ok := client.MethodByName(o.Name)
		if !ok {
			t.Errorf("the client has no method %s: go generate ./apiclient", o.Name)
			continue
		}
		if m.Type.In(2) != reflect.TypeOf(o.NewRequest()) || m.Type.Out(0) != reflect.TypeOf(o.NewResponse()) {
			t.Errorf("%s is a %v", o.Name, m.Type)
		}
	}
}

func TestCall(t *testing.T) {
	c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) { return answered(200, fine) })
	got, err := c.QueryDomainByDomainName(t.Context(), aRead)
	if err != nil {
		t.Fatal(err)
	}
	if got.RequestID != "R-1" || got.DomainName != "example.com" {
		t.Errorf("%+v", got)
	}
	if _, err := c.SaveBatchTaskForUpdateProhibitionLock(t.Context(), aWrite); err != nil {
		t.Error(err)
	}
	if s.forms[0].Get("Action") != "QueryDomainByDomainName" || s.forms[0].Get("DomainName") != "example.com" {
		t.Errorf("sent %v", s.forms[0])
	}
	want := map[string]int{"QueryDomainByDomainName": 1, "SaveBatchTaskForUpdateProhibitionLock": 1}
	if diff := cmp.Diff(want, c.Stats()); diff != "" {
		t.Error(diff)
	}
}

func TestCallIsCheckedBeforeItIsSent(t *testing.T) {
	c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) { return answered(200, fine) })
	_, err := c.QueryDomainByDomainName(t.Context(), &wire.QueryDomainByDomainNameRequest{})
	if _, ok := errors.AsType[*wire.ParameterError](err); !ok {
		t.Errorf("a request without a name: %v", err)
	}
	if _, err := c.Submit(t.Context(), aRead); wire.OutcomeOf(err) != wire.Refused {
		t.Errorf("a read was submitted: %v", err)
	}
	if len(s.forms) > 0 {
		t.Errorf("sent %v", s.forms)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a client without credentials")
	}
	if _, err := New(Config{Credentials: Static{}, Endpoint: "http://example.com"}); err == nil {
		t.Error("a client without HTTPS")
	}
}

// TestAttempts tells for each failure and kind of operation how often it is
// tried, and what is known afterwards.
func TestAttempts(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, test := range []struct {
		name    string
		fail    func() (*http.Response, error)
		request wire.Request
		tries   int
		want    wire.Outcome
	}{
		{"500 on a read", func() (*http.Response, error) { return refused(500, "InternalError") }, aRead, 5, wire.Unknown},
		{"500 on a write", func() (*http.Response, error) { return refused(500, "InternalError") }, aWrite, 1, wire.Unknown},
		{"500 on an acknowledgement", func() (*http.Response, error) { return refused(500, "InternalError") }, anAck, 5, wire.Unknown},
		{"reset on a read", func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, aRead, 5, wire.Unknown},
		{"reset on a write", func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, aWrite, 1, wire.Unknown},
		{"no connection on a write", func() (*http.Response, error) { return nil, dial }, aWrite, 5, wire.NotDone},
		{"throttled write", func() (*http.Response, error) { return refused(400, "Throttling.User") }, aWrite, 31, wire.NotDone},
		{"busy write", func() (*http.Response, error) { return refused(400, "TaskIsBeingProcessed") }, aWrite, 5, wire.NotDone},
		{"unavailable with a hint", func() (*http.Response, error) {
			return refused(503, "ServiceUnavailable", "x-acs-retry-after", "1000")
		}, aWrite, 5, wire.NotDone},
		{"unavailable without", func() (*http.Response, error) { return refused(503, "ServiceUnavailable") }, aWrite, 1, wire.Unknown},
		{"refused read", func() (*http.Response, error) { return refused(400, "DomainNotExist") }, aRead, 1, wire.Refused},
		{"wrong key", func() (*http.Response, error) { return refused(404, "InvalidAccessKeyId.NotFound") }, aRead, 1, wire.Refused},
		{"a page instead of an answer", func() (*http.Response, error) { return answered(200, "<html>") }, aWrite, 1, wire.Unknown},
		{"no task number", func() (*http.Response, error) { return answered(200, `{"RequestId":"R-2"}`) }, aWrite, 1, wire.Unknown},
		{"redirect", func() (*http.Response, error) { return answered(302, "", "Location", "https://example.org/") }, aWrite, 1, wire.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) { return test.fail() })
				err := c.Do(t.Context(), test.request, wire.OperationOf(test.request).NewResponse())
				if got := wire.OutcomeOf(err); got != test.want || len(s.forms) != test.tries {
					t.Errorf("%d attempts, %v (%v); want %d, %v", len(s.forms), got, err, test.tries, test.want)
				}
				nonces := map[string]bool{}
				for _, f := range s.forms {
					nonces[f.Get("SignatureNonce")] = true
				}
				if len(nonces) != test.tries {
					t.Errorf("%d nonces in %d attempts", len(nonces), test.tries)
				}
			})
		})
	}
}

func TestCallRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newClient(t, func(n int, _ *http.Request, _ url.Values) (*http.Response, error) {
			if n < 3 {
				return refused(400, "Throttling")
			}
			return answered(200, fine)
		})
		got, err := c.Submit(t.Context(), aWrite)
		if err != nil || got.TaskNo != "T-1" || len(s.forms) != 4 {
			t.Errorf("%v, %v after %d attempts", got, err, len(s.forms))
		}
		if calls, throttled := c.Stats()["SaveBatchTaskForUpdateProhibitionLock"], c.Throttled()["SaveBatchTaskForUpdateProhibitionLock"]; calls != 4 || throttled != 3 {
			t.Errorf("%d calls are counted, and %d of them as throttled", calls, throttled)
		}
	})
}

// TestAnUnknownAttemptStaysUnknown guards what a later, clearer failure must
// not hide: an earlier attempt may have been executed.
func TestAnUnknownAttemptStaysUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newClient(t, func(n int, _ *http.Request, _ url.Values) (*http.Response, error) {
			if n == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
		})
		if _, err := c.AcknowledgeTaskResult(t.Context(), anAck); wire.OutcomeOf(err) != wire.Unknown {
			t.Error(err)
		}
	})
}

func TestCancellation(t *testing.T) {
	stopped := errors.New("stopped by the user")
	hang := func(_ int, r *http.Request, _ url.Values) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	throttle := func(int, *http.Request, url.Values) (*http.Response, error) {
		return refused(400, "Throttling", "x-acs-retry-after", "60000")
	}
	for _, test := range []struct {
		name    string
		answer  service
		request wire.Request
		sent    bool
	}{
		{"while a write is on its way", hang, aWrite, true},
		{"while a read is on its way", hang, aRead, true},
		{"while a throttled write waits", throttle, aWrite, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newClient(t, test.answer)
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(stopped) })
				start := time.Now()
				err := c.Do(ctx, test.request, wire.OperationOf(test.request).NewResponse())
				if took := time.Since(start); took != time.Second {
					t.Errorf("ended after %v", took)
				}
				e, ok := errors.AsType[*wire.TransportError](err)
				if !ok || e.Sent != test.sent {
					t.Errorf("%#v", err)
				}
				if len(s.forms) != 1 {
					t.Errorf("%d attempts", len(s.forms))
				}
			})
		})
	}
	c, s := newClient(t, hang)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Submit(ctx, aWrite); wire.OutcomeOf(err) != wire.NotDone || !errors.Is(err, context.Canceled) || len(s.forms) > 0 {
		t.Errorf("cancelled before it began: %v, %d attempts", err, len(s.forms))
	}
}

// TestAttemptsNeedPermission: each attempt asks for it, and is signed with a time
// before that, however long the answer took.
func TestAttemptsNeedPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) {
			return refused(400, "Throttling")
		})
		over := errors.New("it is over")
		var asked []time.Time
		ctx := wire.WithPermission(t.Context(), func(context.Context) error {
			if asked = append(asked, time.Now()); len(asked) > 2 {
				return over
			}
			time.Sleep(time.Minute) // the bubble's clock
			return nil
		})
		_, err := c.Submit(ctx, aWrite)
		if !errors.Is(err, over) || wire.OutcomeOf(err) != wire.NotDone {
			t.Errorf("%v, %v", err, wire.OutcomeOf(err))
		}
		if len(s.forms) != 2 {
			t.Fatalf("%d attempts with two permissions", len(s.forms))
		}
		for i, form := range s.forms {
			if want := asked[i].UTC().Format("2006-01-02T15:04:05Z"); form.Get("Timestamp") != want {
				t.Errorf("attempt %d is signed at %s, and its permission was asked for at %s", i, form.Get("Timestamp"), want)
			}
		}
	})
}

// TestOneTimestampForAllAttempts: a call is signed with its caller's time, however
// often it is tried. Where that is too old, it was not executed, and may be sent
// with a newer one; where the clocks are apart, a newer one is no better.
func TestOneTimestampForAllAttempts(t *testing.T) {
	for name, test := range map[string]struct {
		behind   time.Duration // the local clock is, of the service's
		wait     time.Duration // before the call, since its time was taken
		attempts int
		outcome  wire.Outcome
		err      error
	}{
		"fresh":                          {attempts: 31, outcome: wire.NotDone},
		"too old before it leaves":       {wait: 14 * time.Minute, outcome: wire.NotDone, err: wire.ErrTimestampTooOld},
		"too old by the service's clock": {behind: 6 * time.Minute, wait: 8 * time.Minute, outcome: wire.NotDone, err: wire.ErrTimestampTooOld},
		"old for nobody":                 {behind: 6 * time.Minute, wait: 4 * time.Minute, attempts: 31, outcome: wire.NotDone},
		"of a clock that is far behind":  {behind: 20 * time.Minute, attempts: 1, outcome: wire.Refused},
		"refused after a while":          {behind: 20 * time.Minute, wait: 2 * time.Minute, outcome: wire.NotDone, err: wire.ErrTimestampTooOld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				date := func() string { return time.Now().Add(test.behind).UTC().Format(http.TimeFormat) }
				c, s := newClient(t, func(_ int, _ *http.Request, form url.Values) (*http.Response, error) {
					signed, err := time.Parse("2006-01-02T15:04:05Z", form.Get("Timestamp"))
					if err != nil || time.Now().Add(test.behind).Sub(signed) > wire.SignatureLife {
						return refused(400, "InvalidTimeStamp.Expired", "Date", date())
					}
					return refused(400, "Throttling", "Date", date())
				})
				if _, err := c.QueryDomainByDomainName(t.Context(), aRead); err == nil { // by which the clocks are known
					t.Fatal("the service answers nothing else")
				}
				before := len(s.forms)
				at := time.Now()
				time.Sleep(test.wait) // the bubble's clock
				_, err := c.Submit(wire.WithTimestamp(t.Context(), at), aWrite)
				if wire.OutcomeOf(err) != test.outcome || test.err != nil && !errors.Is(err, test.err) {
					t.Errorf("%v (%v)", err, wire.OutcomeOf(err))
				}
				forms := s.forms[before:]
				if len(forms) != test.attempts {
					t.Errorf("%d attempts, want %d", len(forms), test.attempts)
				}
				for _, form := range forms {
					if want := at.UTC().Format("2006-01-02T15:04:05Z"); form.Get("Timestamp") != want {
						t.Errorf("signed at %s, want %s", form.Get("Timestamp"), want)
					}
				}
			})
		})
	}
}

// TestStaleRefusals: a request that was refused for its caller's old time, on its
// way for so long, was not executed, and stops nothing.
func TestStaleRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) {
			time.Sleep(16 * time.Minute) // the bubble's clock
			return refused(400, "InvalidTimeStamp.Expired")
		}, func(c *Config) { c.Timeout = time.Hour })
		_, err := c.Submit(wire.WithTimestamp(t.Context(), time.Now()), aWrite)
		if wire.OutcomeOf(err) != wire.NotDone || wire.StopsOperation(err) || len(s.forms) != 1 {
			t.Errorf("%v (%v) after %d attempts", err, wire.OutcomeOf(err), len(s.forms))
		}
	})
}

func TestAttemptsTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newClient(t, func(_ int, r *http.Request, _ url.Values) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, func(c *Config) { c.Timeout, c.Attempts = 10*time.Second, 2 })
		_, err := c.QueryDomainByDomainName(t.Context(), aRead)
		if !errors.Is(err, context.DeadlineExceeded) || len(s.forms) != 2 {
			t.Errorf("%v after %d attempts", err, len(s.forms))
		}
	})
}

func TestSkew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := time.Hour
		c, _ := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) {
			return refused(400, "InvalidTimeStamp.Expired", "Date", time.Now().Add(-off).UTC().Format(http.TimeFormat))
		})
		if _, known := c.ServiceClock().Skew(); known {
			t.Error("a clock is known before the first answer")
		}
		_, err := c.QueryDomainByDomainName(t.Context(), aRead)
		if skew, known := c.ServiceClock().Skew(); !known || (skew-off).Abs() > time.Second {
			t.Errorf("%v, %v", skew, known)
		}
		if err == nil || !strings.Contains(err.Error(), "The local clock is 1h0m0s ahead of the service's: set it.") {
			t.Error(err)
		}
		off = -10 * time.Minute
		if _, err = c.QueryDomainByDomainName(t.Context(), aRead); err == nil || !strings.Contains(err.Error(), "behind the service's") {
			t.Error(err)
		}
	})
}

// TestSecretsStayInside makes the transport and the service repeat all that
// they know, and looks for it in what comes out.
func TestSecretsStayInside(t *testing.T) {
	credential := Static{AccessKeyID: "LTAIexample", Secret: "s3cret/+example", SecurityToken: "tok/en+example=="}
	var sent url.Values
	everything := func(form url.Values) string {
		sent = form
		twice := url.QueryEscape(url.QueryEscape(form.Get("Signature") + form.Get("SecurityToken")))
		return "https://domain.example.com/?" + form.Encode() + " signed " + twice + " " + form.Get("Signature") + " as " + credential.AccessKeyID + " " + credential.Secret
	}
	for name, answer := range map[string]service{
		"transport": func(_ int, r *http.Request, form url.Values) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: everything(form), Err: errors.New(everything(form))}
		},
		"refusal": func(_ int, _ *http.Request, form url.Values) (*http.Response, error) {
			return answered(400, fmt.Sprintf(`{"RequestId":"R-1","Code":"SignatureDoesNotMatch","Message":%q}`, everything(form)))
		},
		"answer": func(_ int, _ *http.Request, form url.Values) (*http.Response, error) {
			return answered(200, `{"TaskNo":`+everything(form)+`}`)
		},
		"transfer key": func(_ int, _ *http.Request, form url.Values) (*http.Response, error) {
			sent = form
			return answered(200, `{"Data":{"TaskDetail":[{"TaskResult":s3cretTransferKey}]}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var logs bytes.Buffer
			c, _ := newClient(t, answer, func(c *Config) {
				c.Credentials, c.Attempts = credential, 1
				c.Logger = slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			_, err := c.QueryTaskDetailList(t.Context(), &wire.QueryTaskDetailListRequest{PageNum: 1, PageSize: 1, TaskNo: "T-1"})
			if err == nil {
				_, err = c.Submit(t.Context(), aWrite)
			}
			if err == nil {
				t.Fatal("nothing failed")
			}
			if !strings.Contains(logs.String(), `"operation":"`) {
				t.Errorf("no log: %s", &logs)
			}
			out := fmt.Sprintf("%v %+v %#v %s", err, err, errors.Unwrap(err), &logs)
			for _, secret := range []string{credential.AccessKeyID, "s3cret", "tok/en", "tok%2Fen", "tok%252Fen", sent.Get("Signature"), url.QueryEscape(sent.Get("Signature"))} {
				if strings.Contains(out, secret) {
					t.Errorf("%q in %s", secret, out)
				}
			}
		})
	}
	if out := fmt.Sprintf("%v %+v %#v %v", credential, credential, credential, Credential(credential)); strings.Contains(out, "LTAI") || strings.Contains(out, "s3cret") {
		t.Errorf("printed credentials: %s", out)
	}
}

func TestLogLine(t *testing.T) {
	var logs bytes.Buffer
	c, _ := newClient(t, func(n int, _ *http.Request, _ url.Values) (*http.Response, error) {
		if n == 0 {
			return refused(400, "DomainNotExist")
		}
		return answered(200, fine)
	}, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, _ = c.QueryDomainByDomainName(t.Context(), aRead)
	_, _ = c.QueryDomainByDomainName(t.Context(), aRead)
	first, second, _ := strings.Cut(logs.String(), "\n")
	for line, wants := range map[string][]string{
		first:  {"operation=QueryDomainByDomainName", "status=400", "code=DomainNotExist", "request_id=R-9", "duration="},
		second: {"status=200", "request_id=R-1"},
	} {
		for _, want := range wants {
			if !strings.Contains(line, want) {
				t.Errorf("%q lacks %s", line, want)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		header []string
		want   time.Duration
	}{
		{nil, 0},
		{[]string{"x-acs-retry-after", "1500"}, 1500 * time.Millisecond},
		{[]string{"x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}, 2 * time.Second},
		{[]string{"x-ratelimit-user", "Limit:1, Remain:0, TimeLeft:3000, Reset:1", "x-ratelimit-user-api", "TimeLeft:2000", "x-acs-retry-after", "1"}, 3 * time.Second},
		{[]string{"x-acs-retry-after", "soon", "x-ratelimit-user", "TimeLeft"}, 0},
		{[]string{"x-acs-retry-after", "-5"}, 0},
	} {
		resp, _ := answered(400, "", test.header...)
		if got := retryAfter(resp.Header); got != test.want {
			t.Errorf("%v: %v, want %v", test.header, got, test.want)
		}
	}
}

// TestServiceClock: what an answer's Date tells counts, and is said where it is far
// from the local time.
func TestServiceClock(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		name     string
		endpoint string
		trust    bool
		date     func(now time.Time) []string // headers
		run      time.Duration                // how far ahead of the local clock
		says     string                       // "": nothing
	}{
		{name: "none", date: func(time.Time) []string { return nil }},
		{name: "nonsense", date: func(time.Time) []string { return []string{"Date", "yesterday"} }},
		{name: "of another age", date: func(time.Time) []string { return []string{"Date", "Mon, 01 Jan 0001 00:00:00 GMT"} }},
		{name: "the same", date: func(now time.Time) []string { return []string{"Date", now.Format(http.TimeFormat)} }},
		{name: "kept by a proxy", date: func(now time.Time) []string {
			return []string{"Date", now.Add(-3 * day).Format(http.TimeFormat), "Age", "259200"}
		}},
		{
			name: "ahead", says: "level=WARN msg=\"the local clock and the service's are apart",
			date: func(now time.Time) []string { return []string{"Date", now.Add(3 * day).Format(http.TimeFormat)} },
		},
		{
			name: "behind", run: -3 * day, says: "level=WARN msg=\"the local clock and the service's are apart",
			date: func(now time.Time) []string { return []string{"Date", now.Add(-3 * day).Format(http.TimeFormat)} },
		},
		{
			name: "trusted", trust: true, run: 3 * day, says: "level=INFO msg=\"the run goes by the service's clock\"",
			date: func(now time.Time) []string { return []string{"Date", now.Add(3 * day).Format(http.TimeFormat)} },
		},
		{
			name: "of this machine", endpoint: "http://[::1]:8080", run: 3 * day, says: "level=INFO msg=\"the run goes by the service's clock\"",
			date: func(now time.Time) []string { return []string{"Date", now.Add(3 * day).Format(http.TimeFormat)} },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				c, s := newClient(t, func(int, *http.Request, url.Values) (*http.Response, error) {
					return answered(200, fine, test.date(time.Now().UTC())...)
				}, func(c *Config) {
					c.Endpoint, c.TrustClock, c.Logger = test.endpoint, test.trust, slog.New(slog.NewTextHandler(&log, nil))
				})
				for range 3 {
					if _, err := c.QueryDSRecord(t.Context(), &wire.QueryDSRecordRequest{DomainName: "example.com"}); err != nil {
						t.Fatal(err)
					}
				}
				if got := time.Until(c.ServiceClock().Clock().Now()); (got - test.run).Abs() > time.Second {
					t.Errorf("the run is %v ahead, want %v", got, test.run)
				}
				now := time.Now().UTC().Format(time.RFC3339)
				if got := log.String(); test.says == "" && got != "" ||
					test.says != "" && (strings.Count(got, "msg=") != 1 || !strings.Contains(got, test.says) || !strings.Contains(got, "local="+now[:10]) || !strings.Contains(got, "service=")) {
					t.Errorf("it says %q, want once %q", got, test.says)
				}
				if got := s.forms[0].Get("Timestamp"); got != now {
					t.Errorf("the request is signed at %s, and it is %s here", got, now)
				}
			})
		})
	}
}

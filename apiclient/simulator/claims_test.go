package simulator_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// headerCall is a call that has its claims in headers, as today's official
// clients make them. Like client it shares no code with the simulator.
type headerCall struct {
	method      string
	query, form url.Values
	headers     map[string]string // by their names in lower case
	key, secret string
	unsigned    []string // headers that are left out of the signature
	algorithm   string
	hash        string              // of the body, where the header says something else
	change      func(h http.Header) // after it was signed
}

// newHeaderCall is a call as official clients make it: POST, all parameters in
// the query.
func newHeaderCall(operation string, params ...string) *headerCall {
	query := url.Values{}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		query.Set(name, value)
	}
	return &headerCall{
		method: http.MethodPost, query: query, key: "testid", secret: "testsecret", algorithm: "ACS3-HMAC-SHA256",
		headers: map[string]string{
			"host": "domain.example.com", "accept": "application/json", "x-acs-action": operation, "x-acs-version": "2018-01-29",
			"x-acs-date": time.Now().UTC().Format("2006-01-02T15:04:05Z"), "x-acs-signature-nonce": fmt.Sprint("h", nonce.Add(1)),
		},
	}
}

// inForm moves the parameters into the body.
func (h *headerCall) inForm() *headerCall {
	h.query, h.form = nil, h.query
	h.headers["content-type"] = "application/x-www-form-urlencoded"
	return h
}

func (h *headerCall) set(header, value string) *headerCall {
	h.headers[header] = value
	if value == "" {
		delete(h.headers, header)
	}
	return h
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// authorization signs the call as the scheme describes it.
func (h *headerCall) authorization() string {
	query := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(h.query.Encode())
	var names, lines []string
	for _, name := range slices.Sorted(maps.Keys(h.headers)) {
		if (name == "host" || name == "content-type" || strings.HasPrefix(name, "x-acs-")) && !slices.Contains(h.unsigned, name) {
			names = append(names, name)
			lines = append(lines, name+":"+strings.TrimSpace(h.headers[name])+"\n")
		}
	}
	signed := strings.Join(names, ";")
	request := h.method + "\n/\n" + query + "\n" + strings.Join(lines, "") + "\n" + signed + "\n" + cmp.Or(h.hash, h.headers["x-acs-content-sha256"])
	mac := hmac.New(sha256.New, []byte(h.secret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + sha256Hex(request)))
	return h.algorithm + " Credential=" + h.key + ",SignedHeaders=" + signed + ",Signature=" + hex.EncodeToString(mac.Sum(nil))
}

// request signs the call and returns it.
func (h *headerCall) request(t testing.TB) *http.Request {
	t.Helper()
	body := h.form.Encode()
	if _, given := h.headers["x-acs-content-sha256"]; !given {
		h.headers["x-acs-content-sha256"] = sha256Hex(body)
	}
	r, err := http.NewRequest(h.method, "http://domain.example.com/?"+h.query.Encode(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range h.headers {
		r.Header.Set(name, value)
	}
	r.Header.Del("Host")
	r.Header.Set("Authorization", h.authorization())
	if h.change != nil {
		h.change(r.Header)
	}
	return r
}

// send makes the call.
func (h *headerCall) send(t testing.TB, s *simulator.Simulator) (status int, header http.Header, body []byte) {
	t.Helper()
	answer, err := s.Transport().RoundTrip(h.request(t))
	if err != nil {
		t.Fatal(err)
	}
	if body, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, body
}

// outcome makes the call and returns the status, and the code of a refusal.
func (h *headerCall) outcome(t testing.TB, s *simulator.Simulator) string {
	t.Helper()
	status, _, body := h.send(t, s)
	var e struct{ Code, Message, RequestID string }
	if err := json.Unmarshal(body, &e); err != nil || e.RequestID == "" {
		t.Fatalf("%v: %s", err, body)
	}
	return strings.TrimSpace(fmt.Sprint(status, " ", e.Code))
}

// TestHeaderSignatureOfTheDocumentation checks the test's own signatures with
// the worked example that the scheme's documentation gives.
func TestHeaderSignatureOfTheDocumentation(t *testing.T) {
	t.Parallel()
	h := &headerCall{
		method: http.MethodPost, key: "YourAccessKeyId", secret: "YourAccessKeySecret", algorithm: "ACS3-HMAC-SHA256",
		query: url.Values{"ImageId": {"win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}, "RegionId": {"cn-shanghai"}},
		headers: map[string]string{
			"host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances", "x-acs-version": "2014-05-26",
			"x-acs-date": "2023-10-26T10:22:32Z", "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
			"x-acs-content-sha256": sha256Hex(""),
		},
	}
	want := "ACS3-HMAC-SHA256 Credential=YourAccessKeyId," +
		"SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if got := h.authorization(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestEveryWayToCallWithHeaders: GET, POST with everything in the query, and
// POST with a form; with temporary keys, and with what official clients add.
func TestEveryWayToCallWithHeaders(t *testing.T) {
	t.Parallel()
	s, _ := inProcess(t, simulator.Options{Account: three()})
	odd := []string{"DomainName=bücher.example", "UserClientIp=~a b*+&=", "Empty="}
	get := newHeaderCall("QueryDomainByDomainName", odd...)
	get.method = http.MethodGet
	mixed := newHeaderCall("QueryDomainByDomainName", odd[:1]...).inForm()
	mixed.query = url.Values{"Lang": {"zh"}, "a*": {"+ "}}
	for name, h := range map[string]*headerCall{
		"GET": get, "POST": newHeaderCall("QueryDomainByDomainName", odd...),
		"form": newHeaderCall("QueryDomainByDomainName", odd...).inForm(), "query and form": mixed,
		"temporary key": newHeaderCall("QueryDomainByDomainName", odd...).set("x-acs-security-token", "token").
			set("x-acs-accesskey-id", "testid").set("x-acs-credentials-provider", "static_sts"),
		"blanks around a value": newHeaderCall("QueryDomainByDomainName", odd...).set("x-acs-trace", "  t "),
	} {
		status, _, body := h.send(t, s)
		var d wire.QueryDomainByDomainNameResponse
		if err := wire.DecodeResponse(body, &d); err != nil || status != http.StatusOK || d.InstanceID != "S3" {
			t.Errorf("%s: %d, %v: %s", name, status, err, body)
		}
	}
}

func TestHeaderCallsAreAuthenticated(t *testing.T) {
	t.Parallel()
	s, _ := inProcess(t, simulator.Options{Account: three()})
	ago := func(d time.Duration) string { return time.Now().Add(-d).UTC().Format("2006-01-02T15:04:05Z") }
	later := func(change func(h http.Header)) func(*headerCall) { return func(h *headerCall) { h.change = change } }
	set := func(header, value string) func(*headerCall) { return func(h *headerCall) { h.set(header, value) } }
	for _, test := range []struct {
		name, want string
		change     func(h *headerCall)
	}{
		{"good", "200", func(*headerCall) {}},
		{"an old time stamp", "200", set("x-acs-date", ago(14*time.Minute))},
		{"a stale one", "400 InvalidTimeStamp.Expired", set("x-acs-date", ago(15*time.Minute+2*time.Second))},
		{"one to come", "400 InvalidTimeStamp.Expired", set("x-acs-date", ago(-15*time.Minute-2*time.Second))},
		{"none that can be read", "400 InvalidTimeStamp.Format", set("x-acs-date", "yesterday")},
		{"another key", "404 InvalidAccessKeyId.NotFound", func(h *headerCall) { h.key = "other" }},
		{"another secret", "403 SignatureDoesNotMatch", func(h *headerCall) { h.secret = "other" }},
		{"another algorithm", "400 InvalidSignatureMethod", func(h *headerCall) { h.algorithm = "ACS3-HMAC-SM3" }},
		{"another version", "400 NoSuchVersion", set("x-acs-version", "2018-04-03")},
		{"another operation", "404 InvalidApi.NotFound", set("x-acs-action", "QueryNothing")},
		{"another method", "405 UnsupportedHTTPMethod", func(h *headerCall) { h.method = http.MethodPut }},
		{"no operation", "400 MissingParameter", set("x-acs-action", "")},
		{"no version", "400 MissingParameter", set("x-acs-version", "")},
		{"no time", "400 MissingParameter", set("x-acs-date", "")},
		{"no nonce", "400 MissingParameter", set("x-acs-signature-nonce", "")},
		{"no hash", "400 MissingParameter", later(func(h http.Header) { h.Del("X-Acs-Content-Sha256") })},
		{"no signature", "400 MissingParameter", later(func(h http.Header) { h.Del("Authorization") })},
		{"no credential", "400 IncompleteSignature", func(h *headerCall) { h.key = "" }},
		{"an empty signature", "400 IncompleteSignature", later(func(h http.Header) {
			a, _, _ := strings.Cut(h.Get("Authorization"), "Signature=")
			h.Set("Authorization", a+"Signature=")
		})},
		{"nothing signed", "400 IncompleteSignature", later(func(h http.Header) {
			h.Set("Authorization", "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=,Signature=00")
		})},
		{"the host is not signed", "400 IncompleteSignature", func(h *headerCall) { h.unsigned = []string{"host"} }},
		{"the operation is not signed", "400 IncompleteSignature", func(h *headerCall) { h.unsigned = []string{"x-acs-action"} }},
		{"the token is not signed", "400 IncompleteSignature", later(func(h http.Header) { h.Set("X-Acs-Security-Token", "token") })},
		{"another operation was signed", "403 SignatureDoesNotMatch", later(func(h http.Header) { h.Set("X-Acs-Action", "QueryDSRecord") })},
		{"the hash is not the body's", "403 SignatureDoesNotMatch", set("x-acs-content-sha256", sha256Hex("another"))},
		{"the header alone has another hash", "403 SignatureDoesNotMatch", func(h *headerCall) {
			h.set("x-acs-content-sha256", sha256Hex("another")).hash = sha256Hex("")
		}},
		{"the content type changed", "403 SignatureDoesNotMatch", func(h *headerCall) {
			h.inForm().change = func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8") }
		}},
	} {
		h := newHeaderCall("QueryDomainByDomainName", "DomainName=example.com")
		test.change(h)
		if got := h.outcome(t, s); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	if got := s.Stats()["QueryDomainByDomainName"]; got == 0 {
		t.Error("the calls are not counted")
	}
}

// TestSignedQueryAndBodyCannotBeChanged: neither a parameter of the query nor
// one of the form.
func TestSignedQueryAndBodyCannotBeChanged(t *testing.T) {
	t.Parallel()
	s, _ := inProcess(t, simulator.Options{Account: three()})
	for name, h := range map[string]*headerCall{
		"query": newHeaderCall(transferLock, "Status=true", "DomainName.1=example.net"),
		"form":  newHeaderCall(transferLock, "Status=true", "DomainName.1=example.net").inForm(),
	} {
		r := h.request(t)
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "example.net", "example.com", 1)
		body := strings.Replace(h.form.Encode(), "example.net", "example.com", 1)
		r.Body = io.NopCloser(strings.NewReader(body))
		answer, err := s.Transport().RoundTrip(r)
		if err != nil || answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
	}
	if n := len(s.Tasks()); n != 0 {
		t.Errorf("%d tasks were saved", n)
	}
}

// TestCallsAreNotRepeatedInEitherScheme: a nonce is used once, whatever the
// scheme of the call that uses it again.
func TestCallsAreNotRepeatedInEitherScheme(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := inProcess(t, simulator.Options{Account: three()})
		h := newHeaderCall(transferLock, "Status=true", "DomainName.1=example.net")
		if got := h.outcome(t, s); got != "200" {
			t.Fatal(got)
		}
		for range 14 {
			if got := h.outcome(t, s); got != "400 SignatureNonceUsed" {
				t.Fatalf("%v: %s", time.Now(), got)
			}
			time.Sleep(time.Minute)
		}
		c.change = func(v url.Values) { v.Set("SignatureNonce", h.headers["x-acs-signature-nonce"]) }
		if got := c.refused("QueryDomainByDomainName", "DomainName=example.com"); got != "400 SignatureNonceUsed" {
			t.Error(got)
		}
		if n := len(s.Tasks()); n != 1 {
			t.Errorf("%d tasks were saved", n)
		}
	})
}

// TestHeaderCallsGetJSONUnlessTheyWantXML, refusals included.
func TestHeaderCallsGetJSONUnlessTheyWantXML(t *testing.T) {
	t.Parallel()
	s, _ := inProcess(t, simulator.Options{Account: three()})
	for _, test := range []struct {
		accept string
		params []string
		xml    bool
	}{
		{"", nil, false},
		{"application/json", nil, false},
		{"*/*", nil, false},
		{"application/xml", nil, true},
		{"text/xml;q=0.5, application/json", nil, false},
		{"application/json", []string{"Format=XML"}, true},
		{"application/xml", []string{"Format=json"}, false},
	} {
		for _, name := range []string{"example.com", "other.example"} {
			h := newHeaderCall("QueryDomainByDomainName", append(test.params, "DomainName="+name)...).set("accept", test.accept)
			_, header, body := h.send(t, s)
			if isXML := xml.Unmarshal(body, new(struct{})) == nil; isXML != test.xml || json.Valid(body) == test.xml {
				t.Errorf("%q %v %s: %s", test.accept, test.params, name, body)
			}
			if strings.Contains(header.Get("Content-Type"), "xml") != test.xml {
				t.Errorf("%q %v %s: %v", test.accept, test.params, name, header)
			}
		}
	}
}

// TestOversizedBodies are refused before anything is read from them, in both
// schemes.
func TestOversizedBodies(t *testing.T) {
	t.Parallel()
	s, c := inProcess(t, simulator.Options{Account: three(), BodyLimit: 1000})
	long := "UserClientIp=" + strings.Repeat("1", 1000)
	if got := newHeaderCall("QueryDomainByDomainName", "DomainName=example.com", long).inForm().outcome(t, s); got != "413 RequestEntityTooLarge" {
		t.Error(got)
	}
	answer, body, err := c.send("QueryDomainByDomainName", "DomainName=example.com", long)
	if err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(body), "RequestEntityTooLarge") {
		t.Errorf("%v, %v: %s", answer, err, body)
	}
}

// FuzzHeaders sends anything in the headers of the scheme, unsigned, then the
// same properly signed.
func FuzzHeaders(f *testing.F) {
	f.Add("ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action,Signature=00", "QueryDomainList", "2018-01-29", "2026-01-01T00:00:00Z", "1", "PageNum=1&PageSize=2", "", "")
	f.Add("ACS3-HMAC-SHA256 ,,=,==;", "X", "", "", "", "a=%zz", "{}", "application/json")
	f.Add("ACS3-", "", "", "", "", "", "DomainName=example.com&DomainName=2", "application/x-www-form-urlencoded")
	f.Fuzz(func(t *testing.T, authorization, action, version, date, once, query, body, contentType string) {
		s, _ := inProcess(t, simulator.Options{Account: three()})
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.RawQuery = query
		for name, value := range map[string]string{
			"Authorization": authorization, "X-Acs-Action": action, "X-Acs-Version": version, "X-Acs-Date": date,
			"X-Acs-Signature-Nonce": once, "X-Acs-Content-Sha256": sha256Hex(body), "Content-Type": contentType,
		} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == http.StatusOK {
			t.Errorf("unsigned: %d: %s", w.Code, w.Body)
		}
		params, err := url.ParseQuery(query)
		if err != nil || strings.ContainsAny(action, "\r\n\x00") {
			return
		}
		h := newHeaderCall(action)
		h.query = params
		if status, _, answer := h.send(t, s); status >= 500 {
			t.Errorf("%s %q: %d: %s", action, query, status, answer)
		}
	})
}

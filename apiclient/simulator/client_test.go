package simulator_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the service's signature version 1.0
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// client is a client of the service that shares no code with the simulator's
// front: it says itself how calls are signed.
type client struct {
	t           testing.TB
	http        *http.Client
	url         string
	key, secret string
	method      string
	change      func(url.Values) // of the parameters before they are signed
}

// inProcess returns a client of a new simulator without sockets.
func inProcess(t testing.TB, o simulator.Options) (*simulator.Simulator, *client) {
	s := simulator.New(o)
	return s, &client{
		t: t, http: &http.Client{Transport: s.Transport()}, url: "http://domain.example.com/",
		key: "testid", secret: "testsecret", method: http.MethodPost,
	}
}

var nonce atomic.Int64

// signed returns the parameters of a call, with its signature.
func (c *client) signed(operation string, params []string) url.Values {
	v := url.Values{
		"Action": {operation}, "Version": {"2018-01-29"}, "Format": {"JSON"}, "AccessKeyId": {c.key},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "SignatureType": {""},
		"SignatureNonce": {fmt.Sprint(nonce.Add(1))}, "Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		v.Set(name, value)
	}
	if c.change != nil {
		c.change(v)
	}
	if v.Get("Signature") == "" {
		v.Set("Signature", sign(c.method, v, c.secret))
	}
	return v
}

// sign signs as the reference describes it, with the standard library's
// encoding where that is the same.
func sign(method string, v url.Values, secret string) string {
	escape := func(s string) string {
		return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
	}
	var names []string
	for name := range v {
		if name != "Signature" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var pairs []string
	for _, name := range names {
		pairs = append(pairs, escape(name)+"="+escape(v.Get(name)))
	}
	text := method + "&" + escape("/") + "&" + escape(strings.Join(pairs, "&"))
	h := hmac.New(sha1.New, []byte(secret+"&"))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// send makes a call and returns the answer.
func (c *client) send(operation string, params ...string) (*http.Response, []byte, error) {
	v := c.signed(operation, params)
	r, err := http.NewRequest(c.method, c.url, strings.NewReader(v.Encode()))
	if c.method == http.MethodGet {
		r, err = http.NewRequest(c.method, c.url+"?"+v.Encode(), nil)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, body, err
}

// call makes a call that succeeds and decodes the answer.
func call[R any](c *client, params ...string) *R {
	c.t.Helper()
	r := new(R)
	operation, params := params[0], params[1:]
	answer, body, err := c.send(operation, params...)
	if err != nil {
		c.t.Fatalf("%s: %v", operation, err)
	}
	if answer.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s: %s", operation, answer.Status, body)
	}
	if err := wire.DecodeResponse(body, any(r).(wire.Response)); err != nil {
		c.t.Fatalf("%s: %v: %s", operation, err, body)
	}
	return r
}

// refused makes a call that fails and returns its status and code.
func (c *client) refused(operation string, params ...string) string {
	c.t.Helper()
	answer, body, err := c.send(operation, params...)
	if err != nil {
		c.t.Fatalf("%s: %v", operation, err)
	}
	var e struct{ RequestID, HostID, Code, Message string }
	if err := json.Unmarshal(body, &e); err != nil || e.Message == "" {
		c.t.Fatalf("%s: %s: %v: %s", operation, answer.Status, err, body)
	}
	return fmt.Sprint(answer.StatusCode, " ", e.Code)
}

func list(name string, values ...string) []string {
	params := make([]string, len(values))
	for i, v := range values {
		params[i] = fmt.Sprintf("%s.%d=%s", name, i+1, v)
	}
	return params
}

// three is an account of three names.
func three() *snapshot.Account {
	at := time.Date(2019, 3, 20, 3, 37, 28, 0, time.UTC)
	ns := []string{"ns1.example.net", "ns2.example.net"}
	return &snapshot.Account{FormatVersion: 1, Domains: []snapshot.Domain{
		{Name: "example.com", InstanceID: "S1", Registered: at, Expires: at.AddDate(20, 0, 0), Nameservers: ns, UpdateLock: wire.LockOn},
		{Name: "example.net", InstanceID: "S2", Registered: at.AddDate(1, 0, 0), Expires: at.AddDate(19, 0, 0), Nameservers: ns},
		{
			Name: "xn--bcher-kva.example", InstanceID: "S3", Registered: at.AddDate(2, 0, 0), Expires: at.AddDate(18, 0, 0), Nameservers: ns,
			DSRecords: []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: "AB12"}},
		},
	}}
}

// portfolio is an account of n names.
func portfolio(n int) *snapshot.Account {
	a := &snapshot.Account{FormatVersion: 1}
	for i := range n {
		a.Domains = append(a.Domains, snapshot.Domain{
			Name: fmt.Sprintf("name-%06d.example", i), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
		})
	}
	return a
}

// Package buckettest serves a bucket on the loopback interface, by what stores of
// journals need of the protocols of OSS and of S3, and fails as it is told to.
package buckettest

import (
	"cmp"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// An Action is what a server does with a request.
type Action int

// The actions. What a client may believe after the last three is the same.
const (
	Serve  Action = iota
	Deny          // answer that it is forbidden, and do nothing
	Busy          // answer that it is too much, and do nothing
	Drop          // do nothing and answer nothing
	Lose          // do it and answer nothing
	Later         // answer nothing, and do it when the test says Land
	served        // how many there are
)

// Failures are the actions after which a request has no good answer.
func Failures() (all []Action) {
	for a := Deny; a < served; a++ {
		all = append(all, a)
	}
	return all
}

// A Request is what a client asks for.
type Request struct {
	// Method is that of HTTP; of GET, a list has no key.
	Method, Key string
	// Once says that an object is to be created only where there is none.
	Once bool
}

// pageSize is how many keys a page of a list has: few, so that there are many.
const pageSize = 7

type kept struct {
	data     []byte
	modified time.Time
}

// A Bucket is one that a server holds.
type Bucket struct {
	scheme   string
	endpoint string
	clock    clock.Clock // the system's

	mu         sync.Mutex
	objects    map[string]kept
	meddle     func(Request) Action
	later      []func()
	versioning string
	ignores    bool
	ahead      time.Duration
}

// Start serves a bucket by the protocol of a scheme, "oss" or "s3", for the time of
// a test.
func Start(t testing.TB, scheme string) *Bucket {
	t.Helper()
	b := New(scheme)
	server := httptest.NewServer(b)
	b.endpoint = server.URL
	t.Cleanup(server.Close)
	return b
}

// New returns a bucket without a server, which only [Bucket.RoundTrip] reaches. So
// it can be used where time is virtual: nobody waits for a network.
func New(scheme string) *Bucket {
	return &Bucket{scheme: scheme, endpoint: "http://localhost", objects: make(map[string]kept)}
}

// RoundTrip implements [http.RoundTripper]: it serves a request in the goroutine of
// whoever sends it.
func (b *Bucket) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	defer func() {
		if said := recover(); said != nil {
			if said != http.ErrAbortHandler { //nolint:errorlint // it is what handlers panic with
				panic(said)
			}
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	resp = w.Result()
	resp.Request = r
	return resp, nil
}

// URL returns the URL of a state in the bucket below a prefix.
func (b *Bucket) URL(prefix string) string {
	return b.scheme + "://bucket/" + prefix + "?" + url.Values{"endpoint": {b.endpoint}, "region": {"test-1"}}.Encode()
}

// Meddle has a function decide on each request; nil: all are served. It may wait,
// which delays the request.
func (b *Bucket) Meddle(f func(Request) Action) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meddle = f
}

// Land does what was to be done later, and returns how much that was.
func (b *Bucket) Land() int {
	b.mu.Lock()
	later := b.later
	b.later = nil
	b.mu.Unlock()
	for _, do := range later {
		do()
	}
	return len(later)
}

// Version sets what the bucket says of versions. OSS then creates objects that are
// there already.
func (b *Bucket) Version(status string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.versioning, b.ignores = status, b.scheme == "oss"
}

// IgnoreConditions has the bucket create objects that are there already.
func (b *Bucket) IgnoreConditions() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ignores = true
}

// Advance moves the clock of the service.
func (b *Bucket) Advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead += d
}

// Keys returns the keys of all objects, in order.
func (b *Bucket) Keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects))
}

// Size returns how many bytes all objects hold.
func (b *Bucket) Size() (bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range b.objects {
		bytes += int64(len(o.data))
	}
	return bytes
}

// Change replaces an object by what a function makes of it; nil: it is deleted.
func (b *Bucket) Change(key string, change func([]byte) []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.objects[key]
	o.data = change(slices.Clone(o.data))
	if b.objects[key] = o; o.data == nil {
		delete(b.objects, key)
	}
}

// ServeHTTP implements [http.Handler].
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	var from io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "aws-chunked" || strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		from = httputil.NewChunkedReader(from) // a signature is an extension of a chunk
	}
	body, err := io.ReadAll(from)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	q := Request{Method: r.Method, Key: key, Once: r.Header.Get("If-None-Match") == "*"}
	if b.scheme == "oss" {
		q.Once = r.Header.Get("x-oss-forbid-overwrite") == "true"
	}
	do := func(w http.ResponseWriter) { b.do(w, q, r.URL.Query(), body) }
	switch b.action(q) {
	case Deny:
		fail(w, http.StatusForbidden, "AccessDenied")
	case Busy:
		fail(w, http.StatusServiceUnavailable, "ServiceUnavailable")
	case Later:
		b.mu.Lock()
		b.later = append(b.later, func() { do(httptest.NewRecorder()) })
		b.mu.Unlock()
		panic(http.ErrAbortHandler)
	case Lose:
		do(httptest.NewRecorder())
		panic(http.ErrAbortHandler)
	case Drop:
		panic(http.ErrAbortHandler)
	default:
		do(w)
	}
}

// action asks whoever meddles.
func (b *Bucket) action(q Request) Action {
	b.mu.Lock()
	meddle := b.meddle
	b.mu.Unlock()
	if meddle == nil {
		return Serve
	}
	return meddle(q)
}

// do serves a request.
func (b *Bucket) do(w http.ResponseWriter, q Request, query url.Values, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now().Add(b.ahead)
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	switch {
	case q.Method == http.MethodPut:
		b.put(w, q, body, now)
	case q.Method == http.MethodDelete:
		delete(b.objects, q.Key)
		w.WriteHeader(http.StatusNoContent)
	case q.Key != "":
		b.get(w, q.Key)
	case query.Has("versioning"):
		answer(w, struct {
			XMLName xml.Name `xml:"VersioningConfiguration"`
			Status  string   `xml:",omitempty"`
		}{Status: b.versioning})
	default:
		b.list(w, query)
	}
}

func (b *Bucket) put(w http.ResponseWriter, q Request, body []byte, now time.Time) {
	if _, there := b.objects[q.Key]; there && q.Once && !b.ignores {
		if b.scheme == "oss" {
			fail(w, http.StatusConflict, "FileAlreadyExists")
			return
		}
		fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	b.objects[q.Key] = kept{body, now}
	w.Header().Set("ETag", `"etag"`)
}

func (b *Bucket) get(w http.ResponseWriter, key string) {
	o, there := b.objects[key]
	if !there {
		fail(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("ETag", `"etag"`)
	w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	w.Write(o.data) //nolint:errcheck // the client may be gone
}

// list answers with a page of keys.
func (b *Bucket) list(w http.ResponseWriter, query url.Values) {
	type content struct{ Key, LastModified, ETag string }
	page := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		EncodingType          string `xml:",omitempty"`
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}{EncodingType: query.Get("encoding-type")}
	after := cmp.Or(query.Get("continuation-token"), query.Get("start-after"))
	last := ""
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if !strings.HasPrefix(key, query.Get("prefix")) || key <= after {
			continue
		}
		if len(page.Contents) == pageSize {
			page.IsTruncated, page.NextContinuationToken = true, last
			break
		}
		last = key
		shown := key
		if page.EncodingType == "url" {
			shown = url.QueryEscape(key)
		}
		page.Contents = append(page.Contents, content{shown, b.objects[key].modified.UTC().Format(time.RFC3339), `"etag"`})
	}
	answer(w, page)
}

// fail answers with an error, which has the same form in both protocols.
func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	answer(w, struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: code, Message: "as the test wants it"})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	text, err := xml.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Write(text) //nolint:errcheck // the client may be gone
}

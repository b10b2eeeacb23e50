// Package distort changes answers of the service on their way to a client: into
// wrong answers, for tests that must not take them for facts, and into other
// shapes of the same answer, for tests that must. The changes follow from the
// types of the operation.
package distort

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// A Distortion changes the members of an answer and returns what takes its
// place. calls counts the answers of the operation, from 1.
type Distortion struct {
	Name   string
	Change func(calls int, members map[string]any) any
	Adds   bool // entries that the service does not have
}

// Transport distorts the answers of one operation. It is safe for use by many
// goroutines at once.
type Transport struct {
	Next      http.RoundTripper
	Operation string
	Distortion
	// Most is the most calls, of any operation, that are carried on; 0: all. A
	// call beyond is reported by [Transport.Overrun].
	Most int

	mu      sync.Mutex
	calls   int // of any operation
	changed int
	over    bool
}

// Changed returns how many answers were distorted.
func (t *Transport) Changed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// Overrun reports whether there were more calls than there may be.
func (t *Transport) Overrun() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.over
}

// RoundTrip carries a call on and changes its answer; see [http.RoundTripper].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(form))
	values, err := url.ParseQuery(string(form))
	if err != nil {
		return nil, err
	}
	if !t.counted() {
		return nil, http.ErrHandlerTimeout
	}
	answer, err := t.Next.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusOK || values.Get("Action") != t.Operation {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	body = t.distorted(body)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return answer, nil
}

func (t *Transport) counted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	t.over = t.over || t.Most > 0 && t.calls > t.Most
	return !t.over
}

func (t *Transport) distorted(body []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed++
	return t.Apply(t.changed, body)
}

// Apply distorts the text of an answer.
func (d Distortion) Apply(calls int, body []byte) []byte {
	var members map[string]any
	numbers := json.NewDecoder(bytes.NewReader(body))
	numbers.UseNumber()
	if err := numbers.Decode(&members); err != nil {
		return body
	}
	text, err := json.Marshal(d.Change(calls, members))
	if err != nil {
		return body
	}
	return bytes.ReplaceAll(text, []byte(brokenText), []byte("\xff"))
}

// brokenText stands for a byte that no text in UTF-8 has, until the answer is
// written.
const brokenText = "(broken)"

// Wrong returns distortions that make an answer wrong, or make it tell less
// than it did.
func Wrong(o *wire.Operation) []Distortion {
	all := append(wholly(o), members(o)...)
	if o.Entries() != nil {
		all = append(all, endless(o)...)
	}
	return all
}

// wholly are the distortions of an answer as a whole.
func wholly(o *wire.Operation) []Distortion {
	instead := func(name string, members any) Distortion {
		return Distortion{Name: name, Change: func(int, map[string]any) any { return members }}
	}
	beside := func(name string, said map[string]any) Distortion {
		return Distortion{Name: name, Change: func(_ int, members map[string]any) any {
			for k, v := range said {
				members[k] = v
			}
			return members
		}}
	}
	all := []Distortion{
		instead("only a failure", map[string]any{"RequestId": "R-1", "Code": "InternalError", "Message": "try again"}),
		instead("only a failure, in lower case", map[string]any{"requestId": "R-1", "code": "ServiceUnavailable", "message": "try again"}),
		instead("the name is said not to exist", map[string]any{"RequestId": "R-1", "Code": "DomainNotExist", "Message": "no such name"}),
		instead("only a code as a number", map[string]any{"CODE": 500}),
		instead("an empty object", map[string]any{}),
		instead("only a request ID", map[string]any{"RequestId": "R-1"}),
		instead("a list", []any{}),
		instead("null", nil),
	}
	if o.Response.Field("Code") != nil { // which answers what was asked
		return all
	}
	return append(all,
		beside("a failure beside the answer", map[string]any{"Code": "Busy", "Message": "try again"}),
		beside("no success beside the answer", map[string]any{"success": false}))
}

// members are the distortions of each member.
func members(o *wire.Operation) (all []Distortion) {
	add := func(f wire.NamedField, how string, change func(object map[string]any)) {
		path := splitPath(f.Path)
		all = append(all, Distortion{Name: f.Path + " " + how, Change: func(_ int, members map[string]any) any {
			each(members, path, change)
			return members
		}})
	}
	for _, f := range o.Response.All() {
		set := func(how string, value any) {
			add(f, how, func(object map[string]any) { object[f.Name] = value })
		}
		add(f, "is missing", func(object map[string]any) { delete(object, f.Name) })
		set("is null", nil)
		set("is of another type", map[string]any{"Oddly": 1})
		switch {
		case f.List:
			add(f, "stands under an unknown name", func(object map[string]any) { object[f.Name] = map[string]any{"Strange": object[f.Name]} })
			add(f, "has an entry that is null", func(object map[string]any) { object[f.Name] = []any{nil} })
		case f.Known != nil && !f.Open && f.Kind == wire.Integer:
			set("is an unknown number", 99)
		case f.Known != nil && !f.Open:
			set("is an unknown word", "MAYBE")
		case f.Kind == wire.String && !f.Prose:
			add(f, "has broken characters", func(object map[string]any) {
				if s, ok := object[f.Name].(string); ok {
					object[f.Name] = s + brokenText
				}
			})
		}
		if f.Echo != "" && !strings.Contains(f.Path, ".") && o.Request.Field(f.Echo) != nil {
			set("is another one", "777.example")
		}
	}
	return all
}

// endless are distortions of a list's length.
func endless(o *wire.Operation) []Distortion {
	set := func(name, member string, value any) Distortion {
		return Distortion{Name: name, Change: func(_ int, members map[string]any) any {
			members[member] = value
			return members
		}}
	}
	if next := o.Response.Field("NextPageCursor"); next != nil {
		return []Distortion{{Name: "fresh cursors without end", Change: func(calls int, members map[string]any) any {
			cursor := map[string]any{}
			for _, f := range next.Members.Fields {
				switch {
				case f.Kind == wire.String && f.Known == nil:
					cursor[f.Name] = "C-" + strconv.Itoa(calls)
				case f.Milli:
					cursor[f.Name] = 1_700_000_000_000 - calls
				}
			}
			members["NextPageCursor"] = cursor
			return members
		}}}
	}
	var first any
	return []Distortion{
		{Name: "a list that grows as it is read", Adds: true, Change: func(calls int, members map[string]any) any {
			if calls == 1 {
				first = members[o.Entries().Name]
			}
			list := renumbered(first, calls)
			members[o.Entries().Name], members["TotalItemNum"], members["TotalPageNum"] = list, 2+2*calls, calls+1
			return members
		}},
		set("an endless number of pages", "TotalPageNum", json.Number("4611686018427387904")),
		set("a thousand million entries", "TotalItemNum", 1_000_000_000),
		set("a million entries", "TotalItemNum", 1_000_000),
		{Name: "the same page without end", Change: func(calls int, members map[string]any) any {
			if calls == 1 {
				first = members[o.Entries().Name]
			}
			members[o.Entries().Name], members["TotalItemNum"], members["TotalPageNum"] = first, 1_000_000, 1_000_000
			members["NextPage"] = true
			return members
		}},
	}
}

// renumbered copies a list and gives its entries other texts.
func renumbered(value any, n int) any {
	switch value := value.(type) {
	case map[string]any:
		other := make(map[string]any, len(value))
		for k, v := range value {
			other[k] = renumbered(v, n)
		}
		return other
	case []any:
		other := make([]any, len(value))
		for i, v := range value {
			other[i] = renumbered(v, n)
		}
		return other
	case string:
		if n > 1 && strings.Contains(value, ".") || len(value) > 20 {
			return strconv.Itoa(n) + value
		}
	}
	return value
}

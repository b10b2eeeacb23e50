package simulator_test

import (
	"context"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/internal/xmlmembers"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// tableOfContents returns the operations that the API reference lists: sections
// by name.
func tableOfContents(t *testing.T) map[string]string {
	t.Helper()
	list, err := os.ReadFile("../wire/testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if section, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && section != "#" {
			sections[name] = section
		}
	}
	if len(sections) != 71 {
		t.Fatalf("the list has %d operations, not 71", len(sections))
	}
	return sections
}

// TestEveryOperation of the reference's table of contents has types that go
// through JSON and XML, a method of the client, a handler, a test of its
// behaviour, and a line in docs/operations.md.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, c := inProcess(t, simulator.Options{})
	names := tableOfContents(t)
	for name, section := range names {
		t.Run(name, func(t *testing.T) {
			o := wire.Lookup(name)
			if o == nil {
				t.Fatal("it has no type")
			}
			goesThrough(t, o)
			hasMethod(t, o)
			if answer, body, err := c.send(name); err != nil || answer.StatusCode >= 500 || strings.Contains(string(body), "InvalidApi") {
				t.Errorf("it is not served: %v %s", err, body)
			}
			if line := "| [" + name + "](#" + strings.ToLower(name) + ") | " + section + " |"; strings.Count(string(document), line) != 1 {
				t.Errorf("docs/operations.md lacks the line %s", line)
			}
			isTested(t, o)
		})
	}
	for _, o := range wire.Operations() {
		if names[o.Name] == "" {
			t.Run(o.Name, func(t *testing.T) { isTested(t, o) })
		}
	}
}

// hasMethod checks that the client has a method of the operation's name that
// takes its request and returns its answer.
func hasMethod(t *testing.T, o *wire.Operation) {
	t.Helper()
	method, ok := reflect.TypeFor[*apiclient.Client]().MethodByName(o.Name)
	if !ok {
		t.Error("the client has no method for it")
		return
	}
	want := reflect.FuncOf(
		[]reflect.Type{reflect.TypeFor[*apiclient.Client](), reflect.TypeFor[context.Context](), reflect.TypeOf(o.NewRequest())},
		[]reflect.Type{reflect.TypeOf(o.NewResponse()), reflect.TypeFor[error]()}, false,
	)
	if method.Type != want {
		t.Errorf("the client's method is a %v, want %v", method.Type, want)
	}
}

// isTested checks that the operation has a good case. The others follow from
// it: see TestBehaviours.
func isTested(t *testing.T, o *wire.Operation) {
	t.Helper()
	if b := behaviours[o.Name]; b.good == nil || b.seen == nil {
		t.Error("its behaviour is not tested")
	}
}

// goesThrough sends a request and answers it, all of their members filled, in
// both forms.
func goesThrough(t *testing.T, o *wire.Operation) {
	t.Helper()
	sent := o.NewRequest()
	fill(reflect.ValueOf(sent).Elem())
	if received, err := wire.DecodeRequest(o, wire.Params(sent)); err != nil || !cmp.Equal(sent, received) {
		t.Errorf("%v: the request was received otherwise: %s", err, cmp.Diff(sent, received))
	}
	answer := o.NewResponse()
	fill(reflect.ValueOf(answer).Elem())
	_, members, err := xmlmembers.JSON(wire.EncodeResponse(o, answer, wire.XML))
	if err != nil {
		t.Fatal(err)
	}
	for form, body := range map[wire.Format][]byte{wire.JSON: wire.EncodeResponse(o, answer, wire.JSON), wire.XML: members} {
		read := o.NewResponse()
		if err := wire.DecodeResponse(body, read); err != nil {
			t.Errorf("%s: %v: %s", form, err, body)
		}
		if diff := cmp.Diff(answer, read); diff != "" {
			t.Errorf("the answer was read otherwise from %s: %s", form, diff)
		}
	}
}

// fill gives every member of a structure a value that keeps its rules.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if tag, ok := f.Tag.Lookup("wire"); ok || f.Anonymous {
			fillMember(v.Field(i), tag)
		}
	}
}

func fillMember(v reflect.Value, tag string) {
	if known, ok := v.Interface().(wire.Enum); ok && v.Kind() != reflect.Slice && v.Kind() != reflect.Pointer {
		fillText(v, known.Known()[0])
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
	case v.Kind() == reflect.Struct:
		fill(v)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillMember(v.Elem(), tag)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillMember(v.Index(0), tag)
		fillMember(v.Index(1), tag)
	case strings.Contains(tag, ",idna"):
		v.SetString("xn--bcher-kva.example")
	case strings.Contains(tag, ",min="):
		_, least, _ := strings.Cut(tag, ",min=")
		least, _, _ = strings.Cut(least, ",")
		fillText(v, least)
	case v.Kind() == reflect.String:
		v.SetString(`ü & <"text">`)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	default:
		fillText(v, "7")
	}
}

// fillText gives a text or a number its value.
func fillText(v reflect.Value, text string) {
	n, _ := strconv.ParseInt(text, 10, 64) // 0 for what is a text
	switch {
	case v.CanInt():
		v.SetInt(n)
	case v.CanFloat():
		v.SetFloat(float64(n) + 0.5)
	default:
		v.SetString(text)
	}
}

// sameInBothForms makes the good call in JSON and, in a world of its own, in
// XML: the answers say the same.
func (b behaviour) sameInBothForms(t *testing.T) {
	answers := map[string]wire.Response{}
	for _, format := range []string{"JSON", "XML"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, b)
			answers[format] = w.inForm(b.good(w), format)
		})
	}
	if diff := cmp.Diff(answers["JSON"], answers["XML"], cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("JSON and XML differ: %s", diff)
	}
}

// inForm makes a call for an answer in a form, and reads it.
func (w *world) inForm(r wire.Request, format string) wire.Response {
	w.Helper()
	o := wire.OperationOf(r)
	pairs := []string{"Format=" + format}
	for _, p := range wire.Params(r) {
		pairs = append(pairs, p.Name+"="+p.Value)
	}
	answer, body, err := w.raw.send(o.Name, pairs...)
	if err != nil || answer.StatusCode != http.StatusOK {
		w.Fatalf("%s: %v: %s", format, err, body)
	}
	if format == "XML" {
		var root string
		if root, body, err = xmlmembers.JSON(body); err != nil || root != o.Name+"Response" {
			w.Fatalf("%s: %v: %s", root, err, body)
		}
	}
	read := o.NewResponse()
	if err := wire.DecodeResponse(body, read); err != nil {
		w.Fatalf("%s: %v: %s", format, err, body)
	}
	return read
}

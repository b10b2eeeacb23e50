package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestDecodeReferenceSamples reads the samples of the reference in each of
// their shapes, and writes what it read: nothing is lost.
func TestDecodeReferenceSamples(t *testing.T) {
	// Some samples of one operation are of different answers.
	apart := map[string]cmp.Option{
		"QueryDomainByInstanceId": cmpopts.IgnoreFields(DomainInfo{}, "RegistrantUpdatingStatus", "Meta"),
	}
	all := descriptions(t)
	for i := range all {
		d := &all[i]
		o := Lookup(d.Name)
		if o == nil {
			continue // another test says so
		}
		t.Run(d.Name, func(t *testing.T) {
			want := o.NewResponse()
			if err := DecodeResponse(d.Shape, want); err != nil {
				t.Fatalf("%v\n%s", err, d.Shape)
			}
			kept(t, d.Shape, EncodeResponse(o, want, JSON))
			for _, body := range [][]byte{[]byte(d.Text), d.Sample} {
				if len(body) == 0 || string(body) == "null" {
					continue
				}
				got := o.NewResponse()
				if err := DecodeResponse(body, got); err != nil {
					t.Errorf("%v\n%s", err, body)
				}
				options := []cmp.Option{cmpopts.EquateEmpty()}
				if apart[d.Name] != nil {
					options = append(options, apart[d.Name])
				}
				if diff := cmp.Diff(want, got, options...); diff != "" {
					t.Errorf("the sample and its canonical shape read differently: %s\n%s", diff, body)
				}
			}
			readXML(t, o, d.XML)
			readXML(t, o, d.Newer.XML)
			if len(d.Newer.Sample) > 0 {
				if err := DecodeResponse(d.Newer.Sample, o.NewResponse()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// readXML reads a sample in XML over its members, and looks for each of them
// in the XML that is written of it.
func readXML(t *testing.T, o *Operation, sample string) {
	t.Helper()
	if sample == "" || o.Name == "CancelTask" { // whose envelope is not kept
		return
	}
	body := membersOf(t, []byte(strings.ReplaceAll(sample, ">>", ">"))) // a slip of two samples
	got := o.NewResponse()
	if err := DecodeResponse(body, got); err != nil {
		t.Fatalf("%v\n%s", err, sample)
	}
	kept(t, body, membersOf(t, EncodeResponse(o, got, XML)))
}

// kept checks that one JSON text holds all that another does. Names of members
// count in any case, and texts without what stands around them.
func kept(t *testing.T, want, got []byte) {
	t.Helper()
	var w, g any
	for body, into := range map[*any][]byte{&w: want, &g: got} {
		d := json.NewDecoder(bytes.NewReader(into))
		d.UseNumber()
		if err := d.Decode(body); err != nil {
			t.Fatalf("%v\n%s", err, into)
		}
	}
	lost(t, "answer", w, g)
}

func lost(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		have, _ := got.(map[string]any)
		folded := map[string]any{}
		for name, value := range have {
			folded[strings.ToLower(name)] = value
		}
		for name, value := range want {
			if name == "RegistrantInfoStatus" { // an alias
				name = "RegistrantUpdatingStatus"
			}
			lost(t, at+"."+name, value, folded[strings.ToLower(name)])
		}
	case []any:
		have, _ := got.([]any)
		if len(have) != len(want) {
			t.Errorf("%s: %v, want %v", at, got, want)
			return
		}
		for i := range want {
			lost(t, fmt.Sprintf("%s.%d", at, i+1), want[i], have[i])
		}
	default:
		if a, b := plainText(want), plainText(got); a != b && a != "" && !sameTime(a, b) {
			t.Errorf("%s: %q, want %q", at, b, a)
		}
	}
}

// sameTime reports whether two texts are one time in two layouts.
func sameTime(a, b string) bool {
	x, err := ParseTime(a)
	if err != nil {
		return false
	}
	y, err := ParseTime(b)
	return err == nil && x.Equal(y)
}

func plainText(v any) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(v))
}

package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// membersOf reads an XML text as official clients do: an element is a text, an
// object of its elements, or a list where a name is repeated.
func membersOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, body []byte,
) any {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		if _, ok := token.(xml.StartElement); !ok {
			continue
		}
		members, err := elementOf(d)
		if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		return members
	}
}

func elementOf(d *xml.Decoder) (any, error) {
	var text strings.Builder
	members := map[string]any{}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			value, err := elementOf(d)
			if err != nil {
				return nil, err
			}
			name := token.Name.Local
			switch before := members[name].(type) {
			case nil:
				members[name] = value
			case []any:
				members[name] = append(before, value)
			default:
				members[name] = []any{before, value}
			}
		case xml.EndElement:
			if len(members) > 0 {
				return members, nil
			}
			return text.String(), nil
		}
	}
}

// TestResponsesSurviveXML reads what is written as XML.
func TestResponsesSurviveXML(t *testing.T) {
	text := cmp.Comparer(func(a, b string) bool { return strings.Map(inXML, a) == strings.Map(inXML, b) })
	for _, o := range Operations() {
		t.Run(o.Name, rapid.MakeCheck(func(t *rapid.T) {
			sent := o.NewResponse()
			fill(t, o.Response, reflect.ValueOf(sent).Elem())
			body := EncodeResponse(o, sent, XML)
			members, _ := json.Marshal(membersOf(t, body))
			got := o.NewResponse()
			if err := DecodeResponse(members, got); err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
			if diff := cmp.Diff(sent, got, text); diff != "" {
				t.Fatalf("sent and received differ: %s\n%s", diff, body)
			}
		}))
	}
}

// inXML returns what XML makes of a character: it cannot hold all of them.
func inXML(r rune) rune {
	switch {
	case r == '\t', r == '\n', r == '\r', r >= ' ' && r < 0xD800, r > 0xDFFF && r < 0xFFFE, r > 0xFFFF:
		return r
	}
	return '\uFFFD'
}

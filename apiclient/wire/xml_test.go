package wire

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/internal/xmlmembers"
)

// membersOf reads an XML text as official clients do, and returns its members
// as JSON.
func membersOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, body []byte,
) []byte {
	t.Helper()
	_, members, err := xmlmembers.JSON(body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return members
}

// TestResponsesSurviveXML reads what is written as XML.
func TestResponsesSurviveXML(t *testing.T) {
	text := cmp.Comparer(func(a, b string) bool { return strings.Map(inXML, a) == strings.Map(inXML, b) })
	for _, o := range Operations() {
		t.Run(o.Name, rapid.MakeCheck(func(t *rapid.T) {
			sent := o.NewResponse()
			fillAnswer(t, o.Response, reflect.ValueOf(sent).Elem())
			body := EncodeResponse(o, sent, XML)
			members := membersOf(t, body)
			got := o.NewResponse()
			if err := DecodeResponse(members, got); err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
			if diff := cmp.Diff(sent, got, text, cmpopts.EquateEmpty()); diff != "" {
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

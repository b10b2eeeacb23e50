package journal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// FuzzFlatsAreReadAsJSON holds that what a record holds is read as encoding/json reads
// it, or is refused where that refuses it, whatever its bytes are.
func FuzzFlatsAreReadAsJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `[{}]`, `null`, `[null]`, `[{},]`, `[{}] `, `{"mark":"a","mark":"b"}`, `{"mark":null}`, `{"MARK":"a"}`, `{"other":1,"mark":"a"}`,
		`{"mark":{"bytes":"/w=="}}`, `{"mark":"\u00e4\"\\"}`, `{"mark":"` + "\xff" + `"}`, `{"mark":"` + "\n" + `"}`, `{"mark":"\x"}`, `{"mark":"a\"}`, `{"mark" : "a"}`,
		`{"follows":-0}`, `{"follows":01}`, `{"follows":1.0}`, `{"follows":1e2}`, `{"follows":9223372036854775808}`, `{"follows":-9223372036854775808}`,
		`[{"step":"a/renewal#renew","before":"\"2026-12-01\"","years":1,"amount":-12,"known":true}]`, `[{"known":truefalse}]`, `[{"known":"true"}]`,
		`[{"success":false,"message":"\u003cno\u003e"},{"success":true}]`, `[{"years":1},{"amount":2}]`, `[{"years":1},[]]`, `{"mark":"a"}}`, `{"mark":"a",}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		isReadAsJSON[runData](t, data)
		isReadAsJSON[markData](t, data)
		isReadAsJSON[purchaseData](t, data)
		isReadAsJSON[submissionData](t, data)
		isReadAsJSON[resultData](t, data)
	})
}

// isReadAsJSON holds that data is read as encoding/json reads it, as one object and as
// a list of them.
func isReadAsJSON[D any](t *testing.T, data []byte) {
	t.Helper()
	var want, got D
	wanted := json.Unmarshal(data, &want)
	err := decode(&store.Record{Data: data}, &got)
	if (err == nil) != (wanted == nil) || err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%T: %q is read as %+v (%v), want %+v (%v)", want, data, got, err, want, wanted)
	}
	var all, list []D
	wanted = json.Unmarshal(data, &list)
	err = decodeAll(&store.Record{Data: data}, func(d D) { all = append(all, d) })
	if (err == nil) != (wanted == nil) || err == nil && fmt.Sprint(all) != fmt.Sprint(list) {
		t.Errorf("%T: %q is read as %+v (%v), want %+v (%v)", want, data, all, err, list, wanted)
	}
}

// TestFlatsAreReadAsWritten holds that lists of random facts come back as they were
// written, and without reading them as JSON in general where their texts are UTF-8.
func TestFlatsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	comesBack[runData](t)
	comesBack[markData](t)
	comesBack[purchaseData](t)
	comesBack[submissionData](t)
	comesBack[resultData](t)
}

func comesBack[D any](t *testing.T) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	back := func(facts []D) bool {
		for i := range facts {
			vary(random, reflect.ValueOf(&facts[i]).Elem())
		}
		written := must[[]byte](t)(json.Marshal(facts))
		isReadAsJSON[D](t, written)
		if len(facts) > 0 && readFlats[D](written) == nil {
			t.Errorf("%T: %s is read as JSON in general", facts, written)
		}
		return !t.Failed()
	}
	if err := quick.Check(back, &quick.Config{MaxCount: 200}); err != nil {
		t.Error(err)
	}
}

// vary puts into a fact numbers as they come, and texts of all kinds that are UTF-8.
func vary(random *rand.Rand, fact reflect.Value) {
	texts := []string{"", "example.com", "example.com/renewal#renew", `"2026-12-01"`, "\\", "<a&b>", "例え", "\n\x00", "\u2028"}
	for i := range fact.NumField() {
		switch f := fact.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(texts[random.IntN(len(texts))] + texts[random.IntN(len(texts))])
		case reflect.Int, reflect.Int64:
			f.SetInt(random.Int64N(2e9) - 1e9)
		default: // it is true or false by chance already
		}
	}
}

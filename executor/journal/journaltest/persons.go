package journaltest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/personal"
)

const planted = "Planted Person"

// plantedAddress is an address that no plan tells of.
const plantedAddress = "planted@example.com"

func contact(name string) []personal.Text {
	return []personal.Text{{Field: "name", Text: name}, {Field: "city", Text: "Ulm"}}
}

// tellOfPersons records a run in which everything that can tells of persons. A run
// of a former version refers to nobody.
func tellOfPersons(t *testing.T, j *journal.Journal, name string, refer personal.Map, persons *journal.Persons) int64 {
	t.Helper()
	step := "emails/" + plantedAddress + "#create"
	l := must[*journal.Ledger](t)(j.Begin(t.Context(), journal.Run{
		Kind: journal.Apply, Began: noon, PlanID: "p-" + name[:1], Persons: persons, Plan: fmt.Appendf(nil, `{"name":%q,"city":%q}`, refer("name", name), refer("city", "Ulm")),
	}))
	n := journal.Intent{
		Operation: "Op", Key: "Op&Name=" + fmt.Sprintf("%q", refer("name", name)), Request: map[string]string{"Name": refer("name", name), "City": refer("city", "Ulm")},
		Steps: []string{step}, Names: []string{"a.example"}, At: noon,
	}
	b := must[[]*journal.Batch](t)(l.Intend(t.Context(), []journal.Intent{n}))[0]
	check(t, l.Fail(t.Context(), journal.CallFailure{Batch: b.Batch, Kind: journal.CallUnknown, Message: "no " + name, At: noon}))
	check(t, l.Submit(t.Context(), journal.Submission{Batch: b.Batch, Task: "t-" + name[:1], At: noon}))
	check(t, l.Settle(t.Context(), []journal.Result{{Batch: b.Batch, Detail: "d-" + name[:1], Step: step, Message: name + " <" + plantedAddress + "> is wrong", At: noon}}))
	check(t, l.Acknowledge(t.Context(), []journal.Acknowledgement{{Detail: "d-" + name[:1], Note: "given up for " + name, At: noon}}))
	check(t, l.Conclude(t.Context(), []journal.Conclusion{{Batch: b.Batch, Step: step, Verdict: journal.FoundDone, Reason: name + " says so", At: noon}}))
	check(t, l.Verify(t.Context(), []journal.Verification{{Change: "emails/" + plantedAddress, Verdict: "differs", Note: "it is " + name, At: noon}}))
	check(t, l.Mark(t.Context(), journal.Mark{Name: journal.Ended, At: noon}))
	return l.ID
}

// newPersons returns the persons of a run and what stands for the texts of one.
func newPersons(t *testing.T, j *journal.Journal, name string) (*journal.Persons, personal.Map) {
	t.Helper()
	persons := must[*journal.Persons](t)(j.NewPersons(t.Context()))
	return persons, persons.Add(contact(name))
}

// toldOf returns the kinds of records that tell of a text, packed ones included.
func (k Kind) toldOf(t *testing.T, place, text string) (kinds []string) {
	t.Helper()
	s := k.open(t, place, store.Options{ReadOnly: true})
	defer func() { check(t, s.Close()) }()
	for _, r := range load(t, s, store.Query{}) {
		data := r.Data
		if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			data = must[[]byte](t)(io.ReadAll(z))
		}
		if bytes.Contains(data, []byte(text)) {
			kinds = append(kinds, r.Kind)
		}
	}
	return kinds
}

// holds reports whether a text lies somewhere, in base64, too.
func holds(data []byte, text string) bool {
	if bytes.Contains(data, []byte(text)) {
		return true
	}
	for before := range 3 { // how much of a group of three is somebody else's
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + text))
		if bytes.Contains(data, []byte(encoded[4:len(encoded)-4])) {
			return true
		}
	}
	return false
}

// readBack returns what a ledger tells, in one text.
func readBack(t *testing.T, j *journal.Journal, run int64) string {
	t.Helper()
	l := must[*journal.Ledger](t)(j.Ledger(t.Context(), run))
	b := l.Batches[0]
	r, _ := b.Result(b.Steps[0])
	c, _ := b.Conclusion(b.Steps[0])
	return fmt.Sprint(string(l.Plan), b.Key, b.Request["Name"], b.Request["City"], b.Steps, b.Outcomes[0].Message, r.Message, r.Step, c.Reason, l.Verifications[0].Change, l.Verifications[0].Note)
}

// testPersons: what a run tells of persons lies in one kind of records, and comes
// back as it was.
func testPersons(t *testing.T, k Kind) {
	place := k.New(t)
	j := k.journal(t, place, journal.Options{})
	persons, refer := newPersons(t, j, planted)
	id := tellOfPersons(t, j, planted, refer, persons)
	check(t, j.Close())
	for _, text := range []string{planted, plantedAddress, "Ulm"} {
		for _, kind := range k.toldOf(t, place, text) {
			if kind != "persons" {
				t.Errorf("%q lies in a record of the kind %s", text, kind)
			}
		}
	}
	j = k.journal(t, place, journal.Options{})
	got := readBack(t, j, id)
	if n := strings.Count(got, planted); n != 7 || strings.Contains(got, "person:") || strings.Count(got, plantedAddress) != 4 {
		t.Errorf("the persons are told %d times: %s", n, got)
	}
	check(t, j.Close())
}

// testPersonsOfAnswers: what the service answered of a step or an order tells of persons
// as it did, whichever run it is of, and these are told to whoever masks it. Whoever is
// forgotten is so there as well.
func testPersonsOfAnswers(t *testing.T, k Kind) {
	ctx := t.Context()
	j := k.journal(t, k.New(t), journal.Options{})
	for i, name := range []string{planted, "Other Person"} {
		persons, _ := newPersons(t, j, name)
		l := must[*journal.Ledger](t)(j.Begin(ctx, journal.Run{Kind: journal.Apply, Began: noon, PlanID: name[:1], Persons: persons}))
		b := must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{{
			Operation: "Order", Steps: []string{"a.example/order#create"}, Names: []string{"a.example"}, At: noon.Add(time.Duration(i) * time.Second),
			Purchases: []journal.Purchase{{Step: "a.example/order#create", Domain: "a.example"}},
		}}))[0]
		check(t, l.Fail(ctx, journal.CallFailure{Batch: b.Batch, Kind: journal.CallRefused, Message: name + " <" + plantedAddress + "> owes \"money\"", At: noon}))
		check(t, l.Mark(ctx, journal.Mark{Name: journal.Ended, At: noon}))
	}
	for _, gone := range []bool{false, true} {
		masker := personal.NewMasker()
		bought := must[[]journal.Purchase](t)(j.Purchases(ctx, noon, masker.Learn))
		sent := must[[]journal.SentStep](t)(j.SentFor(ctx, []string{"a.example"}, masker.Learn))
		for i, name := range []string{planted, "Other Person"} {
			want := name + " <" + plantedAddress + "> owes \"money\""
			for _, got := range []string{bought[i].Message, sent[i].Message} {
				if gone && i == 0 {
					if strings.Contains(got, planted) || strings.Contains(got, "person:") || strings.Count(got, "forgotten-") != 2 {
						t.Errorf("after the person was forgotten the answer is %q", got)
					}
				} else if masked := masker.Text(got); got != want || strings.Contains(masked, name) || strings.Contains(masked, plantedAddress) {
					t.Errorf("the answer is %q, want %q, and masked %q", got, want, masked)
				}
			}
		}
		must[int](t)(j.Forget(ctx, func(p journal.Person) bool { return p.Run == bought[0].Run }))
	}
	check(t, j.Close())
}

// testForget: who is forgotten lies nowhere any more, not even in freed room; others
// and the run stay.
func testForget(t *testing.T, k Kind) {
	place := k.New(t)
	j := k.journal(t, place, journal.Options{})
	persons, refer := newPersons(t, j, planted)
	id := tellOfPersons(t, j, planted, refer, persons)
	persons, refer = newPersons(t, j, "Other Person")
	other := tellOfPersons(t, j, "Other Person", refer, persons)
	n, err := j.Forget(t.Context(), func(p journal.Person) bool { return p.Run == id })
	if n != 2 || err != nil {
		t.Fatalf("%d persons were forgotten (%v), want the contact and the address", n, err)
	}
	if got := readBack(t, j, id); strings.Contains(got, planted) || strings.Contains(got, plantedAddress) || strings.Count(got, "forgotten-") < 10 {
		t.Errorf("after that it is %s", got)
	}
	if got := readBack(t, j, other); strings.Count(got, "Other Person") != 7 {
		t.Errorf("the others are %s", got)
	}
	check(t, j.Close())
	if kinds := k.toldOf(t, place, planted); kinds != nil {
		t.Errorf("%q lies in records of the kinds %v", planted, kinds)
	}
	if k.Bytes != nil && holds(k.Bytes(t, place), planted) {
		t.Errorf("%q lies in freed room", planted)
	}
	j = k.journal(t, place, journal.Options{})
	_, refer = newPersons(t, j, planted)
	if strings.Contains(string(must[*journal.Ledger](t)(j.Ledger(t.Context(), id)).Plan), refer("name", planted)) {
		t.Error("the hash of a text that was forgotten can still be made")
	}
	check(t, j.Close())
}

// testForgetFormer: runs of former versions, which tell of persons themselves, refer
// to them after they were parted, and tell the same.
func testForgetFormer(t *testing.T, k Kind) {
	place := k.New(t)
	j := k.journal(t, place, journal.Options{})
	plain := func(_, text string) string { return text }
	id := tellOfPersons(t, j, planted, plain, nil)
	formers := must[[]journal.Former](t)(j.Formers(t.Context(), func(int64) bool { return true }))
	before := readBack(t, j, id)
	for _, f := range formers {
		if f.Run == id {
			persons, refer := newPersons(t, j, planted)
			plan := fmt.Appendf(nil, `{"name":%q,"city":%q}`, refer("name", planted), refer("city", "Ulm"))
			field := func(parameter string) string { return map[string]string{"Name": "name", "City": "city"}[parameter] }
			check(t, j.Part(t.Context(), id, plan, persons, field))
		}
	}
	if after := readBack(t, j, id); after != before {
		t.Errorf("it told %s, and tells %s", before, after)
	}
	if n, err := j.Forget(t.Context(), func(journal.Person) bool { return true }); n == 0 || err != nil && !errors.Is(err, store.ErrRoomKept) {
		t.Errorf("%d persons were forgotten: %v", n, err)
	}
	check(t, j.Close())
	if kinds := k.toldOf(t, place, "no "+planted); kinds != nil {
		t.Errorf("it lies in records of the kinds %v", kinds)
	}
}

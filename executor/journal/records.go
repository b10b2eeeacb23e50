package journal

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// The kinds of records. They stand in the journals of users: never rename one.
const (
	kindBinding         = "binding"
	kindDeclaration     = "declaration" // key: the hash of its names; data: gzip, one a line
	kindRun             = "run"         // key: the plan's ID
	kindPlan            = "plan"        // data: gzip
	kindMark            = "mark"
	kindIntent          = "intent"
	kindPurchase        = "purchase"
	kindSubmission      = "submission" // key: the task's number
	kindFailure         = "failure"
	kindResult          = "result"
	kindAcknowledgement = "acknowledgement"
	kindConclusion      = "conclusion"
	kindVerification    = "verification"
	kindSighting        = "sighting"
	kindApproval        = "approval"     // key: who approved
	kindRejection       = "rejection"    // key: who rejected
	kindRule            = "rule"         // data: gzip; the last one counts
	kindBrokenGlass     = "broken_glass" // key: who broke it
	kindLoss            = "loss"
	kindSpent           = "spent"
	kindPause           = "pause"   // key: who paused
	kindUnpause         = "unpause" // key: who ended a pause
	kindRetained        = "retained"
	kindCeilings        = "ceilings" // data: gzip; the last one counts
	kindIncarnation     = "incarnation"
	kindMove            = "move"
	// The plan of a run that refers to persons: a program that knows none must not
	// take what stands for a text as the text.
	kindReferringPlan = "referring_plan" // data: gzip
	kindPersons       = "persons"        // of a run
	kindPersonKey     = "person_key"     // the last one counts
	kindBaseline      = "baseline"       // data: gzip
	kindTold          = "told"           // key: the place; data: gzip
	kindCommand       = "command"        // of a run; key: the name of the command
)

type text = store.Text

// What records hold, as JSON. The members of a record that a store knows (run,
// batch, key, time) are not repeated. Kinds that come many at a time hold a list.
// Names of members stand in the journals of users: never rename one.
type (
	bindingData struct {
		Endpoint text `json:"endpoint"`
		Account  text `json:"account"` // empty while nobody knows it
	}
	runData struct {
		Kind       text `json:"kind"`
		ConfigHash text `json:"config_hash"`
		Declared   text `json:"declared"` // the key of a declaration
		// Former programs record none of these.
		Command text  `json:"command,omitempty"`
		By      text  `json:"by,omitempty"`
		Link    text  `json:"link,omitempty"`
		Follows int64 `json:"follows,omitempty"`
		Undoes  int64 `json:"undoes,omitempty"`
	}
	markData struct {
		Mark text `json:"mark"`
	}
	intentData struct {
		Operation text            `json:"operation"`
		Key       text            `json:"key"`
		Request   map[string]text `json:"request"`
		Steps     []text          `json:"steps"`
		Names     []text          `json:"names"`
		Timestamp int64           `json:"timestamp,omitempty"` // in milliseconds since the epoch
	}
	purchaseData struct {
		Step     text  `json:"step"`
		Domain   text  `json:"domain"`
		Kind     text  `json:"kind"`
		Before   text  `json:"before"`
		Years    int   `json:"years"`
		Amount   int64 `json:"amount"` // in hundredths; the most it may be where it is not known
		Known    bool  `json:"known"`
		Currency text  `json:"currency"`
	}
	submissionData struct {
		RequestID text `json:"request_id,omitempty"`
		Adopted   bool `json:"adopted,omitempty"`
		Operation text `json:"operation"` // of its batch
	}
	failureData struct {
		Kind      text `json:"kind"`
		Code      text `json:"code,omitempty"`
		Message   text `json:"message,omitempty"`
		RequestID text `json:"request_id,omitempty"`
	}
	resultData struct {
		Detail    text `json:"detail"`
		Step      text `json:"step"`
		Success   bool `json:"success"`
		Message   text `json:"message,omitempty"`
		RequestID text `json:"request_id,omitempty"`
	}
	acknowledgementData struct {
		Detail text `json:"detail"`
		Note   text `json:"note,omitempty"`
	}
	conclusionData struct {
		Step    text `json:"step"`
		Verdict text `json:"verdict"`
		Reason  text `json:"reason"`
	}
	verificationData struct {
		Change  text `json:"change"`
		Verdict text `json:"verdict"`
		Note    text `json:"note,omitempty"`
	}
	sightingData struct {
		Mark text `json:"mark"`
		Live bool `json:"live"`
	}
	moveData struct {
		Step  text `json:"step"`
		ID    text `json:"id"`    // of the move, the same at both ends
		Place text `json:"place"` // the other end
	}
	incarnationData struct {
		Incarnation text `json:"incarnation"` // as the store names it
	}
	spentData struct {
		Amount   int64  `json:"amount"` // in hundredths
		Currency text   `json:"currency"`
		Tasks    []text `json:"tasks"`
	}
	lossData struct {
		Reason text `json:"reason"`
	}
)

// about is what a record is about, and when it happened.
type about struct {
	kind       string
	key        string
	run, batch int64
	at         time.Time
}

func (a about) record(data []byte) store.Record {
	return store.Record{Kind: a.kind, Key: a.key, Run: a.run, Batch: a.batch, At: millis(a.at), Data: data}
}

// encode makes a record of what it holds.
func encode(a about, v any) (store.Record, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return store.Record{}, fmt.Errorf("journal: encode %s: %w", a.kind, err)
	}
	return a.record(data), nil
}

// encodeAll makes records of facts that come many at a time: one for those that
// are about the same, in their order.
func encodeAll[F, D any](facts []F, describe func(F) (about, D)) ([]store.Record, error) {
	var order []about
	groups := make(map[about][]D)
	for _, f := range facts {
		a, data := describe(f)
		if _, ok := groups[a]; !ok {
			order = append(order, a)
		}
		groups[a] = append(groups[a], data)
	}
	records := make([]store.Record, len(order))
	for i, a := range order {
		var err error
		if records[i], err = encode(a, groups[a]); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// decode reads the data of a record.
func decode(r *store.Record, v any) error {
	if err := json.Unmarshal(r.Data, v); err != nil {
		return fmt.Errorf("record %d (%s): %w", r.Number, r.Kind, err)
	}
	return nil
}

// decodeAll reads the data of a record that holds a list.
func decodeAll[D any](r *store.Record, each func(D)) error {
	var all []D
	if err := decode(r, &all); err != nil {
		return err
	}
	for _, d := range all {
		each(d)
	}
	return nil
}

// textsOf returns strings as texts of a record.
func textsOf(all []string) []text {
	if all == nil {
		return nil
	}
	out := make([]text, len(all))
	for i, s := range all {
		out[i] = text(s)
	}
	return out
}

// stringsOf returns the texts of a record as strings.
func stringsOf(all []text) []string {
	if all == nil {
		return nil
	}
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = string(t)
	}
	return out
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

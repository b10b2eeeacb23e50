package attr

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// plainChange is a change as encoding/json writes it.
type plainChange struct {
	ID        string      `json:"id"`
	Domain    string      `json:"domain"`
	Attribute string      `json:"attribute"`
	Element   string      `json:"element,omitempty"`
	Action    Action      `json:"action"`
	Status    Status      `json:"status"`
	Reason    string      `json:"reason,omitempty"`
	Cause     Cause       `json:"cause,omitempty"`
	Before    Value       `json:"before"`
	After     Value       `json:"after"`
	Hazard    Hazard      `json:"hazard"`
	Cost      *Cost       `json:"cost,omitempty"`
	Steps     []plainStep `json:"steps"`
	Follows   string      `json:"follows,omitempty"`
	HeldWith  string      `json:"held_with,omitempty"`
	Source    Source      `json:"source"`
	Origin    Origin      `json:"origin,omitempty"`
	Logged    *LogEntry   `json:"logged,omitempty"`
	Sees      []string    `json:"sees,omitempty"`
	Forgets   []string    `json:"forgets,omitempty"`
}

type plainRequest struct {
	Operation string            `json:"operation"`
	Params    map[string]string `json:"params"`
}

type plainStep struct {
	ID string `json:"id"`
	plainRequest
	Check *plainRequest `json:"check,omitempty"`
	Needs []string      `json:"needs,omitempty"`
	After []string      `json:"after,omitempty"`
	Owed  bool          `json:"owed,omitempty"`
}

func plainOf(r wire.Request) plainRequest {
	params := make(map[string]string)
	for _, p := range wire.Params(r) {
		params[p.Name] = p.Value
	}
	return plainRequest{wire.OperationOf(r).Name, params}
}

// drawChange draws a change with any texts, and whatever members.
func drawChange(t *rapid.T) (Change, plainChange) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z0-9.<>&"\\]{0,8}`))
	list := rapid.SliceOfN(text, 0, 3)
	value := rapid.SampledFrom([]Value{
		nil, NameserverSet(nil), NameserverSet{}, NameserverSet{"a.example"}, NameserverSet{"a.example", "<b>"}, Bool(true), HostObjects{"ns1": {"192.0.2.1"}}, HostObjects{}, Contact{"name": "Ada & Ü"},
	})
	c := Change{
		ID: text.Draw(t, "id"), Domain: text.Draw(t, "domain"), Attribute: text.Draw(t, "attribute"), Element: text.Draw(t, "element"),
		Action: Update, Before: value.Draw(t, "before"), After: value.Draw(t, "after"), Hazard: None, Status: Ready, Reason: text.Draw(t, "reason"), Cause: rapid.SampledFrom(append(Causes(), NoCause)).Draw(t, "cause"),
		Follows: text.Draw(t, "follows"), HeldWith: text.Draw(t, "held with"), Source: Source{text.Draw(t, "file"), rapid.Int().Draw(t, "line")},
		StartsClock: list.Draw(t, "sees"), ResetsClock: list.Draw(t, "forgets"),
	}
	if rapid.Bool().Draw(t, "costs") {
		c.Cost = &Cost{Count: 1, Years: 2, Amount: 1050, Currency: "USD"}
	}
	if rapid.Bool().Draw(t, "drifts") {
		c.Origin, c.Logged = Drift, &LogEntry{At: time.Unix(1700000000, 0).UTC(), Operation: text.Draw(t, "operation"), Address: text.Draw(t, "ip")}
	}
	p := plainChange{
		c.ID, c.Domain, c.Attribute, c.Element, c.Action, c.Status, c.Reason, c.Cause, c.Before, c.After, c.Hazard, c.Cost,
		[]plainStep{},
		c.Follows, c.HeldWith, c.Source, c.Origin, c.Logged, c.StartsClock, c.ResetsClock,
	}
	for range rapid.IntRange(0, 2).Draw(t, "steps") {
		s := Step{
			ID:      text.Draw(t, "step"),
			Request: &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: list.Draw(t, "names"), DomainNameServer: list.Draw(t, "hosts")},
			Needs:   list.Draw(t, "needs"), After: list.Draw(t, "after"), Owed: rapid.Bool().Draw(t, "owed"),
		}
		plain := plainStep{ID: s.ID, plainRequest: plainOf(s.Request), Needs: s.Needs, After: s.After, Owed: s.Owed}
		if rapid.Bool().Draw(t, "checked") {
			s.Check = &wire.QueryDomainByDomainNameRequest{DomainName: text.Draw(t, "check")}
			check := plainOf(s.Check)
			plain.Check = &check
		}
		c.Steps, p.Steps = append(c.Steps, s), append(p.Steps, plain)
	}
	return c, p
}

// TestChangesAreWrittenAsByEncodingJSON: on one line, and on lines of their own.
func TestChangesAreWrittenAsByEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, plain := drawChange(t)
		want, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(c)
		if diff := cmp.Diff(string(want), string(got)); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		depth := rapid.IntRange(0, 3).Draw(t, "depth")
		var lines bytes.Buffer
		if err := json.Indent(&lines, want, strings.Repeat("  ", depth), "  "); err != nil {
			t.Fatal(err)
		}
		got, err = c.AppendJSON([]byte("x"), depth)
		if diff := cmp.Diff("x"+lines.String(), string(got)); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	})
}

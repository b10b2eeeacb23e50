package attr_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
)

// TestLabelsInJSON: labels are texts by key in JSON, come back as they were, and are left
// out where there are none.
func TestLabelsInJSON(t *testing.T) {
	t.Parallel()
	type holder struct {
		Labels attr.Labels `json:"labels,omitempty"`
	}
	for text, want := range map[string]holder{
		`{}`: {},
		`{"labels":{"cost_centre":"47=11","owner":"web"}}`: {attr.NewLabels(map[string]string{"owner": "web", "cost_centre": "47=11"})},
	} {
		written, err := json.Marshal(want)
		if err != nil || string(written) != text {
			t.Errorf("%q is written as %s, %v", want.Labels, written, err)
		}
		var got holder
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is read as %q, %v", text, got.Labels, err)
		}
	}
	upper := attr.NewLabels(map[string]string{"owner": "web", "team": "x"}).MapText(strings.ToUpper)
	if upper.String() != "owner=WEB, team=X" || attr.Labels("").MapText(strings.ToUpper) != "" {
		t.Errorf("mapped they are %q", upper)
	}
}

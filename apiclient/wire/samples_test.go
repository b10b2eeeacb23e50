package wire

import (
	"encoding/json"
	"os"
	"testing"
)

// TestDecodePublishedSamples reads the samples of the API reference, where
// DOMAINSYNC_SAMPLES names a JSON file of them:
//
//	{"operations": [{"name": "QueryDomainList", "json_sample_text": "{…}",
//	                 "json_sample": {…}, "json_canonical": {…}}, …]}
func TestDecodePublishedSamples(t *testing.T) {
	file := os.Getenv("DOMAINSYNC_SAMPLES")
	if file == "" {
		t.Skip("DOMAINSYNC_SAMPLES names no file of samples; TestDecodeSamples has their shapes")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var samples struct {
		Operations []struct {
			Name      string          `json:"name"`
			Text      string          `json:"json_sample_text"`
			Sample    json.RawMessage `json:"json_sample"`
			Canonical json.RawMessage `json:"json_canonical"`
		} `json:"operations"`
	}
	if err := json.Unmarshal(data, &samples); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, s := range samples.Operations {
		o := Lookup(s.Name)
		if o == nil {
			continue
		}
		for kind, body := range map[string][]byte{"text": []byte(s.Text), "sample": s.Sample, "canonical": s.Canonical} {
			if len(body) == 0 || string(body) == "null" {
				continue
			}
			read++
			if err := DecodeResponse(body, o.NewResponse()); err != nil {
				t.Errorf("%s, %s: %v\n%s", s.Name, kind, err, body)
			}
		}
	}
	if read < len(table) {
		t.Errorf("%s has %d samples for %d operations", file, read, len(table))
	}
}

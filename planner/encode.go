package planner

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode writes the plan as JSON, indented, with a final newline.
func (p *Plan) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("the plan cannot be written: %w", err)
	}
	return b.Bytes(), nil
}

// Decode reads a plan that [Plan.Encode] wrote. It refuses other formats, and
// requests that break the rules of their operation.
func Decode(data []byte) (*Plan, error) {
	var head struct {
		FormatVersion int `json:"format_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("this is no plan: %w", err)
	}
	if head.FormatVersion != FormatVersion {
		return nil, fmt.Errorf("the plan has format version %d; this program reads version %d: plan again", head.FormatVersion, FormatVersion)
	}
	p := new(Plan)
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("the plan cannot be read: %w", err)
	}
	return p, nil
}

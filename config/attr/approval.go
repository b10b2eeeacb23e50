package attr

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// ApprovalHash tells what is approved of a change from all that it could be
// instead: its values, what is sent for it, its hazard and what it costs. When it
// is made, and what else is sent before, may differ; so may what an order carries,
// which is approved by itself. No value can be read from it.
func (c *Change) ApprovalHash() string {
	x := Change{
		ID: c.ID, Domain: c.Domain, Attribute: c.Attribute, Element: c.Element, Action: c.Action, Status: Ready,
		Before: c.Before, After: c.After, Hazard: c.Hazard, Cost: c.Cost, Steps: slices.Clone(c.Steps),
	}
	OrderOf(&x)
	for i := range x.Steps {
		x.Steps[i] = Step{ID: x.Steps[i].ID, Request: x.Steps[i].Request}
	}
	data, err := x.MarshalJSON()
	if err != nil {
		return "" // which no record has
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

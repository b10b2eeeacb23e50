package journal

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestPlanIsWrittenWhileItIsPacked: a plan that its owner writes is read back as
// it was written, and nothing of it is held beside what is stored; one that
// cannot be written leaves no run behind.
func TestPlanIsWrittenWhileItIsPacked(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir(), Options{})
	line := strings.Repeat("a change of a name", 10) + "\n"
	l := must[*Ledger](t)(j.Begin(t.Context(), Run{Kind: Apply, Began: noon, PlanID: "p", WritePlan: func(w io.Writer) error {
		for range 1000 {
			if _, err := fmt.Fprint(w, line); err != nil {
				return err
			}
		}
		return nil
	}}))
	if l.Plan != nil || l.WritePlan != nil {
		t.Error("the ledger of a new run holds its plan")
	}
	again := must[*Ledger](t)(j.Ledger(t.Context(), l.ID))
	if want := strings.Repeat(line, 1000); string(again.Plan) != want {
		t.Errorf("%d bytes were stored, %d written", len(again.Plan), len(want))
	}
	bad := errors.New("no such value")
	if _, err := j.Begin(t.Context(), Run{Kind: Apply, Began: noon, PlanID: "q", WritePlan: func(io.Writer) error { return bad }}); !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
	if runs := must[[]Run](t)(j.Runs(t.Context())); len(runs) != 1 {
		t.Errorf("there are %d runs", len(runs))
	}
}

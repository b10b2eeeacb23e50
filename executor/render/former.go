package render

import (
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// RunHCL writes the declarations that bring back what a run has changed, and what they
// cannot bring back. Values that tell of persons are left out, and names of changes that
// do are masked, unless nothing is: m is nil.
func RunHCL(w io.Writer, r *history.Run, m *personal.Masker) error {
	former := history.FormerOf(r.Details.Changes, m == nil)
	fmt.Fprintf(w, "# What run %d had found, for the files: %s of %s.\n", r.ID, words.Count(len(former.Declarations), "attribute"), stamp(r.Began))
	return writeFormer(w, &former, m)
}

// UndoHCL writes the declarations that keep what the plan of an undo brings back, and of
// what there are none.
func UndoHCL(w io.Writer, p *planner.Plan, m *personal.Masker) error {
	kept := history.KeptBy(p, m == nil)
	fmt.Fprintf(w, "# What the undo of run %d brings back, for the files: %s.\n", p.Undo.Run, words.Count(len(kept.Declarations), "attribute"))
	return writeFormer(w, &kept, m)
}

func writeFormer(w io.Writer, former *history.Former, m *personal.Masker) error {
	file := hclwrite.NewEmptyFile()
	delegates := 0
	for domain, all := range former.ByDomain {
		block := file.Body().AppendNewBlock("domain", []string{inert.Text(wire.UnicodeName(domain))})
		for _, d := range all {
			block.Body().SetAttributeValue(d.Attribute.Name, d.Value)
			if d.Delegates {
				delegates++
			}
		}
		file.Body().AppendNewline()
	}
	if delegates > 0 {
		fmt.Fprint(w, "# Nobody has asked whether the former nameservers, keys and addresses still answer for\n# these names: look before you apply.\n")
	}
	for _, l := range former.Left {
		fmt.Fprintf(w, "# Not brought back: %s: %s.\n", inert.Text(m.Text(l.Change)), inert.Text(l.Why))
	}
	fmt.Fprintln(w)
	_, err := w.Write(hclwrite.Format(file.Bytes()))
	return err
}

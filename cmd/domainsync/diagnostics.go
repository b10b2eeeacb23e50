package main

import (
	"github.com/hashicorp/hcl/v2"
)

// diagnose prints diagnostics with the lines that they speak of. It returns
// an error, all of it said, where one of them is an error.
func (a *app) diagnose(sources map[string]*hcl.File, diags hcl.Diagnostics) error {
	if len(diags) == 0 {
		return nil
	}
	w := hcl.NewDiagnosticTextWriter(a.stderr, sources, uint(width(a.stderr)), a.colors(a.stderr))
	if err := w.WriteDiagnostics(diags); err != nil {
		return err
	}
	if diags.HasErrors() {
		return ended(exitError)
	}
	return nil
}

package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns a file in the one format of HCL. A file that cannot be
// understood comes back as it is, with the mistakes; name stands in them.
func Format(name string, src []byte) ([]byte, Diagnostics) {
	_, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return src, finish(diags, map[string][]byte{name: src})
	}
	return hclwrite.Format(src), Diagnostics{}
}

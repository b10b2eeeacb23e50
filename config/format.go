package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/domainsync/domainsync/internal/textfile"
)

// Format returns a file in the one format of HCL, in UTF-8. A file that cannot
// be understood comes back as it is, with the mistakes; name stands in them.
func Format(name string, src []byte) ([]byte, Diagnostics) {
	bounds := DefaultBounds()
	text, err := textfile.Decode(src)
	if err != nil || len(src) > bounds.SourceSize {
		if err == nil {
			err = fmt.Errorf("it has more than %s", megabytes(bounds.SourceSize))
		}
		return src, finish(hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "File cannot be read", Detail: fmt.Sprintf("%q: %v.", name, err), Subject: lineRange(name, 1, 0),
		}}, nil)
	}
	if _, diags := parseText(text, name, bounds); diags.HasErrors() {
		return src, finish(diags, map[string][]byte{name: text})
	}
	return hclwrite.Format(text), Diagnostics{}
}

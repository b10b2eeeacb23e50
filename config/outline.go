package config

import (
	"io/fs"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Outline is what the blocks of a directory say of it without being computed.
type Outline struct {
	// Libraries are the sources of its library blocks, as they are written.
	Libraries []string
	// MayBeLibrary says that it has no blocks but those of a library, and that all of
	// its files could be understood.
	MayBeLibrary bool
}

// OutlineOf reads the files of a directory as far as they can be understood. What keeps
// links inside the directory is the file system.
func OutlineOf(fsys fs.FS, b Bounds) Outline {
	f := newFiles(fsys, b)
	names, err := f.configuration()
	o := Outline{MayBeLibrary: err == nil && len(names) > 0}
	for _, name := range names {
		src, err := f.source(name)
		if err != nil {
			o.MayBeLibrary = false
			continue
		}
		diags := eachBody(src, name, chunkSize, b, o.add)
		o.MayBeLibrary = o.MayBeLibrary && !diags.HasErrors()
	}
	return o
}

// add takes what a file, or a part of one, says.
func (o *Outline) add(body hcl.Body) {
	content, diags := body.Content(fileSchema)
	o.MayBeLibrary = o.MayBeLibrary && !diags.HasErrors()
	for _, block := range content.Blocks {
		o.MayBeLibrary = o.MayBeLibrary && slices.Contains(libraryBlocks, block.Type)
		if block.Type == "library" {
			o.addSource(block.Body)
		}
	}
}

func (o *Outline) addSource(body hcl.Body) {
	args, _ := body.JustAttributes()
	if a := args["source"]; a != nil {
		if source, diags := sourceText(a.Expr); !diags.HasErrors() && source != "" {
			o.Libraries = append(o.Libraries, source)
		}
	}
}

// sourceText returns the text of a source; "" where it has to be computed.
func sourceText(expr hcl.Expression) (string, hcl.Diagnostics) {
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return "", diags
	}
	return v.AsString(), diags
}

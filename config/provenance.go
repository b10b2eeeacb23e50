package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// provenance tells through which blocks values come. What is declared of names tells
// the place itself, and names of one block share it: so it is looked up by the place.
type provenance struct {
	templates map[*hcl.Range]string // the labels of the templates that hold expressions
	tables    map[*hcl.Range]string // the labels of domains blocks, by their headers
}

// noteProvenance keeps the places of templates and of blocks of many names. A block of
// one name is called like its name.
func (l *loader) noteProvenance() {
	p := provenance{make(map[*hcl.Range]string), make(map[*hcl.Range]string)}
	for _, d := range l.templates {
		for i := range d.slots {
			p.templates[d.slots[i].source] = d.label
		}
	}
	for _, d := range l.domains {
		if d.kind == "domains" {
			p.tables[d.header] = d.label
		}
	}
	l.portfolio.provenance = p
}

// TemplateOf returns the label of the template in which the expression of a declared
// value stands, "" where it stands in the block of the name itself.
func (p *Portfolio) TemplateOf(d *Declared) string { return p.provenance.templates[d.Source] }

// BlockOf names the block that declares a name, in Unicode: domain "example.com" or
// domains "parked".
func (p *Portfolio) BlockOf(d *Domain) string {
	if label, ok := p.provenance.tables[d.Source]; ok {
		return fmt.Sprintf("domains %q", label)
	}
	return fmt.Sprintf("domain %q", wire.UnicodeName(d.Name))
}

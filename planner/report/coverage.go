package report

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// A protection is one check of the coverage, and how a name answers it.
type protection struct {
	Check
	known func(*snapshot.Domain) bool
	holds func(*snapshot.Domain) bool // of a name of which it is known
}

// protections are the checks of the coverage.
var protections = []protection{
	{
		Check{"transfer_locked", "Transfer lock", "The name is locked against transfer to another registrar."},
		func(d *snapshot.Domain) bool { return d.Has(snapshot.TransferLock) },
		func(d *snapshot.Domain) bool { return d.TransferLock.On() },
	},
	{
		Check{"update_locked", "Update lock", "The name is locked against changes of its delegation and contacts."},
		func(d *snapshot.Domain) bool { return d.Has(snapshot.UpdateLock) },
		func(d *snapshot.Domain) bool { return d.UpdateLock.On() },
	},
	{
		Check{"signed", "DNSSEC", "The registry has DS records of the name."},
		func(d *snapshot.Domain) bool { return d.Has(snapshot.DSRecords) },
		func(d *snapshot.Domain) bool { return len(d.DSRecords) > 0 },
	},
	{
		Check{"private", "Privacy", "WHOIS does not tell who holds the name."},
		func(d *snapshot.Domain) bool { return d.Has(snapshot.Privacy) },
		func(d *snapshot.Domain) bool { return *d.Privacy },
	},
	{
		Check{"email_verified", "Verified e-mail", "The registrant's e-mail address is verified, so that the name is not put on hold for it."},
		func(d *snapshot.Domain) bool { return d.Has(snapshot.Holder) },
		func(d *snapshot.Domain) bool { return !d.EmailUnverified && !d.EmailHold },
	},
	{
		Check{"real_name_verified", "Real name", "The registrant's real name is verified."},
		func(d *snapshot.Domain) bool { return d.RealName != wire.RealNameStatus("") },
		func(d *snapshot.Domain) bool { return d.RealName.Passed() },
	},
}

// answer says whether a name has the protection.
func (p *protection) answer(d *snapshot.Domain) Answer {
	switch {
	case !p.known(d):
		return Unknown
	case p.holds(d):
		return Yes
	}
	return No
}

// coverage tells how names are protected.
func (b *building) coverage() {
	c := &b.report.Coverage
	for i := range protections {
		c.Checks = append(c.Checks, protections[i].Check)
	}
	c.Total = newCoverageRow("")
	groups, suffixes := make(map[string]*CoverageRow), make(map[string]*CoverageRow)
	for i := range b.report.Names {
		n, live := &b.report.Names[i], b.Rows[i].Live
		if live == nil {
			continue
		}
		for k := range protections {
			n.Protected = append(n.Protected, protections[k].answer(live))
		}
		c.Total.add(n)
		rowOf(groups, n.Group).add(n)
		rowOf(suffixes, n.Suffix).add(n)
	}
	c.Groups, c.Suffixes = sortedRows(groups), sortedRows(suffixes)
}

func newCoverageRow(key string) CoverageRow {
	return CoverageRow{Key: key, Answers: make([]Answers, len(protections))}
}

func rowOf(rows map[string]*CoverageRow, key string) *CoverageRow {
	if rows[key] == nil {
		rows[key] = new(newCoverageRow(key))
	}
	return rows[key]
}

func sortedRows(rows map[string]*CoverageRow) []CoverageRow {
	all := make([]CoverageRow, 0, len(rows))
	for _, key := range sortedGroups(rows) {
		all = append(all, *rows[key])
	}
	return all
}

// add counts the answers of a name.
func (r *CoverageRow) add(n *Name) {
	r.Names++
	for i, answer := range n.Protected {
		switch answers := &r.Answers[i]; answer {
		case Yes:
			answers.Yes++
		case No:
			answers.No++
		case Unknown:
			answers.Unknown++
		}
	}
}

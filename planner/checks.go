package planner

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/jsonvalue"
)

// JudgeChecks adds to a plan which checks of the files do not hold of it and of what is
// live, as [config.Portfolio.FailedChecks] finds them. It is called once, when the plan
// is whole but for what a run says of it. Decided says that an earlier plan from the
// same files, with more that was read, has decided what nobody can tell of this one.
func (p *Plan) JudgeChecks(in Input, decided bool) {
	p.Checks = in.Portfolio.FailedChecks(
		func(members []string) (cty.Value, error) { return jsonvalue.Members(p.Document(), members) },
		in.liveForChecks,
	)
	if decided {
		p.Checks = slices.DeleteFunc(p.Checks, func(f config.FailedCheck) bool { return f.Undecided != "" })
	}
	for i := range p.Checks {
		f := &p.Checks[i]
		d := Diagnostic{Severity: SeverityError, Summary: f.Summary(), Detail: f.Detail(), Source: &f.Source, Check: f.Check}
		if f.Severity == config.CheckWarning {
			d.Severity = SeverityWarning
		}
		p.Diagnostics = append(p.Diagnostics, d)
	}
}

// readsAllNames reports whether the list of names was read as a whole: not where names
// are selected one by one.
func (in *Input) readsAllNames() bool { return in.Only.All() || !in.Only.Exact() }

// liveForChecks is [LiveValue]. Where only some names were looked for, nobody can say
// what holds of all names.
func (in *Input) liveForChecks(members []string) (cty.Value, error) {
	v, err := LiveValue(in.Live, members)
	if err != nil || in.readsAllNames() || !v.Type().HasAttribute(domainsMember) {
		return v, err
	}
	all := v.AsValueMap()
	all[domainsMember] = cty.DynamicVal
	return cty.ObjectVal(all), nil
}

// needForChecks asks for the facts that checks of what is live may look at, by the words
// that stand in them: otherwise they could not be decided.
func (in *Input) needForChecks() {
	if in.asked == nil {
		return
	}
	looks := checksLook(in.Portfolio)
	for _, facts := range snapshot.AccountMemberFacts {
		if facts&looks.account != 0 && !in.Live.Has(facts) {
			in.asked.facts("", facts)
		}
	}
	if looks.transfers {
		in.lacksTransfers()
	}
	if looks.names == 0 || !in.readsAllNames() {
		return
	}
	for i := range in.Live.Domains {
		in.lacks(&in.Live.Domains[i], attr.FactsOf(in.Live.Domains[i].Name, looks.names))
	}
}

// checkLooks is what checks of what is live may look at.
type checkLooks struct {
	account, names snapshot.Facts // of the account, and of each of its names
	transfers      bool           // the names that are on their way into it
}

// checksLook returns what the checks of files may look at, by the words that stand in
// them.
func checksLook(p *config.Portfolio) (looks checkLooks) {
	words := p.WordsOfLiveChecks()
	if len(words) == 0 {
		return looks
	}
	has := func(word string) bool { return slices.Contains(words, word) }
	for word, facts := range snapshot.AccountMemberFacts {
		if has(word) {
			looks.account |= facts
		}
	}
	looks.transfers = has("transfers_in")
	if !has(domainsMember) {
		return looks
	}
	for _, word := range words {
		looks.names |= snapshot.MemberFacts[word] &^ askedOtherwise
	}
	for role, fact := range snapshot.ContactFacts {
		if has("contacts") && has(string(role)) {
			looks.names |= fact
		}
	}
	return looks
}

// askedOtherwise are facts that are not asked of a name alone.
const askedOtherwise = snapshot.Presence | snapshot.Arriving | snapshot.RenewalPriced | snapshot.Quoted

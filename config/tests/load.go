package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// loader reads one file.
type loader struct {
	*config.Evaluator
	file    *File
	account *hcl.Range // of its block; nil: there is none yet
	history *hcl.Range // of the history block
	vars    *hcl.Range // of the variables block
	runs    map[string]*hcl.Range
	asked   bool // some run so far asks the service
	// historyTold says that a history was refused.
	historyTold bool
	// services are the arguments of the runs that say whether they ask the service: the
	// account may be written after them.
	services map[string]*hcl.Attribute
}

// The blocks of a file of tests, and their arguments.
var (
	fileSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "account"}, {Type: "variables"}, {Type: "run", LabelNames: []string{"name"}},
	}}
	accountSchema = &hcl.BodySchema{
		Attributes: arguments(append([]string{"live", "zone", "origin", "at", "id"}, otherMembers...)...),
		Blocks:     []hcl.BlockHeaderSchema{{Type: "domain", LabelNames: []string{"name"}}, {Type: "history"}},
	}
	runSchema = &hcl.BodySchema{
		Attributes: append(arguments("nights", "golden", "diagnostics", "expect_error", "faults", "market", "service", "target", "limit", "auto_approve", "readings", "after", "undo", "force"), hcl.AttributeSchema{Name: "command", Required: true}),
		Blocks:     []hcl.BlockHeaderSchema{{Type: "variables"}, {Type: "assert"}, {Type: "meanwhile", LabelNames: []string{"name"}}},
	}
	assertSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "condition", Required: true}, {Name: "error_message", Required: true}}}
)

func arguments(names ...string) (all []hcl.AttributeSchema) {
	for _, name := range names {
		all = append(all, hcl.AttributeSchema{Name: name})
	}
	return all
}

// body takes the blocks of the file, or of a part of it.
func (l *loader) body(body hcl.Body) {
	for _, block := range l.Content(body, fileSchema, nil).Blocks {
		switch block.Type {
		case "account":
			if l.First(block, &l.account) {
				l.readAccount(block)
			}
		case "variables":
			if l.First(block, &l.vars) {
				l.file.Variables = l.variables(block)
			}
		case "run":
			l.readRun(block)
		}
	}
}

// finish checks what the file says as a whole.
func (l *loader) finish() {
	at := &hcl.Range{Filename: l.file.Name, Start: hcl.InitialPos, End: hcl.InitialPos}
	if len(l.runs) == 0 {
		l.ReportAt(at, "No run", `The file has no run, so that it tests nothing. Write one: run "name" { command = plan }.`)
	}
	if l.account == nil {
		l.ReportAt(at, "No account", `The file does not say what the account holds. Write an account block, with live = "snapshot.json" or with domain blocks.`)
	}
	nights := 0
	for i := range l.file.Runs {
		r := &l.file.Runs[i]
		l.readService(l.services[r.Name], r)
		if nights += r.Nights; nights > maxNights && nights-r.Nights <= maxNights {
			l.ReportAt(r.Source, "Too many nights", "The runs of a file have at most %d nights together: give the others a file of their own.", maxNights)
		}
		own := r.Variables
		r.Variables = maps.Clone(l.file.Variables)
		if r.Variables == nil {
			r.Variables = make(map[string]config.Given)
		}
		maps.Copy(r.Variables, own)
	}
}

// variables reads the values of a variables block.
func (l *loader) variables(block *hcl.Block) map[string]config.Given {
	args, diags := block.Body.JustAttributes()
	for _, d := range diags {
		l.Report(d)
	}
	values := make(map[string]config.Given, len(args))
	for _, name := range slices.Sorted(maps.Keys(args)) {
		a := args[name]
		if v, ok := l.Constant(a); ok {
			values[name] = config.Given{Value: v, At: a.Expr.Range().Ptr()}
		}
	}
	return values
}

// readRun reads a run block.
func (l *loader) readRun(block *hcl.Block) {
	name := block.Labels[0]
	if before := l.runs[name]; before != nil {
		l.ReportAt(block.DefRange.Ptr(), fmt.Sprintf("Duplicate run %q", name), "The run %q is already on line %d. Give one of the two another name.", name, before.Start.Line)
		return
	}
	l.runs[name] = block.DefRange.Ptr()
	content := l.Content(block.Body, runSchema, block.DefRange.Ptr())
	args := content.Attributes
	r := Run{Name: name, Nights: 1, Source: block.DefRange.Ptr()}
	r.Command = l.command(args["command"])
	l.readNights(args["nights"], &r)
	r.Golden = l.golden(args["golden"], goldenForms)
	l.readDiagnostics(args["diagnostics"], &r)
	l.readSelection(args, &r)
	l.readExpected(args["expect_error"], &r)
	r.Faults, r.Market, r.Readings = l.setting(args["faults"]), l.setting(args["market"]), l.setting(args["readings"])
	l.readAfter(args["after"], &r)
	l.readUndo(args["undo"], args["force"], &r)
	var vars *hcl.Range
	for _, inner := range content.Blocks {
		switch inner.Type {
		case "assert":
			l.readAssert(inner, &r)
		case "meanwhile":
			l.readMeanwhile(inner, &r)
		default:
			if l.First(inner, &vars) {
				r.Variables = l.variables(inner)
			}
		}
	}
	l.services[name] = args["service"]
	l.file.Runs = append(l.file.Runs, r)
}

// command reads what a run does: a word, in quotes or not.
func (l *loader) command(a *hcl.Attribute) Command {
	if a == nil {
		return Plan
	}
	word := hcl.ExprAsKeyword(a.Expr)
	if word == "" {
		if v, diags := a.Expr.Value(nil); !diags.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
			word = v.AsString()
		}
	}
	switch c := Command(word); c {
	case Plan, Apply:
		return c
	}
	detail := "A run has command = plan or command = apply."
	if near := attr.Meant(word, []string{string(Plan), string(Apply)}); word != "" && len(near) > 0 {
		detail += attr.DidYouMean(near)
	}
	l.ReportAt(a.Expr.Range().Ptr(), "Unknown command", "%s", detail)
	return Plan
}

// readAfter reads how long after the run before a run begins.
func (l *loader) readAfter(a *hcl.Attribute, r *Run) {
	text, ok := l.Text(a)
	if !ok {
		return
	}
	after, err := time.ParseDuration(text)
	if err != nil || after <= 0 || after > maxNights*24*time.Hour {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a duration", "after says how long after the run before this one begins, as in \"720h\", and ten years at most.")
		return
	}
	r.After = after
}

// readUndo reads which earlier run a run takes back.
func (l *loader) readUndo(of, force *hcl.Attribute, r *Run) {
	if of == nil {
		if force != nil {
			l.ReportAt(force.NameRange.Ptr(), "Nothing is undone", "force answers for the nameservers, keys and addresses that an undo brings back: name the run to take back, as in undo = \"the_apply\", or leave force out.")
		}
		return
	}
	forced := l.isTrue(force, "force is true or false: whether somebody answers for the nameservers, keys and addresses that come back.")
	name, ok := l.Text(of)
	if !ok {
		return
	}
	var applies []string
	for i := range l.file.Runs {
		if before := &l.file.Runs[i]; before.Command == Apply {
			applies = append(applies, before.Name)
		} else if before.Name == name {
			l.ReportAt(of.Expr.Range().Ptr(), "A run that changes nothing", "The run %q only plans: undo takes back what an apply has changed.", name)
			return
		}
	}
	if !slices.Contains(applies, name) {
		there := "there is none"
		if len(applies) > 0 {
			there = thereAre(name, "run", applies)
		}
		l.ReportAt(of.Expr.Range().Ptr(), "No such run", "undo names a run that stands before this one and has command = apply: %s", words.Ended(there))
		return
	}
	r.Undo = &Undo{Run: name, Forced: forced}
}

// isTrue computes an argument that is true or false; without it, it is false.
func (l *loader) isTrue(a *hcl.Attribute, detail string) bool {
	if a == nil {
		return false
	}
	v, ok := l.Constant(a)
	if ok && (v.Type() != cty.Bool || v.IsNull()) {
		l.ReportAt(a.Expr.Range().Ptr(), "Wrong type", "%s", detail)
		return false
	}
	return ok && v.True()
}

// readMeanwhile reads what somebody else has changed of a name.
func (l *loader) readMeanwhile(block *hcl.Block, r *Run) {
	name, err := wire.CanonicalName(block.Labels[0])
	if err != nil {
		l.ReportAt(block.LabelRanges[0].Ptr(), "Not a domain name", "%v.", err)
		return
	}
	c := Change{Name: name}
	var args hcl.Attributes
	c.facts, args = l.domain(name, block)
	c.member = slices.Sorted(maps.Keys(args))
	if all, _ := block.Body.JustAttributes(); len(all) == 0 {
		l.ReportAt(block.DefRange.Ptr(), "Nothing changes", "A meanwhile block says what somebody else has changed of the name, as a domain block of an account does.")
	}
	r.Meanwhile = append(r.Meanwhile, c)
}

// maxNights bounds the nights of a file: ten years. A pull request must not keep a
// runner busy for days.
const maxNights = 3660

func (l *loader) readNights(a *hcl.Attribute, r *Run) {
	if a == nil {
		return
	}
	nights := l.wholeNumber(a, maxNights, "Wrong number of nights", fmt.Sprintf("nights is a whole number from 1 to %d.", maxNights))
	if nights > 0 && r.Command != Apply {
		l.ReportAt(a.NameRange.Ptr(), "Nights of a plan", "Nights pass from apply to apply. Write command = apply, or leave nights out.")
		return
	}
	r.Nights = max(nights, 1)
}

// goldenForms are the endings of golden files.
var goldenForms = []string{".txt", ".md", ".json", ".html"}

// golden reads the names of golden files, which have one of these endings.
func (l *loader) golden(a *hcl.Attribute, forms []string) (all []Golden) {
	names, places := l.texts(a)
	for i, name := range names {
		clean, err := l.Inside(name)
		switch {
		case err != nil || clean == "." || strings.Contains(name, `\`): // which some systems read as a slash
			l.ReportAt(places[i], "Golden file outside the directory", "%q does not lie below the configuration's directory.", name)
		case !slices.Contains(forms, path.Ext(clean)):
			l.ReportAt(places[i], "Unknown form of golden file", "%q ends in none of %s, which say in which form it is printed.", name, strings.Join(forms, ", "))
		case slices.ContainsFunc(all, func(g Golden) bool { return g.Name == clean }):
			l.ReportAt(places[i], "Golden file twice", "%q is there twice.", name)
		default:
			all = append(all, Golden{clean, places[i]})
		}
	}
	return all
}

// readDiagnostics reads the file with what is said of the files.
func (l *loader) readDiagnostics(a *hcl.Attribute, r *Run) {
	all := l.golden(a, []string{".txt"})
	if len(all) > 1 {
		l.ReportAt(all[1].At, "Too many golden files", "What is said of the files is compared with one file: leave %q or %q.", all[0].Name, all[1].Name)
	}
	if len(all) > 0 {
		r.Diagnostics = &all[0]
	}
}

// texts computes an argument that is a text or a list of texts, with their places.
func (l *loader) texts(a *hcl.Attribute) (all []string, places []*hcl.Range) {
	if a == nil {
		return nil, nil
	}
	v, ok := l.Constant(a)
	if !ok {
		return nil, nil
	}
	if !v.IsNull() && v.Type() == cty.String {
		return []string{v.AsString()}, []*hcl.Range{a.Expr.Range().Ptr()}
	}
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || list.IsNull() || list.LengthInt() == 0 {
		l.ReportAt(a.Expr.Range().Ptr(), "Wrong type", "%s is a text in quotes, or a list of such texts.", a.Name)
		return nil, nil
	}
	for i, text := range list.AsValueSlice() {
		if text.IsNull() {
			l.ReportAt(placeOf(a.Expr, fmt.Sprintf("[%d]", i)), "Wrong type", "%s is a text in quotes, or a list of such texts.", a.Name)
			return nil, nil
		}
		all, places = append(all, text.AsString()), append(places, placeOf(a.Expr, fmt.Sprintf("[%d]", i)))
	}
	return all, places
}

// readSelection reads which changes a run is about, as the flags of a command say it.
func (l *loader) readSelection(args hcl.Attributes, r *Run) {
	if a := args["target"]; a != nil {
		if patterns, _ := l.texts(a); patterns != nil {
			r.Target = &Target{patterns, a.Expr.Range().Ptr()}
		}
	}
	if a := args["limit"]; a != nil {
		r.Limit = l.wholeNumber(a, math.MaxInt32, "Wrong limit", "limit is the most names that change, a whole number of at least 1.")
	}
	hazards, places := l.texts(args["auto_approve"])
	for i, word := range hazards {
		if !slices.Contains(attr.Hazards(), attr.Hazard(word)) {
			known := make([]string, len(attr.Hazards()))
			for k, h := range attr.Hazards() {
				known[k] = string(h)
			}
			l.ReportAt(places[i], "Unknown hazard", "%s", words.Ended(thereAre(word, "hazard", known)))
		}
		r.Approve = append(r.Approve, attr.Hazard(word))
	}
}

// wholeNumber computes an argument that is a number from 1 on; 0: it is not.
func (l *loader) wholeNumber(a *hcl.Attribute, most int64, summary, detail string) int {
	v, ok := l.Constant(a)
	if !ok {
		return 0
	}
	n, err := convert.Convert(v, cty.Number)
	if err != nil || n.IsNull() || !n.AsBigFloat().IsInt() || n.LessThan(cty.NumberIntVal(1)).True() || n.GreaterThan(cty.NumberIntVal(most)).True() {
		l.ReportAt(a.Expr.Range().Ptr(), summary, "%s", detail)
		return 0
	}
	whole, _ := n.AsBigFloat().Int64()
	return int(whole)
}

func (l *loader) readExpected(a *hcl.Attribute, r *Run) {
	pattern, ok := l.Text(a)
	if !ok {
		return
	}
	expected, err := regexp.Compile(pattern)
	if err != nil || pattern == "" {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a pattern", "expect_error is a regular expression that is not empty, such as \"max_delegations\": %v.", err)
		return
	}
	r.ExpectError = expected
}

// setting computes an argument that is given to the simulator.
func (l *loader) setting(a *hcl.Attribute) *Setting {
	if a == nil {
		return nil
	}
	v, ok := l.Constant(a)
	if !ok {
		return nil
	}
	plain, err := plainOf(v)
	if err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Wrong value of "+a.Name, "This cannot be written as JSON: %v.", err)
		return nil
	}
	if _, isObject := plain.(map[string]any); !isObject {
		l.Report(mistake(a.Name, a.Expr, "", mustBe("", "an object in braces", plain)))
		return nil
	}
	return &Setting{a.Name, plain, a.Expr}
}

// plainOf returns a value as it is in JSON.
func plainOf(v cty.Value) (plain any, err error) {
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // as it was written
	err = decoder.Decode(&plain)
	return plain, err
}

// readService reads whether a plan asks the simulated service.
func (l *loader) readService(a *hcl.Attribute, r *Run) {
	r.Asks = !l.file.Account.Read || r.mustAsk(l.asked) != ""
	if a != nil {
		if v, ok := l.Constant(a); ok {
			if v.Type() != cty.Bool || v.IsNull() {
				l.ReportAt(a.Expr.Range().Ptr(), "Wrong type", "service is true or false: whether the plan asks the simulated service.")
			} else if v.False() && r.mustAsk(l.asked) != "" {
				l.ReportAt(a.Expr.Range().Ptr(), "The service is needed", "%s, so that the run asks the simulated service: leave service out.", r.mustAsk(l.asked))
			} else {
				r.Asks = v.True()
			}
		}
	}
	l.asked = l.asked || r.Asks
	if l.history != nil && r.Asks && !l.historyTold {
		l.historyTold = true
		l.ReportAt(l.history, "A history that no plan reads", "The run %q asks the simulated service, whose history is what earlier runs have done: let runs before it make it, or write service = false in it.", r.Name)
	}
}

// mustAsk says why a run asks the service whatever the test says; "": it need not.
func (r *Run) mustAsk(asked bool) string {
	switch {
	case r.Command == Apply:
		return "An apply changes the account"
	case r.Undo != nil:
		return "An undo takes back what an apply has changed"
	case r.Faults != nil || r.Market != nil || r.Readings != nil:
		return "The run says what the service is like"
	case r.After != 0 || len(r.Meanwhile) > 0:
		return "The run says what happens before it"
	case asked:
		return "A run before this one has asked the service, and may have changed the account"
	}
	return ""
}

func (l *loader) readAssert(block *hcl.Block, r *Run) {
	args := l.Content(block.Body, assertSchema, block.DefRange.Ptr()).Attributes
	condition, message := args["condition"], args["error_message"]
	if condition == nil || message == nil {
		return
	}
	if l.Refers(condition.Expr, assertionRoots) && l.Refers(message.Expr, assertionRoots) {
		r.Asserts = append(r.Asserts, Assert{condition.Expr, message.Expr, condition.Expr.Range().Ptr()})
	}
}

// readAccount reads the account block.
func (l *loader) readAccount(block *hcl.Block) {
	content := l.Content(block.Body, accountSchema, block.DefRange.Ptr())
	args := content.Attributes
	var given []string
	domains := l.takeHistory(content.Blocks)
	for _, name := range []string{"live", "zone"} {
		if args[name] != nil {
			given = append(given, name)
		}
	}
	if len(domains) > 0 {
		given = append(given, "domain blocks")
	}
	for _, name := range otherMembers {
		if args[name] != nil && len(domains) == 0 {
			given = append(given, name)
		}
	}
	if len(given) > 1 && (args["live"] != nil || args["zone"] != nil) {
		l.ReportAt(block.DefRange.Ptr(), "Two accounts", "The account is given by %s: keep one of them.", strings.Join(given, " and by "))
		return
	}
	account := &l.file.Account
	switch {
	case args["live"] != nil:
		account.Live, account.Read = l.live(args["live"]), true
	case args["zone"] != nil:
		account.Live = l.zone(args["zone"], args["origin"])
	default:
		account.Live = l.byHand(args, domains)
	}
	if id, ok := l.Text(args["id"]); ok && account.Live != nil {
		account.Live.ID = id
	}
	l.readTime(args["at"], block)
}

// takeHistory reads the history block of an account, and returns the other blocks.
func (l *loader) takeHistory(blocks hcl.Blocks) (domains hcl.Blocks) {
	var history *hcl.Range
	for _, b := range blocks {
		if b.Type != "history" {
			domains = append(domains, b)
		} else if l.First(b, &history) {
			l.readHistory(b)
		}
	}
	return domains
}

// readTime reads when the first run begins: as it is said, else when the snapshot was read.
func (l *loader) readTime(a *hcl.Attribute, block *hcl.Block) {
	account := &l.file.Account
	if text, ok := l.Text(a); ok {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			l.ReportAt(a.Expr.Range().Ptr(), "Not a time", `%q is no time: write it as in "2026-12-01T00:00:00Z".`, text)
			return
		}
		account.At = at.UTC()
	}
	switch {
	case a != nil || account.Live == nil:
	case account.Live.ReadAt.IsZero():
		l.ReportAt(block.DefRange.Ptr(), "No time", `A test says when it takes place, so that it ends alike on every day: at = "2026-12-01T00:00:00Z".`)
	default:
		account.At = account.Live.ReadAt
	}
	if account.Live != nil {
		account.Live.ReadAt = account.At
	}
}

// live reads the snapshot that an argument names.
func (l *loader) live(a *hcl.Attribute) *snapshot.Account {
	name, ok := l.Text(a)
	if !ok {
		return nil
	}
	data, err := l.Bytes(name)
	if err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Snapshot cannot be read", "%v.", err)
		return nil
	}
	account, err := snapshot.Read(bytes.NewReader(data))
	if err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a snapshot", "%s: %v.", name, err)
		return nil
	}
	return account
}

// zone reads the zone file that an argument names.
func (l *loader) zone(a, origin *hcl.Attribute) *snapshot.Account {
	name, ok := l.Text(a)
	if !ok {
		return nil
	}
	data, err := l.Bytes(name)
	if err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Zone file cannot be read", "%v.", err)
		return nil
	}
	of, _ := l.Text(origin)
	zone, err := snapshot.ReadZone(bytes.NewReader(data), of)
	if err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a zone file", "%s: %v.", name, err)
		return nil
	}
	return zone.Account
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/inert"
)

// callFlags are the flags of api call.
type callFlags struct {
	format      string
	allPages    bool
	yes         bool
	showSecrets bool
	raw         bool
}

func newAPICall(a *app) *cobra.Command {
	var f callFlags
	cmd := &cobra.Command{
		Use:   "call OPERATION [Name=Value…]",
		Short: "Call one operation and print its answer",
		Long: `Calls an operation with the parameters that are given: Name=Value, Name.1=Value
for the elements of a list, Name.1.Member=Value for their members. Name=@FILE
takes the value from a file, @- from standard input, which keeps a secret out of
the shell's history. Times are milliseconds, dates such as 2026-01-31, or times
such as 2026-01-31T12:00:00Z.

The request is checked before it leaves. With --raw it is sent as it stands,
also to operations that domainsync does not know. Operations that cost money or
can change who holds names ask first.`,
		Example: `  domainsync api call QueryDomainByDomainName DomainName=example.com
  domainsync api call QueryDomainList --all-pages
  domainsync api call SaveBatchTaskForUpdateProhibitionLock DomainName.1=example.com Status=true`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(cmd, fmt.Errorf("%s takes an OPERATION and its parameters", cmd.CommandPath()))
			}
			return nil
		},
		ValidArgsFunction: completeCall,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.prepare(args, f)
		if err != nil {
			return err
		}
		return a.withAccount(c.run)(cmd, nil)
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", asJSON, "`form` of the answer: json, yaml")
	flags.BoolVar(&f.allPages, "all-pages", false, "read all pages and print their entries as one list")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.BoolVar(&f.showSecrets, "show-secrets", false, "print secrets of the answer, such as transfer keys")
	flags.BoolVar(&f.raw, "raw", false, "send the parameters as they stand, to any operation")
	completeWith(cmd, "format", asJSON, "yaml")
	return cmd
}

// apiCall is a call that is ready to be made.
type apiCall struct {
	app       *app
	flags     callFlags
	operation string
	known     *wire.Operation // nil where the table does not know it
	request   wire.Request    // nil where the parameters are sent as they stand
	params    []wire.Param
}

// prepare checks a call as far as that goes without making it.
func (a *app) prepare(args []string, f callFlags) (*apiCall, error) {
	if err := oneOf("--format", f.format, asJSON, "yaml"); err != nil {
		return nil, err
	}
	params, err := readParams(args[1:], a.stdin)
	if err != nil {
		return nil, err
	}
	c := &apiCall{app: a, flags: f, operation: args[0], params: params}
	c.known, err = findOperation(args[0])
	switch {
	case c.known != nil:
		c.operation = c.known.Name
	case !f.raw:
		return nil, fmt.Errorf("%w, or send it as it stands with --raw", err)
	}
	if f.raw {
		if f.allPages {
			return nil, fmt.Errorf("--all-pages needs a checked request: leave out --raw")
		}
		return c, nil
	}
	if f.allPages && c.known.Entries() == nil {
		return nil, fmt.Errorf("%s has no pages: leave out --all-pages", c.operation)
	}
	c.request, err = request(c.known, withTimes(c.known, params, c.app.clock.Now()))
	if err == nil {
		c.params = wire.Params(c.request)
	}
	return c, err
}

// protocol are the parameters that the client adds to every call.
var protocol = []string{
	"Action", "Version", "Format", "AccessKeyId", "SecurityToken", "Timestamp",
	"Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion",
}

// readParams reads parameters as they stand on the command line.
func readParams(args []string, stdin io.Reader) ([]wire.Param, error) {
	var params []wire.Param
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is no parameter: write Name=Value", arg)
		}
		if slices.ContainsFunc(protocol, func(p string) bool { return strings.EqualFold(p, name) }) {
			return nil, fmt.Errorf("%s: the client sets it", name)
		}
		if slices.ContainsFunc(params, func(p wire.Param) bool { return strings.EqualFold(p.Name, name) }) {
			return nil, fmt.Errorf("%s is given twice: the elements of a list are numbered, %s.1 and %s.2", name, name, name)
		}
		value, err := valueOf(value, stdin)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		params = append(params, wire.Param{Name: name, Value: value})
	}
	return params, nil
}

// valueOf returns a value, from a file where it is written @FILE.
func valueOf(value string, stdin io.Reader) (string, error) {
	file, ok := strings.CutPrefix(value, "@")
	if !ok {
		return value, nil
	}
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	return strings.TrimRight(string(text), "\r\n"), err
}

// request reads the parameters of an operation into its request. A missing
// page is the first one.
func request(o *wire.Operation, params []wire.Param) (wire.Request, error) {
	params = slices.Clone(params)
	for _, p := range params {
		f := o.Request.Member(p.Name)
		if f == nil {
			return nil, noMember(o, p.Name)
		}
		if p.Value == "" {
			return nil, fmt.Errorf("%s: %s is empty: leave it out", o.Name, p.Name)
		}
	}
	if o.Entries() != nil {
		for _, p := range wire.Params(wire.FirstPage(o.NewRequest(), 0)) {
			given := func(q wire.Param) bool { return strings.EqualFold(p.Name, q.Name) }
			if (p.Name == "PageNum" || p.Name == "PageSize") && !slices.ContainsFunc(params, given) {
				params = append(params, p)
			}
		}
	}
	return wire.DecodeRequest(o, params)
}

var elementNumber = regexp.MustCompile(`\.\d+`)

// noMember says what is wrong with the name of a parameter.
func noMember(o *wire.Operation, name string) error {
	var paths []string
	for _, f := range o.Request.All() {
		start, _, isList := strings.Cut(f.Path, ".N")
		if isList && f.Kind != wire.Struct && strings.EqualFold(start, name) {
			return fmt.Errorf("%s: %s is a list: write %s=Value", o.Name, name, strings.ReplaceAll(f.Path, ".N", ".1"))
		}
		paths = append(paths, f.Path)
	}
	return fmt.Errorf("%s has no member %s%s See domainsync api describe %s", o.Name, name,
		didYouMean(elementNumber.ReplaceAllString(name, ".N"), paths), o.Name)
}

// withTimes returns parameters with dates and times as requests have them, and
// anything else as it stands.
func withTimes(o *wire.Operation, params []wire.Param, now time.Time) []wire.Param {
	params = slices.Clone(params)
	for i, p := range params {
		if f := o.Request.Member(p.Name); f == nil || f.Kind != wire.Time {
			continue
		}
		if t, err := parseTime(p.Value, now); err == nil {
			params[i].Value = strconv.FormatInt(t.UnixMilli(), 10)
		}
	}
	return params
}

// run makes the call and prints its answer.
func (c *apiCall) run(ctx context.Context, s *service, _ []string) error {
	if c.known == nil {
		fmt.Fprintf(c.app.stderr, "domainsync does not know %s: it is sent as it stands.\n", c.operation)
	}
	if hazard := c.hazard(); hazard != "" {
		c.show()
		if err := c.app.confirm(ctx, c.flags.yes, c.operation+" "+hazard); err != nil {
			return err
		}
	}
	answer, err := c.call(ctx, s)
	if err != nil {
		return err
	}
	if !c.flags.showSecrets {
		answer = masked(answer)
	}
	if err := c.print(answer); err != nil {
		return err
	}
	if task, ok := memberOf(answer, "TaskNo").(string); ok && c.known != nil && c.known.Async() {
		fmt.Fprintf(c.app.stderr, "domainsync tasks wait %s tells what becomes of it.\n", inert.Text(task))
	}
	return nil
}

// hazard says why a person should confirm the call, "" where none needs to.
func (c *apiCall) hazard() string {
	switch {
	case c.known == nil && !readsByName.MatchString(c.operation):
		return "may do anything, and cost money"
	case c.known != nil && c.known.Spends:
		return "costs money"
	case c.known != nil && c.known.Transfers:
		return "can change who holds names"
	}
	return ""
}

// readsByName matches what the service calls operations that only read.
var readsByName = regexp.MustCompile(`^(Query|List|Get|Describe|Check)[A-Z]`)

// show prints what is to be confirmed, without its secrets.
func (c *apiCall) show() {
	fmt.Fprintln(c.app.stderr, c.operation)
	for _, p := range c.params {
		value := p.Value
		if wire.Secret(p.Name) {
			value = hidden
		}
		fmt.Fprintf(c.app.stderr, "  %s=%s\n", inert.Text(p.Name), inert.Text(value))
	}
}

// call returns the answer, or the entries of all pages.
func (c *apiCall) call(ctx context.Context, s *service) (any, error) {
	if !c.flags.allPages {
		text, err := s.Raw(ctx, c.operation, c.params)
		if err != nil {
			return nil, err
		}
		return parseJSON(text)
	}
	entries := []any{}
	var text []byte
	page := func(r wire.Request) (answer wire.Response, err error) {
		if text, err = s.Raw(ctx, c.operation, wire.Params(r)); err != nil {
			return nil, err
		}
		answer = c.known.NewResponse()
		reading := wire.Reading{Operation: c.operation, Request: r, AbsentLists: s.absentLists}
		return answer, reading.Decode(text, answer)
	}
	for _, err := range s.Pages(c.request, page) {
		if err != nil {
			return nil, err
		}
		tree, err := parseJSON(text)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entriesIn(tree, c.known.Entries())...)
	}
	return entries, nil
}

// parseJSON reads an answer with its numbers as they stand.
func parseJSON(text []byte) (tree any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("the answer cannot be read: %w", err)
	}
	return tree, nil
}

// entriesIn returns the entries of a page: a list that may be wrapped, or a
// single one.
func entriesIn(tree any, f *wire.Field) []any {
	value := memberOf(tree, f.Name)
	for {
		if inner := memberOf(value, f.Item); inner != nil {
			value = inner
			continue
		}
		switch v := value.(type) {
		case nil:
			return nil
		case []any:
			return v
		case map[string]any:
			if len(v) == 0 {
				return nil
			}
		}
		return []any{value}
	}
}

func memberOf(tree any, name string) any {
	object, _ := tree.(map[string]any)
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

// hidden stands where a secret was.
const hidden = "[secret]"

// masked returns an answer without its secrets. What is empty stays so.
func masked(tree any) any {
	switch v := tree.(type) {
	case []any:
		for i := range v {
			v[i] = masked(v[i])
		}
	case map[string]any:
		for key, value := range v {
			if !wire.Secret(key) {
				v[key] = masked(value)
			} else if value != nil && value != "" {
				v[key] = hidden
			}
		}
	}
	return tree
}

// print writes an answer to standard output.
func (c *apiCall) print(answer any) error {
	if c.flags.format == asJSON {
		return c.app.printJSON(answer)
	}
	return buffered(c.app.stdout, func(w io.Writer) error {
		enc := yaml.NewEncoder(inert.JSON(w))
		enc.SetIndent(2)
		if err := enc.Encode(yamlTree(answer)); err != nil {
			return err
		}
		return enc.Close()
	})
}

// yamlTree turns numbers into what YAML takes for such, and texts into what
// only shows.
func yamlTree(tree any) any {
	switch v := tree.(type) {
	case []any:
		for i := range v {
			v[i] = yamlTree(v[i])
		}
	case map[string]any:
		for key, value := range v {
			v[key] = yamlTree(value)
		}
	case string:
		return yamlText(v)
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}
	}
	return tree
}

// yamlText returns a text as YAML has it. One that does not only show is put
// into quotes, in which it can be escaped as in JSON.
func yamlText(s string) any {
	if inert.Text(s) == s && !strings.Contains(s, "##") {
		return s
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}

// completeCall completes the operation, then its members.
func completeCall(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completeOperation(cmd, args, toComplete)
	}
	o, err := findOperation(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []cobra.Completion
	for _, f := range o.Request.All() {
		if f.Kind != wire.Struct {
			all = append(all, cobra.CompletionWithDesc(strings.ReplaceAll(f.Path, ".N", ".1")+"=", f.Doc))
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

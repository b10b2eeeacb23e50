package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/sourcegraph/conc/stream"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// checkFlags are the flags of check.
type checkFlags struct {
	file     string
	format   string
	price    string
	currency string
	years    int
}

func newCheck(a *app) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [NAME…]",
		Short: "Show whether names can be registered, and for what price",
		Long: `Asks for each name whether it can be registered, whether it is a premium name,
and for its price where the service states one: it does for premium names, and
newer services for registrations of others. Names come from the command line,
from --file, or one a line from standard input. They are shown in their order.
The service takes 10 of these questions a second.

The exit code is 4 where some names could not be asked for.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := a.namesToCheck(args, f.file)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return usageError(cmd, errors.New("there is no name to check"))
			}
			if err := f.validate(); err != nil {
				return err
			}
			return a.withAccount(func(ctx context.Context, s *service, _ []string) error {
				return s.check(ctx, names, f)
			})(cmd, nil)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.file, "file", "", "`file` with one name a line")
	flags.StringVar(&f.price, "price", "", "the `price` to ask for: create, renew, transfer, restore")
	flags.StringVar(&f.currency, "currency", "", "`currency` of the price: USD, CNY")
	flags.IntVar(&f.years, "years", 0, "`years` that the price is for")
	completeWith(cmd, "price", wire.FeeCommand("").Known()...)
	completeWith(cmd, "currency", wire.FeeCurrency("").Known()...)
	addFormat(cmd, &f.format)
	return cmd
}

// request returns the question about a name.
func (f checkFlags) request(name string) *wire.CheckDomainRequest {
	return &wire.CheckDomainRequest{
		DomainName: name, FeeCommand: wire.FeeCommand(f.price), FeeCurrency: wire.FeeCurrency(f.currency), FeePeriod: f.years,
	}
}

// validate finds the mistake that would spoil the question about every name.
func (f checkFlags) validate() error {
	err, wrong := errors.AsType[*wire.ParameterError](wire.Validate(f.request("example.com")))
	if !wrong {
		return nil
	}
	flag := map[string]string{"FeeCommand": "--price", "FeeCurrency": "--currency", "FeePeriod": "--years"}[err.Member]
	return fmt.Errorf("%s %s", flag, err.Problem)
}

// namesToCheck returns the names in their order.
func (a *app) namesToCheck(args []string, file string) ([]string, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // it was only read
		more, err := readList(f, file)
		return append(args, more...), err
	}
	if _, person := terminal(a.stdin); len(args) == 0 && !person {
		return readList(a.stdin, "standard input")
	}
	return args, nil
}

// checked is what is known of one name.
type checked struct {
	name   string // as it was given
	answer *wire.CheckDomainResponse
	err    error
}

var checkColumns = []column[checked]{
	{"name", func(c *checked) any { return c.name }},
	{"state", func(c *checked) any { return c.state() }},
	{"premium", func(c *checked) any { return c.err == nil && c.answer.Premium }},
	{"price", func(c *checked) any { return c.price() }},
	{"reason", func(c *checked) any {
		if c.err != nil {
			return c.err.Error()
		}
		return c.answer.Reason
	}},
}

// availability says in words what the service has numbers for.
var availability = map[wire.Availability]string{
	wire.Available: "available", wire.Taken: "taken", wire.PreRegistration: "pre-registration", wire.PreDeletion: "pre-deletion",
	wire.Abnormal: "abnormal", wire.Suspended: "suspended", wire.Blacklisted: "blacklisted",
}

func (c *checked) state() string {
	if c.err != nil {
		return "unknown"
	}
	if word, ok := availability[c.answer.Avail]; ok {
		return word
	}
	return string(c.answer.Avail)
}

// price returns the price that the service states, nil for none.
func (c *checked) price() any {
	switch {
	case c.err != nil:
		return nil
	case c.answer.Premium:
		return c.answer.Price
	case len(c.answer.StaticPriceInfo) > 0:
		return c.answer.StaticPriceInfo[0].Money
	}
	return nil
}

// callsAtOnce keeps a limit of 10 calls a second busy through slow answers.
const callsAtOnce = 16

// check asks for all names side by side and lists them in their order.
func (s *service) check(ctx context.Context, names []string, f checkFlags) error {
	l, err := newListing(s.app, f.format, checkColumns)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	asked := stream.New().WithMaxGoroutines(callsAtOnce)
	var t tally
	done := 0
	for _, name := range names {
		asked.Go(func() stream.Callback {
			c := s.checkOne(ctx, name, f)
			return func() {
				if done++; context.Cause(ctx) != nil {
					return // the command has ended, and the rest was not asked for
				}
				s.app.stderr.progress("names checked", done, len(names))
				if err := t.count(c.err); err != nil {
					stop(err)
				} else if err := l.add(c); err != nil {
					stop(err)
				}
			}
		})
	}
	asked.Wait()
	s.app.stderr.rest()
	if err := context.Cause(ctx); err != nil {
		return l.end(err)
	}
	return l.end(t.end())
}

func (s *service) checkOne(ctx context.Context, name string, f checkFlags) *checked {
	c := &checked{name: name}
	canonical, err := wire.CanonicalName(name)
	if err == nil && !strings.Contains(canonical, ".") {
		err = fmt.Errorf("%q is no domain name: it has no suffix", name)
	}
	if err != nil {
		c.err = err
		return c
	}
	c.answer, c.err = s.CheckDomain(ctx, f.request(canonical))
	return c
}

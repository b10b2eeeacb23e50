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
newer services for registrations of others. A name whose registry sets the price
counts as premium. Each price is shown with its currency and the years that it is
for: list prices are in CNY whatever currency was asked for, and the price of a
premium name may be that of one year where more were asked for. Names come from
the command line, from --file, or one a line from standard input. They are shown
in their order. The service takes 10 of these questions a second.

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
	flags.StringVar(&f.currency, "currency", string(wire.USD), "`currency` of the price: USD, CNY")
	flags.IntVar(&f.years, "years", 1, "`years` that the price is for")
	completeWith(cmd, "price", wire.FeeCommand("").Known()...)
	completeWith(cmd, "currency", wire.FeeCurrency("").Known()...)
	addFormat(cmd, &f.format)
	return cmd
}

// request returns the question about a name and a term.
func (f checkFlags) request(name string, years int) *wire.CheckDomainRequest {
	return &wire.CheckDomainRequest{
		DomainName: name, FeeCommand: wire.FeeCommand(f.price), FeeCurrency: wire.FeeCurrency(f.currency), FeePeriod: years,
	}
}

// validate finds the mistake that would spoil the question about every name.
func (f checkFlags) validate() error {
	err, wrong := errors.AsType[*wire.ParameterError](wire.Validate(f.request("example.com", f.years)))
	switch {
	case f.years == 0:
		return errors.New("--years is 0, the least is 1")
	case !wrong:
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
	price  *statedPrice // nil: none was stated
}

// statedPrice is a price with all that it is for.
type statedPrice struct {
	money    any
	currency wire.FeeCurrency
	years    int // 0: it is for no term
}

var checkColumns = []column[checked]{
	{"name", func(c *checked) any { return c.name }},
	{"state", func(c *checked) any { return c.state() }},
	{"premium", func(c *checked) any { return c.premium() }},
	{"price", func(c *checked) any { return c.ofPrice(func(p *statedPrice) any { return p.money }) }},
	{"currency", func(c *checked) any { return c.ofPrice(func(p *statedPrice) any { return string(p.currency) }) }},
	{"years", func(c *checked) any { return c.ofPrice((*statedPrice).term) }},
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

// premium reports whether list prices do not hold for the name, nil where the
// answer does not tell.
func (c *checked) premium() any {
	if c.err != nil || c.answer.Lacks.Has("Premium") || c.answer.Lacks.Has("DynamicCheck") {
		return nil
	}
	return c.answer.OwnPrice()
}

// ofPrice returns a part of the price, nil where none is stated.
func (c *checked) ofPrice(part func(*statedPrice) any) any {
	if c.price == nil {
		return nil
	}
	return part(c.price)
}

// term returns the years that a price is for, nil where it is for none.
func (p *statedPrice) term() any {
	if p.years == 0 {
		return nil
	}
	return p.years
}

// priceOf returns the price that an answer states for what was asked, nil for
// none. That of a premium name may be the price of a year, whatever term was asked
// for: one that is the same for a year is.
func (s *service) priceOf(ctx context.Context, name string, answer *wire.CheckDomainResponse, f checkFlags) (*statedPrice, error) {
	if answer.Lacks.Has("Premium") || answer.Lacks.Has("DynamicCheck") {
		return nil, nil // a price, and nobody knows of what
	}
	command, asked := wire.FeeCommand(f.price), wire.FeeCurrency(f.currency)
	if !answer.OwnPrice() {
		money, currency, ok := answer.ListPrice(f.years, asked)
		if !ok || command != "" && command != wire.FeeRegister {
			return nil, nil
		}
		return &statedPrice{money, currency, f.years}, nil
	}
	p := &statedPrice{answer.Price, asked, f.years}
	switch {
	case answer.Price <= 0:
		return nil, nil
	case command == wire.FeeRedeem:
		p.years = 0
	case f.years > 1:
		yearly, err := s.CheckDomain(ctx, f.request(name, 1))
		if err != nil {
			return nil, err
		}
		switch yearly.Price {
		case 0:
			return nil, nil // whether each year costs the same is not known
		case answer.Price:
			p.years = 1
		}
	}
	return p, nil
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
	if c.answer, c.err = s.CheckDomain(ctx, f.request(canonical, f.years)); c.err == nil {
		c.price, c.err = s.priceOf(ctx, canonical, c.answer, f)
	}
	return c
}

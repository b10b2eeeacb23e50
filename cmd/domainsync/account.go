package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner/reader"
)

// withAccount makes the work of a command that calls operations: run gets the
// account of the configuration, and a context that ends at the first interrupt.
func (a *app) withAccount(run func(ctx context.Context, s *service, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return a.interruptible(cmd.Context(), func(i interrupts) error {
			s, err := a.reach(i.soft)
			if err == nil {
				err = run(i.soft, s, args)
			}
			return i.explain(unknownOutcome(err))
		})
	}
}

// reach connects to the account of the configuration. Where the files pin an
// account, the credentials must belong to it.
func (a *app) reach(ctx context.Context) (*service, error) {
	p, err := a.loadAccount()
	if err != nil {
		return nil, err
	}
	o, err := a.operatorPolicy()
	if err != nil {
		return nil, err
	}
	s, err := a.connectFor(p, a.permits(o))
	if err != nil || s.account == "" {
		return s, err
	}
	account, _, err := reader.Identify(ctx, s)
	if err == nil && account != "" && account != s.account {
		err = &reader.AccountError{Want: s.account, Got: account}
	}
	return s, err
}

// unknownOutcome says of a write whose answer is missing that nobody knows what
// became of it.
func unknownOutcome(err error) error {
	name := ""
	if e, ok := errors.AsType[*wire.Error](err); ok {
		name = e.Operation
	} else if e, ok := errors.AsType[*wire.TransportError](err); ok {
		name = e.Operation
	}
	if o := wire.Lookup(name); name == "" || wire.OutcomeOf(err) != wire.Unknown || o != nil && o.Repeatable() {
		return err
	}
	return failed(exitFailed, "%w\nWhether it was done is unknown: look at domainsync tasks list before sending it again", err)
}

// confirm asks before something that cannot be taken back, unless yes was said
// beforehand.
func (a *app) confirm(ctx context.Context, yes bool, what string) error {
	if yes {
		return nil
	}
	if _, ok := terminal(a.stdin); !ok {
		return failed(exitError, "%s: standard input is no terminal at which to ask, so use --yes; nothing was done", what)
	}
	return a.ask(ctx, what+". Go on?")
}

// tally counts what became of the parts of a command.
type tally struct{ done, failed, unknown int }

// count counts one part by its error. An error that concerns all parts is
// returned: it ends the command.
func (t *tally) count(err error) error {
	switch err = unknownOutcome(err); {
	case err == nil:
		t.done++
	case wire.StopsOperation(err), errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return err
	case codeOf(err) == exitFailed:
		t.unknown++
		t.failed++
	default:
		t.failed++
	}
	return nil
}

// fail counts one part that failed, and reports it.
func (t *tally) fail(a *app, what string, err error) error {
	if err := t.count(err); err != nil {
		return err
	}
	a.stderr.rest()
	fmt.Fprintf(a.stderr, "%s: %s\n", inert.Text(what), inert.Lines(unknownOutcome(err).Error()))
	return nil
}

// end returns how a command with several parts ended.
func (t *tally) end() error {
	switch {
	case t.failed == 0:
		return nil
	case t.done+t.unknown == 0:
		return ended(exitError)
	}
	return ended(exitFailed)
}

// forEach does something for all parts, also after one of them has failed.
func (a *app) forEach(parts []string, do func(part string) error) error {
	var t tally
	for _, part := range parts {
		err := do(part)
		if err == nil {
			t.done++
			continue
		}
		if err := t.fail(a, part, err); err != nil {
			return err
		}
	}
	return t.end()
}

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/jsonvalue"
	"github.com/domainsync/domainsync/planner"
)

// longestExpression bounds a line of standard input.
const longestExpression = 1 << 20

func newConsole(a *app) *cobra.Command {
	var source sourceFlags
	var given []string
	cmd := &cobra.Command{
		Use:   "console [EXPR…]",
		Short: "Compute expressions over the configuration",
		Long: `Computes expressions in the language of the files, and prints each value as HCL
has it. They may refer to variables, locals, templates and contacts, to portfolio,
which is what the files declare, and with --live or --offline to plan and live; their
forms are those of the JSON formats. Without expressions it reads one a line from
standard input, with a prompt on a terminal. Where an expression is wrong the
others are computed all the same, and the exit code is 1.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.runConsole(i, append(given, args...), source) })
		},
	}
	cmd.Flags().StringArrayVarP(&given, "eval", "e", nil, "compute an `expression` (repeatable)")
	cmd.Flags().StringVar(&source.live, "live", "", "take what is live from the snapshot in a `file`")
	cmd.Flags().BoolVar(&source.offline, "offline", false, "take what is live from the state, as each name was read last")
	cmd.MarkFlagsMutuallyExclusive("live", "offline")
	source.refresh = string(job.RefreshAuto)
	return cmd
}

// errExpressions says that some expressions are wrong; each was said why.
var errExpressions = errors.New("not all expressions could be computed")

// runConsole computes the expressions, or those of standard input.
func (a *app) runConsole(i interrupts, exprs []string, source sourceFlags) error {
	a.console = new(config.Console)
	roots, err := a.consoleRoots(i, source)
	if err != nil {
		return err
	}
	c := consoleRun{app: a, roots: roots}
	if len(exprs) == 0 {
		return c.computeLines()
	}
	for i, text := range exprs {
		if err := c.compute(text, i+1); err != nil {
			return err
		}
	}
	return c.end()
}

// consoleRun computes one expression after the other.
type consoleRun struct {
	app   *app
	roots map[string]jsonvalue.Root
	wrong bool
}

// computeLines computes the expressions of standard input.
func (c *consoleRun) computeLines() error {
	_, prompt := terminal(c.app.stdin)
	lines, line := bufio.NewScanner(c.app.stdin), 1
	lines.Buffer(nil, longestExpression)
	for c.prompt(prompt); lines.Scan(); c.prompt(prompt) {
		text := strings.TrimSpace(lines.Text())
		if text == "exit" && prompt {
			return nil
		}
		if text != "" && !strings.HasPrefix(text, "#") && !strings.HasPrefix(text, "//") {
			if err := c.compute(text, line); err != nil {
				return err
			}
		}
		line++
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("standard input: line %d is longer than 1 MiB; an expression stands in one line, and what is larger in a file", line)
	} else if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if prompt {
		fmt.Fprintln(c.app.stdout)
		return nil
	}
	return c.end()
}

func (c *consoleRun) prompt(wanted bool) {
	if wanted {
		fmt.Fprint(c.app.stdout, "> ")
	}
}

// compute prints the value of the expression in a line, or what is wrong with it.
func (c *consoleRun) compute(text string, line int) error {
	value, diags := c.app.console.Eval(text, line, c.roots)
	if diags.HasErrors() {
		c.wrong = true
		return diags.WriteText(c.app.stderr, width(c.app.stderr), c.app.colors(c.app.stderr))
	}
	if m := c.app.masker; m != nil {
		value = m.Text(value)
	}
	return buffered(c.app.stdout, func(w io.Writer) error {
		_, err := fmt.Fprintln(inert.NewWriter(w, false), value)
		return err
	})
}

func (c *consoleRun) end() error {
	if c.wrong {
		return errExpressions
	}
	return nil
}

// consoleRoots loads the configuration, and returns what expressions may refer to beside
// what the files declare. Persons of the account are masked, or left out.
func (a *app) consoleRoots(i interrupts, source sourceFlags) (map[string]jsonvalue.Root, error) {
	untold := func([]string) (cty.Value, error) {
		return cty.NilVal, errors.New("what is live is not known here: give a snapshot with --live FILE, or take what the state has with --offline")
	}
	roots := map[string]jsonvalue.Root{"plan": untold, "live": untold}
	if source.live == "" && !source.offline {
		p, err := a.loadAnd(noWarnings)
		if err != nil {
			return nil, err
		}
		roots["portfolio"] = p.Value
		return roots, nil
	}
	s, err := a.survey(i, nil, source, job.SurveyOptions{})
	if err != nil {
		return nil, err
	}
	live := s.Input.Live
	if a.masker != nil {
		live = live.WithoutPersons()
	}
	document := s.Plan.Masked(a.masker).Document()
	roots["portfolio"] = s.Input.Portfolio.Value
	roots["plan"] = func(members []string) (cty.Value, error) { return jsonvalue.Members(document, members) }
	roots["live"] = func(members []string) (cty.Value, error) { return planner.LiveValue(live, members) }
	return roots, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/testrunner"
	"github.com/domainsync/domainsync/internal/words"
)

// testFlags are the flags of test.
type testFlags struct {
	update bool
	junit  string
	format string
}

func newTest(a *app) *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [FILTER]",
		Short: "Test the configuration against simulated accounts",
		Long: `Plays the *.test.hcl files of the directory, each over a simulated account of its
own: no network is reached, no account, and no credentials are needed. FILTER is a
regular expression: of the runs, those are told of whose FILE/RUN it matches.

With --update a golden file is written that is another than what the plan prints:
read what version control says of it before you commit it.

With --format json how the tests ended is printed as docs/test.schema.json
describes.`,
		Args:        atMostOne("FILTER"),
		Annotations: map[string]string{quietAnnotation: "true"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", f.format, asText, asJSON); err != nil {
				return err
			}
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				return a.test(i.soft, strings.Join(args, ""), f)
			})
		},
	}
	cmd.Flags().BoolVar(&f.update, "update", false, "write golden files that are others than what plans print")
	cmd.Flags().StringVar(&f.format, "format", asText, "`form` of the output: "+asText+", "+asJSON)
	completeWith(cmd, "format", asText, asJSON)
	cmd.Flags().StringVar(&f.junit, "junit", "", "write how the runs ended to a `file`, as JUnit does")
	return cmd
}

// test plays the tests of the directory and tells how they ended.
func (a *app) test(ctx context.Context, filter string, f testFlags) error {
	defer a.spendMemory()()
	selected, err := selectsRuns(filter)
	if err != nil {
		return err
	}
	if err := checkJUnit(f.junit); err != nil {
		return err
	}
	opts, err := a.loadOptions()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(a.flags.dir)
	if err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	defer root.Close() //nolint:errcheck // golden files are closed by themselves
	names, err := testNames(root.FS(), a.flags.dir)
	if err != nil {
		return err
	}
	o := testrunner.Options{
		FS: root.FS(), Dir: a.flags.dir, Selected: selected, Version: programVersion(),
		Config: opts,
	}
	if f.update {
		o.Update = testrunner.WriteBelow(root)
	}
	results := testrunner.PlayFiles(ctx, names, o)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if f.junit != "" {
		err = a.writeFile(f.junit, func(w io.Writer) error { return writeJUnit(w, results, a.told) })
	}
	told := a.tellTests(results, filter, f.format)
	return firstOf(err, told) // what the runs told is said already
}

// checkJUnit says beforehand whether the file of --junit can be written.
func checkJUnit(name string) error {
	if name == "-" {
		return errors.New("--junit -: standard output has what the runs tell; name a file")
	}
	if err := canWrite(name); err != nil {
		return fmt.Errorf("--junit cannot be written: %w", err)
	}
	return nil
}

// told returns a text about a file of tests as it is shown.
func (a *app) told(r *testrunner.FileResult, text string) string {
	if a.flags.showPersonal {
		return text
	}
	return r.Mask(text)
}

// explain writes mistakes as text.
func (a *app) explain(r *testrunner.FileResult, diags config.Diagnostics) error {
	var text strings.Builder
	if err := diags.WriteEach(&text, width(a.stdout), a.colors(a.stdout)); err != nil {
		return err
	}
	_, err := io.WriteString(a.stdout, a.told(r, text.String()))
	return err
}

// selectsRuns returns which runs a filter selects; nil: all.
func selectsRuns(filter string) (func(file, run string) bool, error) {
	if filter == "" {
		return nil, nil
	}
	pattern, err := regexp.Compile(filter)
	if err != nil {
		return nil, fmt.Errorf("FILTER is a regular expression: %w", err)
	}
	return func(file, run string) bool { return pattern.MatchString(file + "/" + run) }, nil
}

// testNames returns the files of tests of a directory, of which there must be one.
func testNames(fsys fs.FS, dir string) ([]string, error) {
	names, err := config.TestNames(fsys)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("there is no *%s file in %s: write one as docs/testing.md says, or name the right directory with --dir", config.TestSuffix, dir)
	}
	return names, err
}

// testCounts are how many runs ended in each way, and how many files could not be played.
type testCounts struct{ passed, failed, skipped, broken int }

func countTests(results []*testrunner.FileResult) (n testCounts) {
	for _, r := range results {
		for i := range r.Runs {
			switch r.Runs[i].Outcome {
			case testrunner.Pass:
				n.passed++
			case testrunner.Fail:
				n.failed++
			case testrunner.Skip:
				n.skipped++
			}
		}
		if r.Diagnostics.HasErrors() {
			n.broken++
		}
	}
	return n
}

// String says it in one line.
func (n testCounts) String() string {
	text := fmt.Sprintf("%d passed, %d failed", n.passed, n.failed)
	if n.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", n.skipped)
	}
	if n.broken > 0 {
		text += fmt.Sprintf("; %s could not be played to %s end", words.Count(n.broken, "file"), words.Plural(n.broken, "its", "their"))
	}
	return text
}

// tellTests prints how tests ended.
func (a *app) tellTests(results []*testrunner.FileResult, filter, format string) error {
	n := countTests(results)
	if n == (testCounts{}) {
		return fmt.Errorf("FILTER %q selects no run: it is matched against FILE/RUN", filter)
	}
	failed := n.failed+n.broken > 0
	if format == asJSON {
		if err := a.writeTestsJSON(a.stdout, results, n); err != nil {
			return err
		}
	} else {
		for _, r := range results {
			if err := a.tellFile(r); err != nil {
				return err
			}
		}
		word := "Success!"
		if failed {
			word = "Failure!"
		}
		fmt.Fprintf(a.stdout, "\n%s %s.\n", word, n)
	}
	if failed {
		return &exit{code: exitError, said: n.String()}
	}
	return nil
}

// tellFile prints how the runs of a file ended, and why some failed.
func (a *app) tellFile(r *testrunner.FileResult) error {
	if len(r.Runs) == 0 && len(r.Diagnostics.Diagnostics) == 0 {
		return nil
	}
	status := testrunner.Pass
	if r.Failed() {
		status = testrunner.Fail
	}
	fmt.Fprintf(a.stdout, "%s... %s\n", r.Name, status)
	for i := range r.Runs {
		run := &r.Runs[i]
		fmt.Fprintf(a.stdout, "  run %q... %s\n", run.Name, run.Outcome)
		for _, name := range run.Written {
			fmt.Fprintf(a.stdout, "    wrote %s\n", name)
		}
		if err := firstOf(a.explain(r, run.Configuration), a.explain(r, r.Explain(run))); err != nil {
			return err
		}
	}
	return a.explain(r, r.Diagnostics)
}

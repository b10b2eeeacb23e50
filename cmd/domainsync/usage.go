package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError adds where help is to be found.
func usageError(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w\nSee %s --help", err, cmd.CommandPath())
}

// flagError says what is wrong with a flag, and what was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		err = noFlag(cmd, e)
	} else if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		err = wrongValue(e)
	} else if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		err = fmt.Errorf("--%s needs a value: --%s %s", e.GetFlag().Name, e.GetFlag().Name, valueName(e.GetFlag()))
	}
	return usageError(cmd, err)
}

// noFlag says that there is no such flag. Terraform writes long flags with one
// dash; here these are a group of short ones.
func noFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	group, _, _ := strings.Cut(e.GetSpecifiedShortnames(), "=")
	switch {
	case group == "":
		name := "--" + e.GetSpecifiedName()
		return fmt.Errorf("no flag is called %s%s", name, perhaps(name, names))
	case slices.Contains(names, "--"+group):
		return fmt.Errorf("no flag is called -%s. Did you mean --%s?", group, group)
	}
	return fmt.Errorf("no flag is called -%s", group)
}

// perhaps is didYouMean at the end of a line.
func perhaps(name string, candidates []string) string {
	return strings.TrimSuffix(didYouMean(name, candidates), ".")
}

// kindsOfValues say what to write where a flag's value cannot be read.
var kindsOfValues = map[string]string{
	"int": "a whole number", "int64": "a whole number", "uint64": "a whole number, 0 or more", "float64": "a number",
	"duration": "a time with its unit, such as 90s, 15m or 24h", "bool": "true or false",
}

func wrongValue(e *pflag.InvalidValueError) error {
	kind, ok := kindsOfValues[e.GetFlag().Value.Type()]
	if !ok {
		return e
	}
	return fmt.Errorf("--%s %q: give %s", e.GetFlag().Name, e.GetValue(), kind)
}

// wordsOfValue annotates a flag that may stand without a value with the words that
// its values consist of.
const wordsOfValue = "domainsync_words"

// findValuesApart makes all commands refuse values that stand apart from the flags
// which they were meant for.
func findValuesApart(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			return cmp.Or(valueApart(cmd, args), check(cmd, args))
		}
	}
	for _, c := range cmd.Commands() {
		findValuesApart(c)
	}
}

// valueApart refuses an argument that is the value of a flag which may stand
// without one: behind a blank such a flag takes no value, and the command would
// read it as something else, as a file of that name say.
func valueApart(cmd *cobra.Command, args []string) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err != nil || f.NoOptDefVal == "" || strings.Trim(f.Value.String(), "[]") != f.NoOptDefVal {
			return
		}
		for _, arg := range args {
			if meantFor(f, arg) {
				err = usageError(cmd, fmt.Errorf("--%s takes no value behind a blank: write --%s=%s, or ./%s where a file is meant", f.Name, f.Name, arg, arg))
			}
		}
	})
	return err
}

// meantFor reports whether an argument consists of words of a flag's value, or of
// what is spelled like them.
func meantFor(f *pflag.Flag, arg string) bool {
	if f.Value.Type() == "bool" {
		_, err := strconv.ParseBool(arg)
		return err == nil && len(arg) > 1
	}
	for word := range strings.SplitSeq(arg, ",") {
		known := f.Annotations[wordsOfValue]
		if !slices.Contains(known, word) && (strings.ContainsAny(word, "./\\") || perhaps(word, known) == "") {
			return false
		}
	}
	return true
}

// valueName is what a flag's help calls its value.
func valueName(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	return strings.ToUpper(name)
}

// neverEmpty are flags that would mean something else where a script gives them the value
// of a variable that is not set: another state, other accounts, or no policy at all.
var neverEmpty = []string{"policy", "root", "state", "state-dir"}

// choicesOfValue is the annotation of a flag that takes one of a few values, or is empty.
const choicesOfValue = "domainsync_choices_of_value"

// takesOneOf completes a flag with the values that it takes, and lets no other one pass.
func takesOneOf(cmd *cobra.Command, flag string, values ...string) {
	completeWith(cmd, flag, values...)
	must(cmd.Flags().SetAnnotation(flag, choicesOfValue, values))
}

// whereValueIs is the annotation of a required flag that says where its value is found.
const whereValueIs = "domainsync_where_value_is"

// requireFlags refuses a command that lacks a flag which it cannot do without, or has one
// with a value that it cannot use. Nothing is read or sent before that is known.
func requireFlags(cmd *cobra.Command) error {
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, required := f.Annotations[cobra.BashCompOneRequiredFlag]; required && !f.Changed && err == nil {
			err = usageError(cmd, fmt.Errorf("%s needs --%s %s%s", cmd.CommandPath(), f.Name, valueName(f), behind(": ", strings.Join(f.Annotations[whereValueIs], ""))))
		}
		if f.Changed && f.Value.String() == "" && slices.Contains(neverEmpty, f.Name) && err == nil {
			err = fmt.Errorf("--%s is empty: say %s, or leave it out", f.Name, valueName(f))
		}
		if choices := f.Annotations[choicesOfValue]; len(choices) > 0 && f.Value.String() != "" && err == nil {
			err = oneOf("--"+f.Name, f.Value.String(), choices...)
		}
	})
	return err
}

// noArgs refuses arguments, and with them commands that do not exist.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usageError(cmd, noCommand(cmd, args[0]))
	}
	return usageError(cmd, fmt.Errorf("%s takes no argument, got %q", cmd.CommandPath(), args[0]))
}

// noCommand says that there is no such command: a slip of the pen, or what
// other programs call a command that is here.
func noCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
		if slices.Contains(c.SuggestFor, name) {
			return fmt.Errorf("no command is called %q. Did you mean %s?", name, c.Name())
		}
	}
	return fmt.Errorf("no command is called %q%s", name, perhaps(name, names))
}

// exactly wants one argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return usageError(cmd, fmt.Errorf("%s takes %s", cmd.CommandPath(), strings.Join(names, " ")))
	}
}

// atMostOne wants one argument or none.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < 2 {
			return nil
		}
		return usageError(cmd, fmt.Errorf("%s takes one %s at most, got %q as well", cmd.CommandPath(), name, args[1]))
	}
}

// atLeastOne wants one argument or more.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return usageError(cmd, fmt.Errorf("%s takes one %s or more", cmd.CommandPath(), name))
	}
}

// oneOf refuses a flag's value that is not among the choices.
func oneOf(flag, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return fmt.Errorf("%s %q: choose %s", flag, value, alternatives(choices))
}

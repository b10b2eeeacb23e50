package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	dto "github.com/prometheus/client_model/go"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/inert"
)

// metricsFlag is the name of the flag that asks for metrics of how a command ended.
const metricsFlag = "metrics-file"

// addMetrics adds the flag that asks for metrics, which [app.end] writes.
func addMetrics(cmd *cobra.Command) {
	cmd.Flags().String(metricsFlag, "", "write metrics for Prometheus' textfile collector to a `file` (mode 0644), however the command ends; give all commands of an account the same one")
}

// saveMetrics writes how a command ended, with an error or nil, for Prometheus. It
// returns the error with what went wrong with that.
func (a *app) saveMetrics(cmd *cobra.Command, err error) error {
	f := cmd.Flags().Lookup(metricsFlag)
	if f == nil || f.Value.String() == "" || a.began.IsZero() {
		return err
	}
	file := f.Value.String()
	now := a.clock.Now()
	all := metrics.Of(metrics.Run{
		Operation: job.Operation(cmd.Name()), Result: a.ended, Account: a.pinnedAccount, Version: programVersion(),
		ExitCode: codeOf(err), Ended: now, Seconds: now.Sub(a.began).Seconds(),
	}, a.metricsBefore(file))
	failure := replaceFile(file, 0o644, func(w io.Writer) error { return metrics.Write(w, all) })
	if failure == nil {
		return err
	}
	failure = fmt.Errorf("the metrics cannot be saved: %w", failure)
	if message(err) != "" {
		failure = errors.Join(err, failure)
	}
	return &exit{code: job.ExitCode(codeOf(err), exitError), err: failure}
}

// metricsBefore returns what a file of metrics held: of that stands what this run does
// not tell. What cannot be read is said, and lost.
func (a *app) metricsBefore(file string) []*dto.MetricFamily {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var all []*dto.MetricFamily
	if err == nil {
		defer f.Close() //nolint:errcheck // it was only read
		all, err = metrics.Read(f)
	}
	if err != nil {
		a.stderr.rest()
		fmt.Fprintf(a.stderr, "%s is written anew, without the last success: it cannot be read: %s\n", inert.Text(file), inert.Text(err.Error()))
	}
	return all
}

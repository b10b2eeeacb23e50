package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/sourcegraph/conc"
	"github.com/spf13/cobra"
)

// commandAfterDash takes the arguments that follow --.
func commandAfterDash(cmd *cobra.Command, args []string) error {
	if before := cmd.ArgsLenAtDash(); len(args) > 0 && before != 0 {
		return fmt.Errorf("unexpected argument %q: a command that is to run against the simulated account follows --", args[0])
	}
	return nil
}

// environment is what leads a command to the simulated account.
func (f *simulatorFlags) environment(endpoint string) []string {
	env := []string{
		endpointVariable + "=" + endpoint,
		"ALIBABA_CLOUD_ACCESS_KEY_ID=" + f.key, "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + f.secret,
	}
	if f.tls {
		env = append(env, "SSL_CERT_FILE="+f.certificate)
	}
	return env
}

// tellsOthers reports whether a variable has runs tell people, or who watches them:
// what happens to a simulated account is no news.
func tellsOthers(variable string) bool {
	return strings.HasPrefix(variable, notifyVariable) || strings.HasPrefix(variable, heartbeatVariable)
}

// serveCommand answers requests while a command runs, and ends with its exit code.
func (a *app) serveCommand(ctx context.Context, listener net.Listener, handler http.Handler, command, env []string) error {
	ctx, ended := context.WithCancel(ctx)
	var group conc.WaitGroup
	var served error
	group.Go(func() { served = serve(ctx, listener, handler) })
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(slices.DeleteFunc(a.environ(), tellsOthers), env...)
	// It has the terminal to itself, as if nothing ran around it.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.streams[0], a.streams[1]
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	err := cmd.Run()
	ended()
	group.Wait()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok && failed.Exited() {
		return &exit{code: failed.ExitCode()}
	}
	return firstOf(err, served)
}

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/fleet"
)

// usualTokenLife is for how long a new token is taken unless something else is said.
const usualTokenLife = 365 * 24 * time.Hour

func newJobsToken(a *app) *cobra.Command {
	var expires string
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make a token with which a person signs in",
		Long: `Makes a new token and prints it, this once, to standard output; the block for the person
in ` + config.FleetFile + ` goes to standard error, so that the token can be kept in a file. The block
holds its hash alone, from which nobody gets the token. It is taken once the process that
serves the fleet has read the file anew, and until the day of expires. A file with a
token is for its owner alone: (umask 077; domainsync jobs token > ada.token).`,
		Example: `  domainsync jobs token
  domainsync jobs token --expires 2027-06-30`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.makeToken(expires) },
	}
	cmd.Flags().StringVar(&expires, "expires", "", "last `day` on which it is taken, such as 2027-06-30 (default: in a year)")
	return cmd
}

// makeToken prints a new token, and what the file of the fleet is to know of it.
func (a *app) makeToken(expires string) error {
	now := a.clock.Now().UTC()
	if expires == "" {
		expires = now.Add(usualTokenLife).Format(time.DateOnly)
	}
	switch day, err := time.Parse(time.DateOnly, expires); {
	case err != nil:
		return fmt.Errorf("--expires %q: write a day as %s", expires, now.Add(usualTokenLife).Format(time.DateOnly))
	case !now.Before(day.AddDate(0, 0, 1)):
		return fmt.Errorf("--expires %s: that day has passed", expires)
	}
	token := fleet.NewToken()
	if _, err := fmt.Fprintln(a.stdout, token); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stderr, `
This is shown once: keep it where passwords are kept. Put into the person's block in %s:

  token {
    sha256  = "%s"
    expires = "%s"
  }
`, config.FleetFile, fleet.HashOfToken(token), expires)
	return err
}

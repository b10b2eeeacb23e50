package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/simulator/distort"
)

// TestCheckKeepsOrderAndLimit asks for many names side by side, ten a second.
func TestCheckKeepsOrderAndLimit(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	var names []string
	for i := range 25 {
		names = append(names, fmt.Sprintf("n%02d.com", 97*i%25))
	}
	file := filepath.Join(t.TempDir(), "names.txt")
	writeText(t, file, strings.Join(names, "\n"))
	start := time.Now()
	out := runProgram(t, "check", "--file", file, "--quiet", "--endpoint", s.endpoint).want(t, exitDone)
	if took := time.Since(start); took < 2400*time.Millisecond {
		t.Errorf("25 names took %v", took)
	}
	var shown []string
	for line := range strings.Lines(out.stdout) {
		name, _, _ := strings.Cut(line, "\t")
		shown = append(shown, name)
	}
	if got, want := strings.Join(shown[1:], " "), strings.Join(names, " "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestCheckShowsNoPriceOfAnUnknownTerm: whether the price for several years is
// that of all of them is told by the price for one, and by nothing else.
func TestCheckShowsNoPriceOfAnUnknownTerm(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yearly any
		want   string
	}{
		"none":      {nil, "premium-shop.com,available,true,,,,\n"},
		"the same":  {600, "premium-shop.com,available,true,600,USD,1,\n"},
		"another":   {300, "premium-shop.com,available,true,600,USD,2,\n"},
		"no number": {"much", "premium-shop.com,available,true,,,,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prices := &distort.Transport{
				Next: simulator.New(simulator.Options{Seed: 1}).Transport(), Operation: "CheckDomain",
				Distortion: distort.Distortion{Change: func(calls int, members map[string]any) any {
					if members["Price"] = 600; calls > 1 {
						members["Price"] = test.yearly
					}
					return members
				}},
			}
			var stdout, stderr strings.Builder
			a := newApp(strings.NewReader(""), &stdout, &stderr)
			a.getenv, a.credentials, a.transport = func(string) string { return "" }, simulatorKey, prices
			code := a.execute(t.Context(), []string{"check", "premium-shop.com", "--years", "2", "--format", "csv", "--quiet", "--dir", t.TempDir(), "--endpoint", "https://domain.example"})
			if _, rows, _ := strings.Cut(stdout.String(), "\n"); code != exitDone || rows != test.want {
				t.Errorf("exit code %d, %q, want %q; %s", code, rows, test.want, stderr.String())
			}
		})
	}
}

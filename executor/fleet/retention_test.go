package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

const hoursOfDay = 24 * time.Hour

func TestRetentionOfAFile(t *testing.T) {
	t.Parallel()
	usual := fleet.Retention{Lines: 30 * hoursOfDay, Runs: 400 * hoursOfDay, Acts: 400 * hoursOfDay}
	for text, want := range map[string]fleet.Retention{
		"":                 usual,
		"retention {\n}\n": usual,
		"retention {\n  lines = \"24h\"\n  runs = \"720h\"\n  acts = \"2160h\"\n}\n": {Lines: hoursOfDay, Runs: 30 * hoursOfDay, Acts: 90 * hoursOfDay},
		"retention {\n  acts = \"87840h\"\n}\n":                                      {Lines: usual.Lines, Runs: usual.Runs, Acts: 3660 * hoursOfDay},
	} {
		f, _, said := load(t, anyJob+text)
		if f == nil || f.Retention != want {
			t.Errorf("%q: %+v, %s", text, f, said)
		}
	}
	now := time.Unix(1e9, 0)
	if got, want := usual.Before(now), (fleet.Cutoffs{Lines: now.Add(-usual.Lines), Runs: now.Add(-usual.Runs), Acts: now.Add(-usual.Acts)}); got != want {
		t.Errorf("it forgets what is before %+v, want %+v", got, want)
	}
	if got := (fleet.Retention{}).Before(now); got != (fleet.Cutoffs{}) {
		t.Errorf("without a time it forgets what is before %+v", got)
	}
}

func TestMistakesInRetention(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`lines = "23h"`:                        `lines = "23h": write for how long, from 24h to 87840h, such as "720h"`,
		`runs = "719h59m"`:                     "from 720h",
		`acts = "2159h"`:                       "from 2160h",
		`acts = "87841h"`:                      "to 87840h",
		`acts = "0"`:                           "from 2160h",
		`acts = "-2160h"`:                      "from 2160h",
		`lines = "30d"`:                        "such as",
		`lines = 720`:                          "Wrong type",
		`lines = null`:                         "lines",
		`plans = "720h"`:                       "plans",
		"lines = \"1000h\"\n  runs = \"720h\"": "Lines without a run",
		"}\nretention {":                       "retention",
	} {
		f, _, said := load(t, anyJob+"retention {\n  "+text+"\n}\n")
		if f != nil || !strings.Contains(said, want) {
			t.Errorf("%s says %q, want %q", text, said, want)
		}
	}
}

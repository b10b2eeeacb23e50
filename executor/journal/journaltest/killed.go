package journaltest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// victim tells a process of the test where to write until it is killed.
const victim = "DOMAINSYNC_JOURNALTEST_VICTIM"

// groupOf is how many records the victim writes at once.
const groupOf = 7

// die writes records, and says of each write when it is durable, until somebody
// kills the process.
func (k Kind) die(t *testing.T, place string) {
	s, err := k.Open(t.Context(), place, options(store.Options{LockTimeout: time.Minute}))
	check(t, err)
	for n := int64(1); ; n++ {
		records := make([]store.Record, groupOf)
		for i := range records {
			records[i] = store.Record{Kind: "written", Batch: n, Data: []byte(strings.Repeat("x", i*100))}
		}
		check(t, s.Append(context.Background(), records))
		fmt.Println("durable", n)
	}
}

// testKilled kills processes while they write: what they said was durable is
// there, each write whole or not at all, and the account is free again.
func testKilled(t *testing.T, k Kind) {
	if testing.Short() {
		t.Skip("it starts processes")
	}
	place := k.New(t)
	var before int
	for _, kill := range []int{1, 5, 20} {
		said := kill
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$")
		cmd.Env = append(os.Environ(), victim+"="+place)
		cmd.Stderr = os.Stderr
		out := must[interface{ Read([]byte) (int, error) }](t)(cmd.StdoutPipe())
		check(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if n, err := fmt.Sscanf(lines.Text(), "durable %d", &said); n == 1 && err == nil && said >= kill {
				break
			}
		}
		check(t, cmd.Process.Kill())
		for lines.Scan() { // what it wrote before the signal came
			fmt.Sscanf(lines.Text(), "durable %d", &said) //nolint:errcheck // it is the last line, cut
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the process ended by itself")
		}
		s := k.open(t, place, store.Options{LockTimeout: time.Minute})
		all := load(t, s, store.Query{})
		check(t, s.Close())
		if got := len(all) - before; got%groupOf != 0 || got < said*groupOf || got > (said+1)*groupOf {
			t.Errorf("it said that %d writes of %d are durable, and left %d records", said, groupOf, got)
		}
		before = len(all)
	}
}

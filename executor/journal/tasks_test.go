package journal

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// counting is a store that counts the records it gives.
type counting struct {
	store.Store
	loaded *int
}

func (c counting) Load(ctx context.Context, q store.Query, each func(*store.Record) error) error {
	return c.Store.Load(ctx, q, func(r *store.Record) error {
		*c.loaded++
		return each(r)
	})
}

// TestKnownTasksReadsThoseAlone: which of some tasks are known costs what there
// is to tell, however many tasks there have been before.
func TestKnownTasksReadsThoseAlone(t *testing.T) {
	t.Parallel()
	for _, before := range []int{300, 600} {
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			t.Parallel()
			j := open(t, t.TempDir(), Options{})
			l := begin(t, j)
			intents := make([]Intent, before)
			for i := range intents {
				intents[i] = intent(fmt.Sprintf("n%d.example/x#set", i))
			}
			for i, b := range must[[]*Batch](t)(l.Intend(t.Context(), intents)) {
				check(t, l.Submit(t.Context(), Submission{Batch: b.Batch, Task: fmt.Sprint("task", i), At: noon}))
			}
			asked := []string{"task7", "task299", "of another program"}
			for i := range 3 * keysAtOnce { // more than one query takes
				asked = append(asked, fmt.Sprint("foreign", i))
			}
			loaded := 0
			j.store = counting{j.store, &loaded}
			known := must[map[string]string](t)(j.KnownTasks(t.Context(), asked))
			if diff := cmp.Diff(map[string]string{"task7": "Op", "task299": "Op"}, known); diff != "" || loaded != 2 {
				t.Errorf("%d records were read: %s", loaded, diff)
			}
		})
	}
}

package wire

import (
	"strings"
	"testing"
)

// TestRAMActions: every operation has actions, those of one name each, and no action is
// of both lists for one operation; what the lists name exists.
func TestRAMActions(t *testing.T) {
	t.Parallel()
	for _, o := range Operations() {
		actions, stated := RAMActions(o.Name)
		if len(actions) == 0 || stated && len(actions) != 1 || !stated && actions[len(actions)-1] != "domain:"+o.Name {
			t.Errorf("%s: %v, stated %t", o.Name, actions, stated)
		}
		for _, action := range actions {
			if name, ok := strings.CutPrefix(action, "domain:"); !ok || name == "" || strings.ContainsAny(name, "*: ") {
				t.Errorf("%s: the action %q", o.Name, action)
			}
		}
	}
	for _, list := range []map[string]string{statedActions, likelyActions} {
		for name, action := range list {
			if Lookup(name) == nil {
				t.Errorf("%s has the action %s, and is no operation", name, action)
			}
		}
	}
	for name := range likelyActions {
		if statedActions[name] != "" {
			t.Errorf("%s has two actions", name)
		}
	}
}

// TestRAMActionsDoNotGiveWritesAway: no action that a read needs permits a write as
// well.
func TestRAMActionsDoNotGiveWritesAway(t *testing.T) {
	t.Parallel()
	read := make(map[string]string)
	for _, o := range Operations() {
		if actions, _ := RAMActions(o.Name); o.Access == Read {
			for _, a := range actions {
				read[a] = o.Name
			}
		}
	}
	for _, o := range Operations() {
		if actions, _ := RAMActions(o.Name); o.Access == Write {
			for _, a := range actions {
				if read[a] != "" {
					t.Errorf("%s lets %s read, and %s write", a, read[a], o.Name)
				}
			}
		}
	}
}

package attr_test

import (
	"testing"

	"github.com/domainsync/domainsync/config/attr"
)

// TestWhoseWordStands says of each status what becomes of it when another rule
// speaks.
func TestWhoseWordStands(t *testing.T) {
	t.Parallel()
	const was, says = "was", "says"
	speak := map[string]func(*attr.Change){
		"a rule":          func(c *attr.Change) { c.Block(attr.Deferred, says) },
		"one that orders": func(c *attr.Change) { c.Follow("first", says) },
		"a hold":          func(c *attr.Change) { c.Hold(says) },
		"the account":     func(c *attr.Change) { c.Overrule(attr.Unknown, says) },
		"one before it":   func(c *attr.Change) { c.Announce("first", says) },
	}
	all := []string{"a rule", "one that orders", "a hold", "the account", "one before it"}
	for _, test := range []struct {
		change attr.Change
		heard  []string
	}{
		{attr.Change{Status: attr.Ready}, all},
		{attr.Change{Status: attr.Waiting, Reason: was, Follows: "other"}, all},
		{attr.Change{Status: attr.Blocked, Reason: was}, []string{"a hold", "the account", "one before it"}},
		{attr.Change{Status: attr.Deferred, Reason: was}, []string{"the account", "one before it"}},
		{attr.Change{Status: attr.Waiting, Reason: was}, []string{"the account", "one before it"}},
		{attr.Change{Status: attr.Held, Reason: was}, []string{"the account", "one before it"}},
		{attr.Change{Status: attr.Unknown, Reason: was}, []string{"the account", "one before it"}},
		{attr.Change{Status: attr.InDoubt, Reason: was}, nil},
	} {
		heard := make(map[string]bool)
		for _, who := range test.heard {
			heard[who] = true
		}
		for who, say := range speak {
			c := test.change
			say(&c)
			orders := who == "one that orders" || who == "one before it"
			switch {
			case !heard[who] && (c.Status != test.change.Status || c.Reason != test.change.Reason || c.Follows != test.change.Follows):
				t.Errorf("%s makes what is %s %s", who, test.change.Status, c.Status)
			case heard[who] && (c.Reason != says || (c.Follows == "first") != orders || c.Status == attr.Ready || c.Follows == "other"):
				t.Errorf("%s is not heard of what is %s: it is %s, follows %q, and says %q", who, test.change.Status, c.Status, c.Follows, c.Reason)
			}
		}
	}
}

// TestACauseIsThatOfItsReason: a cause goes with the reason that it was given for, and
// with that alone.
func TestACauseIsThatOfItsReason(t *testing.T) {
	t.Parallel()
	for _, cause := range attr.Causes() {
		c := attr.Change{Status: attr.Ready}
		c.BlockFor(cause, attr.Deferred, "one %d", 1)
		if c.Cause != cause || c.Status != attr.Deferred || c.Reason != "one 1" {
			t.Errorf("%s: %+v", cause, c)
		}
		c.Block(attr.Blocked, "two")
		c.BlockFor("other", attr.Blocked, "two")
		if c.Cause != cause || c.Reason != "one 1" {
			t.Errorf("%s: the second rule was heard: %+v", cause, c)
		}
		if c.Overrule(attr.Unknown, "three"); c.Cause != attr.NoCause {
			t.Errorf("%s stays with another reason", cause)
		}
	}
}

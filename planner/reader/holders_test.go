package reader_test

import (
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// scrolledNights are those of 1,200 names whose list is a scroll, of which four are
// declared.
func scrolledNights(t *testing.T) *nightly {
	t.Helper()
	account := held(1200)
	for i := range account.Domains {
		account.Domains[i].Expires = time.Now().AddDate(3, 0, 0)
	}
	sim := simulator.New(simulator.Options{
		Account: account, Faults: simulator.Faults{LimitProfile: "none"}, Readings: simulator.Readings{ListedAutoRenew: "absent"},
	})
	p := portfolio()
	for _, name := range []string{"name00001.com", "name00002.com", "name00003.com", "name00700.com"} {
		p.Domains = append(p.Domains, declare(name, map[string]attr.Value{"transfer_lock": attr.Bool(false)}))
	}
	client := connect(t, sim, nil)
	return &nightly{t: t, sim: sim, client: client, log: client, p: p, kept: newPieces(), maxAge: 30 * 24 * time.Hour}
}

// TestAnotherHolderInARowIsRead: a name of which a row of a scroll tells another holder
// or e-mail address than before is read anew, once, and no other name is. What is kept
// of these texts cannot be read.
func TestAnotherHolderInARowIsRead(t *testing.T) {
	t.Parallel()
	const text = "Odd Holder of example.net"
	for member, set := range map[string]func(*wire.AdvancedDomainItem){
		"RegistrantOrganization":   func(it *wire.AdvancedDomainItem) { it.RegistrantOrganization = text },
		"ZhRegistrantOrganization": func(it *wire.AdvancedDomainItem) { it.ZhRegistrantOrganization = text },
		"Email":                    func(it *wire.AdvancedDomainItem) { it.Email = text },
		"no e-mail address":        func(it *wire.AdvancedDomainItem) { it.Email = "" },
	} {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			n := scrolledNights(t)
			stand := func(night string, known, changed int) {
				t.Helper()
				_, calls := n.read()
				if s := n.standing; s.Known != known || s.Changed != changed || s.Distrust != "" || calls["ScrollDomainList"] == 0 {
					t.Errorf("%s: want %d names that stand and %d that have changed: %+v, %v", night, known, changed, s, calls)
				}
			}
			n.alter = func(_ int, page *wire.ScrollDomainListResponse) error {
				for i := range page.Data {
					page.Data[i].Email = "first@example.com"
				}
				return nil
			}
			stand("the first night", 0, 0)
			stand("the second night", 4, 0)
			before := n.alter
			n.alter = func(call int, page *wire.ScrollDomainListResponse) error {
				for i := range page.Data {
					if page.Data[i].DomainName == "name00002.com" {
						defer set(&page.Data[i])
					}
				}
				return before(call, page)
			}
			stand("another holder", 3, 1)
			stand("still that one", 4, 0)
			if kept := plain(t, n.kept); strings.Contains(kept, text) || strings.Contains(kept, "first@example.com") {
				t.Error("the text is kept")
			}
			n.alter = before
			stand("the holder of before", 3, 1)
		})
	}
}

// TestHoldersOfOtherKeysAreNotCompared: where the key is lost, with the readings of
// before or by a reading of everything, rows are compared as far as they tell no person.
func TestHoldersOfOtherKeysAreNotCompared(t *testing.T) {
	t.Parallel()
	n := scrolledNights(t)
	n.read()
	n.full = true
	if _, calls := n.read(); calls["QueryDomainByDomainName"] != 4 {
		t.Errorf("a full reading: %v", calls)
	}
	n.full = false
	if n.read(); n.standing.Known != 4 || n.standing.Changed != 0 {
		t.Errorf("after a full reading: %+v", n.standing)
	}
}

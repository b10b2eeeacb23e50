package attr

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/seedtest"
)

// TestFewProfilesAreLookedAtInFull: those among which a declared profile is looked for
// are found to be it, or of other registries, exactly as if all were looked at; and of
// 200 other profiles none is.
func TestFewProfilesAreLookedAtInFull(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // it draws cases, not secrets
	oneOf := func(texts ...string) string { return texts[r.IntN(len(texts))] }
	for range 500 {
		account := &snapshot.Account{}
		for id := range int64(6) {
			account.Profiles = append(account.Profiles, snapshot.Profile{
				ID: id + 1, Kind: wire.RegistrantProfileType(oneOf("common", "cnnic", "cnic")),
				Contact: snapshot.Contact{
					Name: oneOf("Ada Example", " Ada  Example", "Bob Example"), Email: oneOf("ada@example.com", "ada@EXAMPLE.com", "bob@example.com"),
					Lacks: oneOf("", "", "name", "email", "city"),
				},
			})
		}
		want := Profile{
			ID: int64(r.IntN(2) * r.IntN(8)), Registries: oneOf("", "common", "cnnic"),
			Contact: Contact{"name": oneOf("Ada Example", "Bob Example"), "email": oneOf("ada@example.com", "bob@example.com")},
		}
		all := observeProfiles(account).(Profiles)
		for _, registries := range []string{want.Registries, ""} {
			look := want
			look.Registries = registries
			if diff := cmp.Diff(look.findIn(all), look.findIn(want.among(account))); diff != "" {
				t.Fatalf("seed %d: of %+v is found (-all +among)\n%s", seed, look, diff)
			}
		}
	}
	account := &snapshot.Account{Profiles: make([]snapshot.Profile, 200)}
	for i := range account.Profiles {
		account.Profiles[i] = snapshot.Profile{ID: int64(i + 1), Contact: snapshot.Contact{Name: "Bob Example", Email: "bob@example.com"}}
	}
	if few := (Profile{Contact: Contact{"name": "Ada Example", "email": "ada@example.com"}}).among(account); len(few) > 0 {
		t.Errorf("%d profiles of somebody else are looked at", len(few))
	}
}

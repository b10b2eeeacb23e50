package snapshot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// accounts draws canonical accounts: sorted, without double names.
func accounts() *rapid.Generator[*snapshot.Account] {
	return rapid.Custom(func(t *rapid.T) *snapshot.Account {
		a := sample()
		a.Endpoint = rapid.String().Filter(func(s string) bool { return strings.ToValidUTF8(s, "") == s }).Draw(t, "endpoint")
		a.ReadAt = moments().Draw(t, "read at")
		a.Domains = rapid.SliceOfDistinct(domains(), func(d snapshot.Domain) string { return d.Name }).Draw(t, "domains")
		a.Emails = listOf(emails, func(e snapshot.Email) string { return e.Address },
			func(x, y snapshot.Email) int { return strings.Compare(x.Address, y.Address) }).Draw(t, "emails")
		a.TransfersIn = listOf(rapid.Custom(func(t *rapid.T) snapshot.TransferIn {
			return snapshot.TransferIn{Domain: names.Draw(t, "name"), State: rapid.SampledFrom([]wire.SimpleTransferInStatus{wire.TransferInPending, "NEW"}).Draw(t, "state")}
		}), func(x snapshot.TransferIn) string { return x.Domain }, func(x, y snapshot.TransferIn) int { return strings.Compare(x.Domain, y.Domain) }).Draw(t, "transfers in")
		offers := rapid.Custom(func(t *rapid.T) snapshot.Domain {
			return snapshot.Domain{Name: names.Draw(t, "name"), Offer: &snapshot.Offer{
				Availability: rapid.SampledFrom([]wire.Availability{wire.Available, wire.Taken}).Draw(t, "availability"), Reason: rapid.StringMatching(`[ -~]{0,9}`).Draw(t, "reason"),
				Premium: rapid.Bool().Draw(t, "premium"), Price: float64(rapid.IntRange(0, 900).Draw(t, "price")) / 4, Years: rapid.IntRange(0, 10).Draw(t, "years"),
			}}
		})
		a.Absent = rapid.SliceOfNDistinct(offers, 0, 3, func(d snapshot.Domain) string { return d.Name }).Draw(t, "absent")
		if len(a.Absent) == 0 {
			a.Absent = nil
		}
		a.Left = rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) snapshot.Departed {
			return snapshot.Departed{Domain: names.Draw(t, "name"), Seen: moments().Draw(t, "seen")}
		}), 0, 3, func(d snapshot.Departed) string { return d.Domain }).Draw(t, "left")
		if len(a.Left) == 0 {
			a.Left = nil
		}
		a.RegistryLocks = listOf(rapid.Custom(func(t *rapid.T) snapshot.RegistryLock {
			return snapshot.RegistryLock{Domain: names.Draw(t, "name"), Expires: moments().Draw(t, "expires"), Read: moments().Draw(t, "read")}
		}), func(x snapshot.RegistryLock) string { return x.Domain }, func(x, y snapshot.RegistryLock) int { return strings.Compare(x.Domain, y.Domain) }).Draw(t, "registry locks")
		profiles := rapid.Custom(func(t *rapid.T) snapshot.Profile {
			return snapshot.Profile{ID: rapid.Int64Range(1, 99).Draw(t, "id"), RealName: wire.RealNamePassed, Contact: snapshot.Contact{Organization: "Example Ltd"}}
		})
		if rapid.Bool().Draw(t, "profiles read") {
			a.Profiles = append([]snapshot.Profile{}, rapid.SliceOfNDistinct(profiles, 0, 3, func(p snapshot.Profile) int64 { return p.ID }).Draw(t, "profiles")...)
		}
		a.Sort()
		return a
	})
}

// names draws names as the service may show them, in the form in which they are
// kept: most are canonical, and any may be odd.
var names = rapid.OneOf(
	rapid.StringMatching(`[a-z0-9]{1,8}\.(example|xn--p1ai|com)`),
	rapid.Map(rapid.OneOf(
		rapid.SampledFrom([]string{
			"_ns.example.com", "NS1.Example.COM..", "-a.com", "a-.com", "xn--zzzzz-.com", "xn--zzzzzz.com", "example", ".", "..", "a..b",
			"a b.com", "*.example.com", "example.github.io", "192.0.2.1", "\"<&>\u2028.com", "bücher..example", "ẞ..", "例子。example.",
			strings.Repeat("a", 70) + ".example.com", strings.Repeat("a.", 130) + "com",
		}),
		rapid.String().Filter(func(s string) bool { return s != "" }),
	), wire.LiveName),
)

// TestLiveNamesAreKept: the form in which a name is kept is kept.
func TestLiveNamesAreKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		if again := wire.LiveName(name); again != name {
			t.Fatalf("%q became %q", name, again)
		}
	})
}

var emails = rapid.Custom(func(t *rapid.T) snapshot.Email {
	return snapshot.Email{
		Address:  snapshot.CanonicalEmail(rapid.StringMatching(`[a-zA-Z"@ü]{1,4}@[a-zA-Z]{1,3}`).Draw(t, "address")),
		Verified: rapid.Bool().Draw(t, "verified"),
	}
})

func moments() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(0, 4e12), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() })
}

// listOf draws lists that may be unknown or empty, without double elements.
func listOf[T any, K comparable](element *rapid.Generator[T], key func(T) K, compare func(x, y T) int) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		if !rapid.Bool().Draw(t, "known") {
			return nil
		}
		list := rapid.SliceOfNDistinct(element, 0, 4, key).Draw(t, "list")
		slices.SortFunc(list, compare)
		return list
	})
}

// known returns nil for an empty map: no role was read.
func known[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	return m
}

func same[T any](v T) T { return v }

func domains() *rapid.Generator[snapshot.Domain] {
	digests := rapid.StringMatching(`[0-9A-F]{2,64}`)
	addresses := rapid.Map(rapid.SliceOfN(rapid.Byte(), 4, 4), func(b []byte) string { return netip.AddrFrom4([4]byte(b)).String() })
	addresses = rapid.OneOf(addresses, rapid.SampledFrom([]string{"192.0.2.300", "", "none"}))
	records := rapid.Custom(func(t *rapid.T) snapshot.DSRecord {
		return snapshot.DSRecord{
			KeyTag: rapid.IntRange(0, 65535).Draw(t, "key tag"), Algorithm: rapid.IntRange(0, 255).Draw(t, "algorithm"),
			DigestType: rapid.IntRange(0, 255).Draw(t, "digest type"), Digest: digests.Draw(t, "digest"),
		}
	})
	hosts := rapid.Custom(func(t *rapid.T) snapshot.Host {
		return snapshot.Host{
			Name:      names.Draw(t, "host"),
			Addresses: append([]string{}, listOf(addresses, same, strings.Compare).Draw(t, "addresses")...),
		}
	})
	texts := rapid.SampledFrom([]string{"", "Ada Example", "例 <1> \"2\""})
	contacts := rapid.Custom(func(t *rapid.T) snapshot.Contact {
		latin := wire.Contact{
			RegistrantOrganization: texts.Draw(t, "organization"), RegistrantName: texts.Draw(t, "name"), Email: texts.Draw(t, "email"),
			Country: texts.Draw(t, "country"), Province: texts.Draw(t, "province"), City: texts.Draw(t, "city"), Address: texts.Draw(t, "address"),
			PostalCode: texts.Draw(t, "postal code"), TelArea: texts.Draw(t, "area"), Telephone: texts.Draw(t, "phone"), TelExt: texts.Draw(t, "extension"),
		}
		zh := wire.ZhContact{
			ZhRegistrantOrganization: texts.Draw(t, "zh organization"), ZhRegistrantName: texts.Draw(t, "zh name"),
			ZhProvince: texts.Draw(t, "zh province"), ZhCity: texts.Draw(t, "zh city"), ZhAddress: texts.Draw(t, "zh address"),
		}
		c := snapshot.NewContact(rapid.SampledFrom([]wire.RegistrantType{"", "1", "2"}).Draw(t, "type"), latin, zh)
		if l, z := c.Wire(); l != latin || z != zh {
			t.Fatalf("%+v %+v became %+v %+v", latin, zh, l, z)
		}
		canonical := c.Canonical()
		if again := canonical.Canonical(); again != canonical {
			t.Fatalf("%+v is canonical, and so is %+v", canonical, again)
		}
		return canonical
	})
	roles := rapid.SampledFrom([]wire.ContactType{wire.RegistrantContact, wire.AdminContact, wire.TechContact})
	wallets := rapid.Ptr(texts, true)
	art := rapid.Ptr(rapid.Custom(func(t *rapid.T) snapshot.Art {
		return snapshot.Art{ObjectType: texts.Draw(t, "type"), Title: texts.Draw(t, "title"), Reference: texts.Draw(t, "reference")}
	}), true)
	locks := rapid.SampledFrom([]wire.LockStatus{"", wire.LockOn, wire.LockOff, wire.LockUnset, "neu <ü>"})
	return rapid.Custom(func(t *rapid.T) snapshot.Domain {
		return snapshot.Domain{
			Name: names.Draw(t, "name"), InstanceID: rapid.SampledFrom([]string{"", "S1", "S\"2\\", "ü"}).Draw(t, "instance"),
			Registered: moments().Draw(t, "registered"), Expires: moments().Draw(t, "expires"),
			Status:       rapid.SampledFrom([]wire.DomainStatus{"", "1", "3"}).Draw(t, "status"),
			Nameservers:  listOf(names, same, strings.Compare).Draw(t, "nameservers"),
			TransferLock: locks.Draw(t, "transfer lock"), UpdateLock: locks.Draw(t, "update lock"),
			DSRecords:          listOf(records, func(r snapshot.DSRecord) [3]int { return [3]int{r.KeyTag, r.Algorithm, r.DigestType} }, byRecord).Draw(t, "ds"),
			Contacts:           known(rapid.MapOfN(roles, contacts, 0, 3).Draw(t, "contacts")),
			AutoRenew:          rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, "auto_renew"),
			Privacy:            rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, "privacy"),
			Premium:            rapid.Bool().Draw(t, "premium"),
			RegistrantUpdating: rapid.SampledFrom([]wire.UpdatingStatus{"", wire.UpdatingNormal, wire.UpdatingPending}).Draw(t, "updating"),
			RealName:           rapid.SampledFrom([]wire.RealNameStatus{"", wire.RealNamePassed, wire.RealNameFailed, "neu"}).Draw(t, "real name"),
			EmailHold:          rapid.Bool().Draw(t, "email hold"),
			EmailUnverified:    rapid.Bool().Draw(t, "email unverified"),
			Hosts:              listOf(hosts, func(h snapshot.Host) string { return h.Name }, func(x, y snapshot.Host) int { return strings.Compare(x.Name, y.Name) }).Draw(t, "hosts"),
			ENSAddress:         wallets.Draw(t, "wallet"), Art: art.Draw(t, "art"),
			TransferOut: rapid.SampledFrom([]wire.TransferOutStatus{"", wire.TransferOutNormal, wire.TransferOutPending}).Draw(t, "transfer out"),
		}
	})
}

func byRecord(x, y snapshot.DSRecord) int {
	return slices.Compare([]int{x.KeyTag, x.Algorithm, x.DigestType}, []int{y.KeyTag, y.Algorithm, y.DigestType})
}

// TestReadReturnsWhatWasWrittenWhateverItWas also holds for the same text with
// other white space, which is read another way, and for a reader that gives one
// byte at a time.
func TestReadReturnsWhatWasWrittenWhateverItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := accounts().Draw(t, "account")
		var text, indented bytes.Buffer
		if err := snapshot.Write(&text, want); err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&indented, text.Bytes(), " ", "\t"); err != nil {
			t.Fatalf("%v: %s", err, &text)
		}
		for name, r := range map[string]io.Reader{
			"as written": bytes.NewReader(text.Bytes()), "indented": &indented,
			"in bytes": iotest.OneByteReader(bytes.NewReader(text.Bytes())),
		} {
			got, err := snapshot.Read(r)
			if err != nil {
				t.Fatalf("%s: %v: %s", name, err, &text)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: (-want +got)\n%s", name, diff)
			}
		}
	})
}

// TestReadRefusesWhatIsCutOff at any byte.
func TestReadRefusesWhatIsCutOff(t *testing.T) {
	t.Parallel()
	text := strings.TrimSpace(write(t, sample()))
	for i := range text {
		if _, err := snapshot.Read(strings.NewReader(text[:i])); err == nil {
			t.Errorf("%q is read", text[:i])
		}
		broken := errors.New("broken disk")
		if _, err := snapshot.Read(io.MultiReader(strings.NewReader(text[:i]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("after %q: %v", text[:i], err)
		}
	}
}

// TestWriteReportsAFullDisk at any byte.
func TestWriteReportsAFullDisk(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	for i := range len(write(t, sample())) {
		w := &limited{left: i, err: full}
		if err := snapshot.Write(w, sample()); !errors.Is(err, full) {
			t.Errorf("after %d bytes: %v", i, err)
		}
	}
}

type limited struct {
	left int
	err  error
}

func (w *limited) Write(p []byte) (int, error) {
	n := min(w.left, len(p))
	w.left -= n
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

func TestWhatIsKnownOfAName(t *testing.T) {
	t.Parallel()
	a := sample()
	all := snapshot.Listed | snapshot.Nameservers | snapshot.Locks | snapshot.DSRecords | snapshot.Hosts
	com := a.Domain("example.com").Contacts
	if a.Domain("example.com").Has(snapshot.TechContact) || len(com) > 0 && !a.Domain("example.com").Has(snapshot.AdminContact) {
		t.Errorf("of %v, the wrong ones are known", com)
	}
	if a.Has(snapshot.Emails) || !(&snapshot.Account{Emails: []snapshot.Email{}}).Knows(a.Domain("example.net"), snapshot.Listed|snapshot.Emails) {
		t.Error("the addresses of an account are known when they were read, none included")
	}
	for name, want := range map[string]snapshot.Facts{
		"example.com": all, "example.net": snapshot.Listed,
		"example.org": snapshot.Listed | snapshot.Nameservers | snapshot.DSRecords | snapshot.Hosts,
	} {
		for f := snapshot.Listed; f <= snapshot.Hosts; f <<= 1 {
			if got := a.Domain(name).Has(f); got != (want&f != 0) {
				t.Errorf("%s: fact %b is known: %v", name, f, got)
			}
		}
		if !a.Domain(name).Has(want) || a.Domain(name).Has(all) != (want == all) {
			t.Errorf("%s: %b together", name, want)
		}
	}
	for _, name := range []string{"", "example", "example.nf", "zzz"} {
		if a.Domain(name) != nil {
			t.Errorf("%q is found", name)
		}
	}
}

// TestTransferIsFoundByItsName: of as many transfers as there are, each is found,
// and no other name's.
func TestTransferIsFoundByItsName(t *testing.T) {
	t.Parallel()
	a := new(snapshot.Account)
	for i := range 100 {
		state := wire.TransferInPending
		if i%2 == 0 {
			state = wire.TransferInNameCheck
		}
		a.TransfersIn = append(a.TransfersIn, snapshot.TransferIn{Domain: fmt.Sprintf("n%d.example", i*37%100), State: state})
	}
	want := make(map[string]wire.SimpleTransferInStatus)
	for _, in := range a.TransfersIn {
		want[in.Domain] = in.State
	}
	a.Sort()
	for name, state := range want {
		if got, ok := a.TransferInState(name); !ok || got != state {
			t.Errorf("%s: %s, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "n", "n100.example", "z.example"} {
		if got, ok := a.TransferInState(name); ok {
			t.Errorf("%q: %s", name, got)
		}
	}
}

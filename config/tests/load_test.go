package tests_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/tests"
)

// load reads a file of tests from a directory with these other files.
func load(text string, others map[string]string) (*tests.File, config.Diagnostics) {
	fsys := fstest.MapFS{"a.test.hcl": {Data: []byte(text)}}
	for name, text := range others {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tests.Load(fsys, ".", "a.test.hcl", config.Bounds{})
}

const (
	emptyAccount = "account {\n  at = \"2026-12-01T00:00:00Z\"\n}\n"
	plainRun     = "run \"r\" {\n  command = plan\n}\n"
)

// gzipped compresses a text.
func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMistakes wants each mistake to be told where it is, and what to do about it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	snapshotFile := map[string]string{"live.json": `{"format_version": 2}`, "zone.txt": "not a zone", "live.gz": gzipped(t, `{"format_version": 2}`)}
	for title, test := range map[string]struct {
		text string
		line int
		says []string
	}{
		"no run":                           {emptyAccount, 1, []string{"No run"}},
		"no account":                       {plainRun, 1, []string{"No account", "live"}},
		"two accounts":                     {emptyAccount + emptyAccount + plainRun, 4, []string{"Duplicate account", "line 1"}},
		"no time":                          {"account {\n}\n" + plainRun, 1, []string{"No time", "at ="}},
		"a wrong time":                     {"account {\n  at = \"tomorrow\"\n}\n" + plainRun, 2, []string{"Not a time"}},
		"two sources":                      {"account {\n  live = \"live.json\"\n  zone = \"zone.txt\"\n}\n" + plainRun, 1, []string{"live and by zone"}},
		"no snapshot":                      {"account {\n  live = \"none.json\"\n}\n" + plainRun, 2, []string{"there is no file"}},
		"a snapshot elsewhere":             {"account {\n  live = \"../live.json\"\n}\n" + plainRun, 2, []string{"outside"}},
		"a broken snapshot":                {"account {\n  live = \"zone.txt\"\n}\n" + plainRun, 2, []string{"Not a snapshot", "zone.txt"}},
		"a misspelt block":                 {emptyAccount + "runs \"r\" {\n}\n" + plainRun, 4, []string{"run"}},
		"a misspelt argument":              {emptyAccount + "run \"r\" {\n  command = apply\n  night = 2\n}\n", 6, []string{`Did you mean "nights"?`}},
		"an unknown argument":              {emptyAccount + "run \"r\" {\n  command = plan\n  whatever = 1\n}\n", 6, []string{"There are after, auto_approve, command, diagnostics, expect_error"}},
		"a misspelt command":               {emptyAccount + "run \"r\" {\n  command = aply\n}\n", 5, []string{`Did you mean "apply"?`}},
		"no command":                       {emptyAccount + "run \"r\" {\n}\n", 4, []string{"command"}},
		"two runs of a name":               {emptyAccount + plainRun + plainRun, 7, []string{"Duplicate run", "line 4"}},
		"nights of a plan":                 {emptyAccount + "run \"r\" {\n  command = plan\n  nights = 3\n}\n", 6, []string{"command = apply"}},
		"too many nights of a file":        {emptyAccount + "run \"r\" {\n  command = apply\n  nights = 3000\n}\nrun \"s\" {\n  command = apply\n  nights = 700\n}\n", 8, []string{"3660 nights together"}},
		"a compressed snapshot":            {"account {\n  live = \"live.gz\"\n}\n" + plainRun, 2, []string{"not compressed", "live.gz"}},
		"half a night":                     {emptyAccount + "run \"r\" {\n  command = apply\n  nights = 1.5\n}\n", 6, []string{"whole number"}},
		"too many nights":                  {emptyAccount + "run \"r\" {\n  command = apply\n  nights = 1e9\n}\n", 6, []string{"3660"}},
		"a golden file elsewhere":          {emptyAccount + "run \"r\" {\n  command = plan\n  golden = \"../x.txt\"\n}\n", 6, []string{"below"}},
		"an absolute golden file":          {emptyAccount + "run \"r\" {\n  command = plan\n  golden = \"/x.txt\"\n}\n", 6, []string{"below"}},
		"a golden file backwards":          {emptyAccount + "run \"r\" {\n  command = plan\n  golden = \"..\\\\x.txt\"\n}\n", 6, []string{"below"}},
		"a golden file of no name":         {emptyAccount + "run \"r\" {\n  command = plan\n  golden = \"x/..\"\n}\n", 6, []string{"below"}},
		"a golden file above it":           {emptyAccount + "run \"r\" {\n  command = plan\n  golden = \"x/../../y.txt\"\n}\n", 6, []string{"below"}},
		"an unknown form":                  {emptyAccount + "run \"r\" {\n  command = plan\n  golden = \"x.pdf\"\n}\n", 6, []string{".txt, .md, .json, .html"}},
		"no pattern":                       {emptyAccount + "run \"r\" {\n  command = plan\n  expect_error = \"(\"\n}\n", 6, []string{"regular expression"}},
		"a condition of nothing":           {emptyAccount + "run \"r\" {\n  command = plan\n  assert {\n    condition = plann.summary\n    error_message = \"x\"\n  }\n}\n", 7, []string{`Did you mean "plan"?`}},
		"a text without quotes":            {emptyAccount + "run \"r\" {\n  command = plan\n  golden = x\n}\n", 6, []string{"put it in quotes"}},
		"an assertion in part":             {emptyAccount + "run \"r\" {\n  command = plan\n  assert {\n    condition = true\n  }\n}\n", 6, []string{"error_message"}},
		"a misspelt fact":                  {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    nameserver = []\n  }\n}\n" + plainRun, 4, []string{"nameservers"}},
		"a wrong fact":                     {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    nameservers = 5\n  }\n}\n" + plainRun, 4, []string{"Wrong value of nameservers"}},
		"a wrong member of a fact":         {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    ds_records = [{ keytag = 1 }]\n  }\n}\n" + plainRun, 4, []string{"keytag"}},
		"a role that there is not":         {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    contacts = { registrar = {} }\n  }\n}\n" + plainRun, 4, []string{"registrant"}},
		"a member of two accounts":         {"account {\n  live = \"live.json\"\n  emails = []\n}\n" + plainRun, 1, []string{"live and by emails"}},
		"a wrong member":                   {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  emails = [{ mail = \"x\" }]\n}\n" + plainRun, 3, []string{`emails[0].mail: there is no member "mail"`, "There are address, sent, verified"}},
		"a misspelt member":                {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  profiles = [\n    {\n      id = 7\n      realname = \"SUCCEED\"\n    },\n  ]\n}\n" + plainRun, 6, []string{`profiles[0].realname`, `Did you mean "real_name"?`}},
		"a member of another type":         {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    ds_records = [\n      { key_tag = 1 },\n      { key_tag = \"x\" },\n    ]\n  }\n}\n" + plainRun, 6, []string{"ds_records[1].key_tag has to be a whole number, and is a text"}},
		"a type of no contact":             {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    contacts = {\n      admin = { type = \"company\" }\n    }\n  }\n}\n" + plainRun, 5, []string{`admin.type: "company" is no type of a contact: write enterprise or individual`}},
		"a time that is none":              {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    expires = \"soon\"\n  }\n}\n" + plainRun, 4, []string{"Wrong value of expires", "soon"}},
		"faults that are none":             {emptyAccount + "run \"r\" {\n  command = plan\n  faults = [1]\n}\n", 6, []string{"Wrong value of faults", "an object in braces, and is a list"}},
		"a service that is a text":         {emptyAccount + "run \"r\" {\n  command = plan\n  service = \"no\"\n}\n", 6, []string{"service is true or false"}},
		"an apply of no service":           {emptyAccount + "run \"r\" {\n  command = apply\n  service = false\n}\n", 6, []string{"An apply changes the account"}},
		"a plan without service":           {emptyAccount + "run \"r\" {\n  command = plan\n}\nrun \"s\" {\n  command = plan\n  service = false\n}\n", 9, []string{"A run before this one has asked the service"}},
		"faults of no service":             {emptyAccount + "run \"r\" {\n  command = plan\n  faults = {}\n  service = false\n}\n", 7, []string{"what the service is like"}},
		"no duration":                      {emptyAccount + "run \"r\" {\n  command = apply\n  after = \"2 days\"\n}\n", 6, []string{"720h"}},
		"a duration of the past":           {emptyAccount + "run \"r\" {\n  command = apply\n  after = \"-1h\"\n}\n", 6, []string{"how long after"}},
		"nothing meanwhile":                {emptyAccount + "run \"r\" {\n  command = apply\n  meanwhile \"example.com\" {\n  }\n}\n", 6, []string{"Nothing changes"}},
		"a misspelt change":                {emptyAccount + "run \"r\" {\n  command = apply\n  meanwhile \"example.com\" {\n    privcy = true\n  }\n}\n", 7, []string{`Did you mean "privacy"?`}},
		"a change of no name":              {emptyAccount + "run \"r\" {\n  command = apply\n  meanwhile \"exa mple\" {\n    privacy = true\n  }\n}\n", 6, []string{"Not a domain name"}},
		"no golden file":                   {emptyAccount + "run \"r\" {\n  command = plan\n  golden = []\n}\n", 6, []string{"a list of such texts"}},
		"a golden file of a list":          {emptyAccount + "run \"r\" {\n  command = plan\n  golden = [\n    \"a.txt\",\n    \"a.pdf\",\n  ]\n}\n", 8, []string{`"a.pdf" ends in none of`}},
		"a golden file twice":              {emptyAccount + "run \"r\" {\n  command = plan\n  golden = [\"a.txt\", \"./a.txt\"]\n}\n", 6, []string{"there twice"}},
		"diagnostics as a page":            {emptyAccount + "run \"r\" {\n  command = plan\n  diagnostics = \"a.md\"\n}\n", 6, []string{"none of .txt"}},
		"diagnostics in two files":         {emptyAccount + "run \"r\" {\n  command = plan\n  diagnostics = [\n    \"a.txt\",\n    \"b.txt\",\n  ]\n}\n", 8, []string{"one file", `"a.txt" or "b.txt"`}},
		"no limit":                         {emptyAccount + "run \"r\" {\n  command = plan\n  limit = 0\n}\n", 6, []string{"at least 1"}},
		"a hazard that is none":            {emptyAccount + "run \"r\" {\n  command = plan\n  auto_approve = [\n    \"lock\",\n    \"delegatio\",\n  ]\n}\n", 8, []string{`there is no hazard "delegatio". Did you mean "delegation"?`}},
		"a history of a service":           {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  history {\n  }\n}\n" + plainRun, 3, []string{`The run "r" asks the simulated service`, "service = false"}},
		"a history twice":                  {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n  }\n  history {\n  }\n}\n" + plainRun, 6, []string{"Duplicate history"}},
		"a misspelt history":               {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    owed_relock = []\n  }\n}\n" + plainRun, 5, []string{`Did you mean "owed_relocks"?`}},
		"a history of no name":             {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    declared = [\n      \"example.com\",\n      \"exa mple\",\n    ]\n  }\n}\n" + plainRun, 7, []string{"declared[1]"}},
		"a purchase of nothing":            {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    purchases = [\n      { change = \"example.com\", at = \"2026-11-01\" },\n    ]\n  }\n}\n" + plainRun, 6, []string{"purchases[0].change", "example.com/renewal"}},
		"a purchase at no time":            {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    purchases = [{ change = \"example.com/renewal\" }]\n  }\n}\n" + plainRun, 5, []string{"purchases[0]", "when it was made"}},
		"a doubt about no attribute":       {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    in_doubt = {\n      \"example.com/nameserver\" = \"x\"\n    }\n  }\n}\n" + plainRun, 6, []string{`in_doubt["example.com/nameserver"]: there is no attribute "nameserver". Did you mean "nameservers"?`}},
		"an order of a name":               {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    ordered = { \"example.com\" = \"x\" }\n  }\n}\n" + plainRun, 5, []string{`ordered["example.com"] has to be the ID of a change`}},
		"an order as people write":         {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    ordered = { \"Example.com/renewal\" = \"x\" }\n  }\n}\n" + plainRun, 5, []string{`write the name as plans do: "example.com"`}},
		"a purchase of no attribute":       {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    purchases = [\n      { change = \"example.com/renewel\", at = \"2026-11-01\" },\n    ]\n  }\n}\n" + plainRun, 6, []string{`purchases[0].change: there is no attribute "renewel". Did you mean "renewal"?`}},
		"a purchase for less than nothing": {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    purchases = [{ change = \"example.com/renewal\", at = \"2026-11-01\", amount = -1 }]\n  }\n}\n" + plainRun, 5, []string{`purchases[0].amount: -1 is no amount of money`}},
		"a pause of no attribute":          {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    pauses = [\n      { names = [\"*.com\"], reason = \"x\" },\n      { names = [\"*.com\"], reason = \"x\", attributes = [\"nameserver\"] },\n    ]\n  }\n}\n" + plainRun, 7, []string{`pauses[1].attributes[0]: there is no attribute "nameserver"`}},
		"a pause of nothing":               {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    pauses = [{ money = true, reason = \"x\" }]\n  }\n}\n" + plainRun, 5, []string{`pauses[0] has to say which names`}},
		"a pause for ever":                 {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    pauses = [{ names = [\"*.com\"] }]\n  }\n}\n" + plainRun, 5, []string{`pauses[0] has no end, so that it needs a reason`}},
		"a log of no name":                 {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  live = \"live.json\"\n  history {\n    change_log = [\n      { domain = \"example.com\" },\n      { domain = \"exa mple\" },\n    ]\n  }\n}\n" + plainRun, 7, []string{`change_log[1].domain`}},
		"no name":                          {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"exa mple\" {\n  }\n}\n" + plainRun, 3, []string{"Not a domain name"}},
		"a name twice":                     {"account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n  }\n  domain \"EXAMPLE.com\" {\n  }\n}\n" + plainRun, 5, []string{"line 3"}},
		"an undo of no run":                {emptyAccount + "run \"r\" {\n  command = plan\n  undo = \"r\"\n}\n", 6, []string{"stands before this one", "there is none"}},
		"an undo of a later run":           {emptyAccount + "run \"first\" {\n  command = apply\n}\nrun \"s\" {\n  command = plan\n  undo = \"t\"\n}\nrun \"t\" {\n  command = apply\n}\n", 9, []string{`there is no run "t". There are first`}},
		"an undo of a misspelt run":        {emptyAccount + "run \"wave_one\" {\n  command = apply\n}\nrun \"s\" {\n  command = plan\n  undo = \"wave_ome\"\n}\n", 9, []string{`Did you mean "wave_one"?`}},
		"an undo of a plan":                {emptyAccount + plainRun + "run \"s\" {\n  command = plan\n  undo = \"r\"\n}\n", 9, []string{`The run "r" only plans`}},
		"an undo by number":                {emptyAccount + "run \"r\" {\n  command = apply\n}\nrun \"s\" {\n  command = plan\n  undo = 1\n}\n", 9, []string{"undo is a text in quotes"}},
		"force of no undo":                 {emptyAccount + "run \"r\" {\n  command = apply\n  force = true\n}\n", 6, []string{"leave force out"}},
		"force in words":                   {emptyAccount + "run \"r\" {\n  command = apply\n}\nrun \"s\" {\n  command = plan\n  undo = \"r\"\n  force = \"yes\"\n}\n", 10, []string{"force is true or false"}},
		"an undo of no service":            {emptyAccount + "run \"r\" {\n  command = apply\n}\nrun \"s\" {\n  command = plan\n  undo = \"r\"\n  service = false\n}\n", 10, []string{"An undo takes back what an apply has changed"}},
		"what takes too long":              {emptyAccount + "variables {\n  x = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1]]]\n}\n" + plainRun, 5, []string{"--file-limits"}},
		"a file that is not closed":        {emptyAccount + "run \"r\" {\n", 4, []string{"Unclosed"}},
	} {
		_, diags := load(test.text, snapshotFile)
		if !diags.HasErrors() {
			t.Errorf("%s: it is read", title)
			continue
		}
		said := diags.String()
		for _, want := range test.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q:\n%s", title, want, said)
			}
		}
		if d := diags.Diagnostics[0]; d.Subject == nil || d.Subject.Filename != "a.test.hcl" || d.Subject.Start.Line != test.line {
			t.Errorf("%s: it is at %v, want line %d:\n%s", title, d.Subject, test.line, said)
		}
	}
}

// TestNoFileIsDecompressed refuses a snapshot and a zone of every compression that is
// known: a pull request of a few bytes must not take memory without end.
func TestNoFileIsDecompressed(t *testing.T) {
	t.Parallel()
	for form, data := range map[string]string{
		"gzip": gzipped(t, `{"format_version": 2}`), "bzip2": "BZh91AY&SY", "xz": "\xfd7zXZ\x00\x00\x04", "zstd": "\x28\xb5\x2f\xfd\x24",
		"zip": "PK\x03\x04\x14", "an empty zip": "PK\x05\x06\x00", "lz4": "\x04\x22\x4d\x18", "lzip": "LZIP\x01", "7-Zip": "7z\xbc\xaf\x27\x1c", "compress": "\x1f\x9d\x90",
	} {
		for _, argument := range []string{"live", "zone"} {
			_, diags := load(fmt.Sprintf("account {\n  %s = \"data\"\n}\n%s", argument, plainRun), map[string]string{"data": data})
			if said := diags.String(); !strings.Contains(said, "data: it is compressed") || !strings.Contains(said, "a.test.hcl line 2") {
				t.Errorf("%s as %s:\n%s", form, argument, said)
			}
		}
	}
}

// TestAccountsByHand writes facts as people do, and as a snapshot has them.
func TestAccountsByHand(t *testing.T) {
	t.Parallel()
	f, diags := load(`
account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "Example.COM." {
    nameservers   = ["NS2.example.net", "ns1.example.net"]
    transfer_lock = true
    update_lock   = "NONE_SETTING"
    expires       = "2028-02-29"
    registered    = "2020-02-29T12:00:00Z"
    hosts         = { ns1 = ["192.0.2.1"] }
    ds_records    = [{ key_tag = 1, algorithm = 13, digest_type = 2, digest = "ab" }]
    privacy       = false
    contacts      = { admin = { name = "Ada Example" }, registrant = { type = "enterprise" }, tech = { type = "1" } }
  }

  emails   = [{ address = "Hostmaster@Example.com", verified = true }]
  profiles = [{ id = 7, default = true }]

  domain "example.net" {}
}
`+plainRun, nil)
	if f == nil {
		t.Fatal(diags)
	}
	a := f.Account.Live
	if len(a.Domains) != 2 || a.ID != "1406926474064770" || f.Account.Read || !f.Account.At.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("the account is %+v", f.Account)
	}
	if len(a.Emails) != 1 || !a.Emails[0].Verified || len(a.Profiles) != 1 || a.Profiles[0].ID != 7 {
		t.Errorf("the addresses and profiles are %+v and %+v", a.Emails, a.Profiles)
	}
	d := a.Domain("example.com")
	switch {
	case d == nil || strings.Join(d.Nameservers, " ") != "ns1.example.net ns2.example.net":
		t.Errorf("the name is %+v", d)
	case d.TransferLock != wire.LockOn || d.UpdateLock != wire.LockUnset:
		t.Errorf("the locks are %v and %v", d.TransferLock, d.UpdateLock)
	case d.Expires.Format(time.DateOnly) != "2028-02-29" || d.Registered.Hour() != 12:
		t.Errorf("the times are %v and %v", d.Expires, d.Registered)
	case len(d.Hosts) != 1 || d.Hosts[0].Name != "ns1.example.com" || d.Hosts[0].Addresses[0] != "192.0.2.1":
		t.Errorf("the hosts are %v", d.Hosts)
	case len(d.DSRecords) != 1 || d.DSRecords[0].Digest != "AB" || d.Privacy == nil || *d.Privacy:
		t.Errorf("DS records and privacy are %v and %v", d.DSRecords, d.Privacy)
	case d.Contacts[wire.RegistrantContact].Type != wire.Organization || d.Contacts[wire.TechContact].Type != wire.Person:
		t.Errorf("the types are %v", d.Contacts)
	case d.Contacts[wire.AdminContact].Name != "Ada Example":
		t.Errorf("the contacts are %v", d.Contacts)
	}
}

// TestVariablesOfARun win over those of the file.
func TestVariablesOfARun(t *testing.T) {
	t.Parallel()
	f, diags := load(emptyAccount+`
variables {
  wave  = 1
  other = "x"
}
run "r" {
  command = "apply"
  nights  = 7
  variables {
    wave = 2
  }
}
run "s" {
  command = plan
}
`, nil)
	if f == nil {
		t.Fatal(diags)
	}
	r, s := f.Runs[0], f.Runs[1]
	if r.Command != tests.Apply || r.Nights != 7 || r.Variables["wave"].Value.AsBigFloat().String() != "2" || r.Variables["other"].Value.AsString() != "x" {
		t.Errorf("the run is %+v", r)
	}
	if s.Nights != 1 || s.Variables["wave"].Value.AsBigFloat().String() != "1" {
		t.Errorf("the second run is %+v", s)
	}
}

// TestSnapshotsSayWhen: a test takes place when its snapshot was read, unless it says
// another time.
func TestSnapshotsSayWhen(t *testing.T) {
	t.Parallel()
	live := map[string]string{"live.json": `{"format_version": 2, "read_at": "2026-11-30T00:00:00Z", "domains": [{"name": "example.com"}]}`}
	for text, want := range map[string]string{
		`live = "live.json"`: "2026-11-30",
		"live = \"live.json\"\nat = \"2027-01-02T00:00:00+01:00\"": "2027-01-01",
	} {
		f, diags := load("account {\n"+text+"\n}\n"+plainRun, live)
		if f == nil || f.Account.At.Format(time.DateOnly) != want || !f.Account.Live.ReadAt.Equal(f.Account.At) || !f.Account.Read {
			t.Errorf("%s: %+v (%v), want %s", text, f, diags, want)
		}
	}
}

// FuzzLoad reads anything as a file of tests: it is read, or the mistake has a place.
func FuzzLoad(f *testing.F) {
	f.Add(emptyAccount + plainRun)
	f.Add("account {\n  live = \"live.json\"\n}\nrun \"r\" {\n  command = apply\n  faults = { rules = [] }\n}\n")
	f.Fuzz(func(t *testing.T, text string) {
		if file, diags := load(text, nil); file == nil && !diags.HasErrors() {
			t.Error("it was not read, and nothing says why")
		}
	})
}

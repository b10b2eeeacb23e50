package report

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// A Report is what a whole portfolio looks like at one time: what ends, what it costs,
// how it is protected, where it depends on one thing alone, and what differs.
// docs/portfolio-report.schema.json describes its form in JSON.
//
// Names has every name once, with all that sections count by. So the list behind each
// number of a section are the names that have what the number counts: a cell of the
// calendar is those of its suffix and month, a number of the coverage those of its
// group and answer. Sections that tell more of a name have rows of their own.
//
// Names are written in Unicode everywhere, as Name.Name has them. All times are UTC,
// months are those of UTC, written as 2026-12, and amounts are hundredths of the unit
// of their currency ([attr.Amount]). Lists are never nil.
type Report struct {
	FormatVersion int       `json:"format_version"`
	Version       string    `json:"version"` // of the program
	Account       string    `json:"account"` // "": the account holds no name to tell it
	Endpoint      string    `json:"endpoint"`
	ReadAt        time.Time `json:"read_at"`     // when the account was read: the report's now
	OldestRead    time.Time `json:"oldest_read"` // when the oldest of what it tells was read
	// By is what names are grouped by: "template", or labels. and the key of a label,
	// such as labels.owner.
	By string `json:"by"`
	// Partial says that only some of the names are in the report, those of Targets.
	Partial bool     `json:"partial,omitempty"`
	Targets []string `json:"targets,omitempty"`
	Totals  Totals   `json:"totals"`
	// Groups are the values that names are grouped by, sorted; "" where a name has none
	// comes last. Suffixes are those of all names, sorted.
	Groups   []string `json:"groups"`
	Suffixes []string `json:"suffixes"`

	Calendar    Calendar    `json:"calendar"`
	Forecast    Forecast    `json:"forecast"`
	Coverage    Coverage    `json:"coverage"`
	Nameservers Nameservers `json:"nameserver_sets"`
	// Drift are the differences that somebody else has made, by name and attribute.
	Drift     []Drifted    `json:"drift"`
	Unmanaged []Undeclared `json:"unmanaged"` // by name
	Missing   []Lacking    `json:"missing"`   // by name
	Holds     []HeldNames  `json:"holds"`     // those that are on: hold blocks first, then pauses
	Left      []Gone       `json:"left"`      // by name
	Runs      Runs         `json:"runs"`
	// Threats are the states that threaten names, but for the ends that Calendar tells of;
	// the severest first.
	Threats []NameThreat `json:"threats"`
	Names   []Name       `json:"names"` // sorted by Name.ASCII
}

// Version is the version of the form of a [Report] in JSON.
const Version = 1

// Totals count the names of a report. A name may count in many of them.
type Totals struct {
	Names       int `json:"names"`     // all of the files and of the account
	Managed     int `json:"managed"`   // these three add up to all
	Unmanaged   int `json:"unmanaged"` // these two are what the account holds
	Missing     int `json:"missing"`
	Endangered  int `json:"endangered"`
	Threatened  int `json:"threatened"`
	Lapsing     int `json:"lapsing"` // the files let them end
	Differing   int `json:"differing"`
	Drifted     int `json:"drifted"`
	Held        int `json:"held"`
	InDoubt     int `json:"in_doubt"`
	Released    int `json:"released"`
	LeftFiles   int `json:"left_files"`
	LeftAccount int `json:"left_account"`
}

// Answer says whether something is so of a name.
type Answer string

// The answers. Of a name that the account lacks there is none: "".
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown" // nobody has read it, or the service does not tell it
)

// Name is one name of a report.
type Name struct {
	Name     string   `json:"name"`   // in Unicode
	ASCII    string   `json:"ascii"`  // in A-labels
	Suffix   string   `json:"suffix"` // its public suffix, such as com or co.uk, in Unicode
	Group    string   `json:"group"`  // "": it has none, or no file declares it
	Labels   []string `json:"labels"` // each as key=value
	Standing Standing `json:"standing"`
	Flags    []string `json:"flags"` // see [FlagNames]
	// Differences is how many differences a plan has for the name.
	Differences int       `json:"differences"`
	Expires     time.Time `json:"expires,omitzero"` // zero: not known, or the account lacks it
	// DaysLeft are whole days from ReadAt until it expires, negative since then; nil: not
	// known. 30 stands for at least 30 and less than 31 days.
	DaysLeft *int `json:"days_left"`
	// Month is the cell of the calendar in which the name is: a month, or one of Expired,
	// Later and NoDate; "": the account lacks it.
	Month string `json:"month"`
	// Severity is that of its end, where it is endangered; "": it is not.
	Severity planner.ThreatSeverity `json:"severity,omitempty"`
	Keeper   planner.Keeper         `json:"kept_by,omitempty"` // "": the account lacks it
	// Lapse is why the files let it end, "" where they do not.
	Lapse string `json:"lapse,omitempty"`
	// Protected are the answers to the checks of the coverage, in their order; none where
	// the account lacks the name.
	Protected []Answer `json:"protected"`
	// Set is the number of its nameserver set; 0: not known.
	Set    int       `json:"nameserver_set,omitempty"`
	ReadAt time.Time `json:"read_at,omitzero"` // when the oldest of it was read
}

// The cells of the calendar beside its months.
const (
	Expired = "expired" // before ReadAt
	Later   = "later"   // after the last month
	NoDate  = "no_date" // nobody knows
)

// CalendarMonths is how many months a calendar and a forecast have. The first is that
// of ReadAt.
const CalendarMonths = 24

// Calendar tells when the names that the account holds end.
type Calendar struct {
	Months []string `json:"months"`
	// Rows have one suffix each: those with endangered names first, the most of them
	// first, then those with the most names.
	Rows []CalendarRow `json:"rows"`
	// Total is the sum of the rows.
	Total CalendarRow `json:"total"`
	// Endangered are the names that nothing keeps, the severest first, of these the
	// nearest end first.
	Endangered []NameThreat `json:"endangered"`
}

// CalendarRow counts the names of a suffix by when they end.
type CalendarRow struct {
	Suffix     string `json:"suffix"` // "": of the total
	Names      int    `json:"names"`  // in all cells together
	Endangered int    `json:"endangered"`
	Expired    Cell   `json:"expired"`
	Months     []Cell `json:"months"` // as the months of the calendar
	Later      Cell   `json:"later"`
	NoDate     Cell   `json:"no_date"`
}

// Cell counts the names that end in one month.
type Cell struct {
	Names      int `json:"names"`
	Endangered int `json:"endangered"`
	// Lapsing are those that end on purpose, ByService those that the service renews, and
	// Unkept those that nothing renews. The files renew the others.
	Lapsing   int `json:"lapsing"`
	ByService int `json:"by_service"`
	Unkept    int `json:"unkept"`
}

// Forecast tells what renewals will cost: those that files order, and those that the
// service makes by itself. A name that is renewed each year is in it twice or more.
type Forecast struct {
	Currency string          `json:"currency"` // of all amounts
	Budget   *Budget         `json:"budget"`   // nil: the files state none, and nothing is bought
	Months   []ForecastMonth `json:"months"`   // CalendarMonths of them
	Renewals []Renewal       `json:"renewals"` // the next ones first
	// Unpriced are those renewals whose price nobody knows; they count as nothing in the
	// amounts. UnpricedBySuffix counts them.
	Unpriced         []Renewal `json:"unpriced"`
	UnpricedBySuffix []Count   `json:"unpriced_by_suffix"` // the most first
}

// Budget is what the files let be spent.
type Budget struct {
	Amount attr.Amount `json:"amount"`
	Per    string      `json:"per"` // month, or run
	// OfMonth is the most that a month lets be spent.
	OfMonth attr.Amount `json:"of_month"`
	// Spent is what orders of the month of ReadAt cost at most.
	Spent attr.Amount `json:"spent"`
}

// ForecastMonth sums what is renewed in a month.
type ForecastMonth struct {
	Month string `json:"month"`
	// Renewals are those that files order, Amount what they cost, as far as prices are
	// known, and Unpriced how many of them have none. Of those that wait nothing is to be
	// paid: they were ordered, or something is in their way.
	Renewals int         `json:"renewals"`
	Amount   attr.Amount `json:"amount"`
	Unpriced int         `json:"unpriced"`
	Waiting  int         `json:"waiting"`
	// What the service renews by itself, past the budget.
	ByService         int         `json:"by_service"`
	AmountByService   attr.Amount `json:"amount_by_service"`
	UnpricedByService int         `json:"unpriced_by_service"`
	// Budget is what the month has left for orders of files: in the first month without
	// what is spent. Nil: there is no budget.
	Budget *attr.Amount `json:"budget"`
	// Short is how much more the orders cost than the month has; 0: it has enough, or
	// there is no budget.
	Short attr.Amount `json:"short"`
}

// Renewal is one renewal that comes due.
type Renewal struct {
	Name      string       `json:"name"`
	Suffix    string       `json:"suffix"`
	Group     string       `json:"group"`
	Due       time.Time    `json:"due"`     // when it is ordered, or the service makes it at the latest
	Expires   time.Time    `json:"expires"` // the end of the term that it follows
	Years     int          `json:"years"`
	ByService bool         `json:"by_service"`
	Amount    *attr.Amount `json:"amount"` // nil: nobody knows
	// AtMost says that the amount is no price, but the most that the files let it cost.
	AtMost bool `json:"at_most,omitempty"`
	// Premium says that the name has prices of its own, or that nobody knows whether.
	Premium bool `json:"premium,omitempty"`
	// Waits is why the amount is not to be paid: it was ordered, or something is in its
	// way; "": it is.
	Waits string `json:"waits,omitempty"`
}

// Count counts something by a key.
type Count struct {
	Key    string `json:"key"`
	Number int    `json:"number"`
}

// Coverage tells how the names that the account holds are protected.
type Coverage struct {
	Checks   []Check       `json:"checks"`
	Total    CoverageRow   `json:"total"`
	Groups   []CoverageRow `json:"groups"`   // as those of the report that have names in the account
	Suffixes []CoverageRow `json:"suffixes"` // the same of suffixes
}

// Check is one question that the coverage answers.
type Check struct {
	ID    string `json:"id"`    // never renamed
	Title string `json:"title"` // for people, such as "Transfer lock"
	About string `json:"about"` // what a yes means
}

// CoverageRow counts the answers for some names.
type CoverageRow struct {
	Key     string    `json:"key"` // the group or suffix; "": no group, or the total
	Names   int       `json:"names"`
	Answers []Answers `json:"answers"` // as the checks
}

// Answers count the answers to one question. They add up to the names of their row.
type Answers struct {
	Yes     int `json:"yes"`
	No      int `json:"no"`
	Unknown int `json:"unknown"`
}

// Nameservers tell which nameservers the names that the account holds are delegated
// to, and where these depend on one thing alone.
type Nameservers struct {
	Sets []NameserverSet `json:"sets"` // those with the most names first
	// None is how many names have no nameservers, Unknown of how many they are not known.
	None    int `json:"none"`
	Unknown int `json:"unknown"`
	// Risks are the single points of failure, with how many sets and names have them.
	Risks []Risk `json:"risks"`
}

// NameserverSet is some nameservers with the names that are delegated to them.
type NameserverSet struct {
	Number      int      `json:"number"`      // from 1, in the order of the list
	Nameservers []string `json:"nameservers"` // canonical, sorted
	Title       string   `json:"title"`       // who operates them, in a word
	// Operators are the domains of the nameservers without suffix and number, Suffixes
	// their top-level domains, and Networks the networks of their addresses, as far as these
	// are known: /24 of IPv4 and /48 of IPv6.
	Operators []string `json:"operators"`
	Suffixes  []string `json:"suffixes"`
	Networks  []string `json:"networks"`
	// Unresolved are the nameservers whose addresses are not known.
	Unresolved []string `json:"unresolved"`
	// Risks are the answers to the risks of the report, in their order: yes is a single
	// point of failure.
	Risks  []Answer `json:"risks"`
	Names  []string `json:"names"` // sorted by A-labels
	Signed int      `json:"signed"`
}

// Risk is one kind of single point of failure.
type Risk struct {
	ID    string `json:"id"`    // one_nameserver, one_operator, one_suffix, one_network
	Title string `json:"title"` // for people
	About string `json:"about"` // what fails with it
	Sets  int    `json:"sets"`  // that have it
	Names int    `json:"names"` // of these sets
	// UnknownSets and UnknownNames are those of which nobody knows.
	UnknownSets  int `json:"unknown_sets"`
	UnknownNames int `json:"unknown_names"`
}

// Drifted is a difference that somebody else has made.
type Drifted struct {
	Name      string      `json:"name"`
	Attribute string      `json:"attribute"`
	Element   string      `json:"element,omitempty"` // such as one host or contact
	Live      string      `json:"live"`              // the value that somebody has set, in words; "": none
	Declared  string      `json:"declared"`          // the value that the files state
	Status    attr.Status `json:"status"`            // what becomes of it: ready to be changed back, held, …
	Since     time.Time   `json:"since,omitzero"`    // when the state last knew it otherwise
	// Entry is what the service's change log tells of who has made it; nil: it tells
	// nothing, or was not asked.
	Entry *DriftEntry `json:"entry"`
}

// DriftEntry is an entry of the service's change log.
type DriftEntry struct {
	At time.Time `json:"at"`
	// Latest is the later one of two readings of its time, zero where there is one.
	Latest    time.Time `json:"latest,omitzero"`
	Operation string    `json:"operation"`         // in the service's words
	Address   string    `json:"address,omitempty"` // of who did it; "": the log does not say
}

// Undeclared is a name of the account that no file declares.
type Undeclared struct {
	Name       string    `json:"name"`
	Suffix     string    `json:"suffix"`
	Registered time.Time `json:"registered,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
	ByService  bool      `json:"by_service"` // the service renews it by itself
	// Released is why the files released it, "" where they do not say so; LeftFiles says
	// that an earlier apply knew it as declared, and that it left without a word.
	Released  string `json:"released,omitempty"`
	LeftFiles bool   `json:"left_files"`
}

// Lacking is a declared name that the account lacks.
type Lacking struct {
	Name   string      `json:"name"`
	Suffix string      `json:"suffix"`
	Group  string      `json:"group"`
	Source attr.Source `json:"source"` // of the block that declares it
	// Transfer is how far its transfer into the account is; "": none is known.
	Transfer wire.SimpleTransferInStatus `json:"transfer,omitempty"`
	// Seen is when the account was last known to hold it; zero: nobody remembers.
	Seen time.Time `json:"seen,omitzero"`
	// Registers says that the files order it.
	Registers bool `json:"registers"`
	// Lapsed is why the files let it end, "" where they do not.
	Lapsed string `json:"lapse,omitempty"`
}

// HeldNames are names that a hold block or a pause keeps as they are.
type HeldNames struct {
	Hold
	Names []string `json:"names"`
}

// Gone is a name that left the account, or the files.
type Gone struct {
	Name   string `json:"name"`
	Suffix string `json:"suffix"`
	// From is what it left: account, or files.
	From string `json:"from"`
	// Seen is when the account was last known to hold it; zero: it left the files.
	Seen time.Time `json:"seen,omitzero"`
	// Declared says that a file declares it, and Held that the account holds it.
	Declared bool `json:"declared"`
	Held     bool `json:"held"`
	// Released is why a released block says that it left on purpose, "" where none does.
	Released string `json:"released,omitempty"`
}

// NameThreat is a state that threatens a name: see [planner.Threat].
type NameThreat struct {
	Name     string                 `json:"name"`
	Suffix   string                 `json:"suffix"`
	Group    string                 `json:"group"`
	ID       string                 `json:"id"` // of its row in docs/threats.md
	Severity planner.ThreatSeverity `json:"severity"`
	Summary  string                 `json:"summary"`
	Sentence string                 `json:"sentence"`          // what it means, and what to do
	Deadline time.Time              `json:"deadline,omitzero"` // zero: it has passed, or nobody knows it
	DaysLeft *int                   `json:"days_left"`         // until its deadline, as [Name.DaysLeft]; nil: it has none
	AsOf     time.Time              `json:"as_of,omitzero"`    // when what it rests on was read, where that was before ReadAt
}

// Runs tell what runs have done.
type Runs struct {
	Known bool `json:"known"` // false: there is no journal, or it was not asked
	// Since is from when on they are told; zero: all that are known.
	Since  time.Time  `json:"since,omitzero"`
	Rows   []RunRow   `json:"rows"`   // the newest first
	Months []RunMonth `json:"months"` // the oldest first, and none left out between the first and the last
	Orders []Order    `json:"orders"` // the newest first
}

// RunRow is one run of the journal.
type RunRow struct {
	ID       int64     `json:"id"`
	Kind     string    `json:"kind"` // the command that began it
	Status   string    `json:"status"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended,omitzero"`
	By       string    `json:"by"`
	Link     string    `json:"link,omitempty"` // to the run of a CI
	ExitCode *int      `json:"exit_code"`      // nil: none was recorded
	Because  string    `json:"reason,omitempty"`
	Seconds  float64   `json:"seconds"`
	Names    int       `json:"names"`
	ChangeCounts
	Money []Money `json:"money"`
}

// ChangeCounts say what became of the changes that runs were to make.
type ChangeCounts struct {
	Changes int `json:"changes"`
	Made    int `json:"made"`   // done, or verified
	Failed  int `json:"failed"` // the service refused them, or the account shows something else
	Open    int `json:"open"`   // the rest: not sent, awaited, in doubt, or out of date
}

// RunMonth sums the runs that began in a month, and the orders that left in it.
type RunMonth struct {
	Month      string `json:"month"`
	Runs       int    `json:"runs"`
	FailedRuns int    `json:"failed_runs"` // their exit code is neither 0 nor 2
	ChangeCounts
	Money []Money `json:"money"` // by currency
}

// Money is what was ordered in one currency.
type Money struct {
	Currency string      `json:"currency"`
	Amount   attr.Amount `json:"amount"`
	Known    bool        `json:"known"`  // false: it is the most that it may be
	Orders   int         `json:"orders"` // that were or may have been executed
	Failed   int         `json:"failed"` // orders that were not; their amounts do not count
}

// Order is one order of a run.
type Order struct {
	Run      int64       `json:"run"`
	At       time.Time   `json:"at"`
	Name     string      `json:"name"`
	Kind     string      `json:"kind"` // such as a renewal: the attribute
	Years    int         `json:"years"`
	Amount   attr.Amount `json:"amount"`
	Known    bool        `json:"known"` // false: the amount is the most that it may be
	Currency string      `json:"currency"`
	State    string      `json:"state"`
	Failed   bool        `json:"failed"` // it was not executed, and counts as nothing
}

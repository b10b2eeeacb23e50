package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TransferIn is a transfer in as if it had just been bought, for which the API
// has no operation.
type TransferIn struct {
	Name string `json:"name"`
	// Key is the transfer key of the losing registrar, default what
	// [Simulator.TransferKey] returns. Given is the one that came with the
	// order, default the right one.
	Key   string `json:"key,omitempty"`
	Given string `json:"given,omitempty"`
	// Checks are what it has to pass.
	Checks wire.TransferInChecks `json:"checks,omitempty"`
	// Email is the holder's address in WHOIS, default holder@ and the name.
	// Hidden: it is found only when it is looked for again.
	Email  string `json:"email,omitempty"`
	Hidden bool   `json:"hidden,omitempty"`
	// Result is how it ends, default success. transferExpired, clientCancelled
	// and wrong keys follow from what is done or not done.
	Result wire.TransferInResult `json:"result,omitempty"`
	// Review is how long the name is looked at, default an hour; Registry how
	// long the registry waits for the losing registrar, default 5 days.
	Review   Duration `json:"review,omitempty"`
	Registry Duration `json:"registry,omitempty"`
	// Nameservers are those of the name, default two of example.org.
	Nameservers []string `json:"nameservers,omitempty"`
}

const (
	transferStep     = time.Minute // between two states of a transfer that wait for nobody
	transferLifetime = 15 * day    // what is to be confirmed by then; also of a transfer key
	registryWaits    = 5 * day     // for the losing registrar's word
	nameReview       = time.Hour
)

func (t TransferIn) withDefaults() TransferIn {
	t.Key = cmp.Or(t.Key, transferKey(t.Name))
	t.Given = cmp.Or(t.Given, t.Key)
	t.Email = cmp.Or(t.Email, "holder@"+t.Name)
	t.Review = cmp.Or(t.Review, Duration(nameReview))
	t.Registry = cmp.Or(t.Registry, Duration(registryWaits))
	if t.Nameservers == nil {
		t.Nameservers = []string{"ns1.example.org", "ns2.example.org"}
	}
	return t
}

// validate reports the first mistake.
func (t TransferIn) validate() error {
	switch {
	case !slices.Contains(t.Checks.Known(), strconv.Itoa(int(t.Checks))):
		return fmt.Errorf("checks are one of %s", strings.Join(t.Checks.Known(), ", "))
	case t.Result != "" && !slices.Contains(t.Result.Known(), string(t.Result)):
		return fmt.Errorf("there is no result %q, only %s", t.Result, strings.Join(t.Result.Known(), ", "))
	case t.Review < 0 || t.Registry < 0:
		return errors.New("review and registry are not negative")
	}
	return nil
}

// transferIn is a transfer in, and where it stands.
type transferIn struct {
	wire.TransferIn
	plan   TransferIn
	tokens []string // of the mails to the holder; the last one counts
	cancel *detail  // the last one that cancels it
}

// transfersIn are the transfers in, oldest first.
type transfersIn []*transferIn

// of returns the last transfer of a name, nil for none.
func (l transfersIn) of(name string) *transferIn {
	for _, t := range slices.Backward(l) {
		if t.DomainName == name {
			return t
		}
	}
	return nil
}

func (t *transferIn) ended() bool { return !t.ResultDate.IsZero() }

// TransferKey returns the transfer key that the losing registrar of a name
// takes, where no transfer says otherwise.
func (s *Simulator) TransferKey(name string) string { return transferKey(name) }

func transferKey(name string) string {
	return strings.ToUpper(strconv.FormatUint(mix(hash(name)^0x6b6579), 36)) + "!aZ9"
}

// AddTransferIn begins a transfer in. The name must be elsewhere.
func (s *Simulator) AddTransferIn(t TransferIn) error {
	name, err := wire.CanonicalName(t.Name)
	if err != nil {
		return fmt.Errorf("transfer in: %w", err)
	}
	t.Name = name
	if err := t.validate(); err != nil {
		return fmt.Errorf("transfer in of %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	if s.account.byName[name] != nil {
		return fmt.Errorf("transfer in of %s: the account holds the name already", name)
	}
	if last := s.transfersIn.of(name); last != nil && !last.ended() {
		return fmt.Errorf("transfer in of %s: another one is under way", name)
	}
	s.begin(t.withDefaults(), now)
	return nil
}

// TransfersIn returns the transfers in as they are now, oldest first.
func (s *Simulator) TransfersIn() []wire.TransferIn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	out := make([]wire.TransferIn, 0, len(s.transfersIn))
	for _, t := range s.transfersIn {
		out = append(out, t.TransferIn)
	}
	return out
}

func (s *Simulator) begin(plan TransferIn, at time.Time) {
	expires := at.Add(transferLifetime)
	t := &transferIn{plan: plan, TransferIn: wire.TransferIn{
		DomainName: plan.Name, UserID: s.options.AccountID,
		InstanceID:      fmt.Sprintf("S%d%s", at.Year(), strings.ToUpper(s.plainID(at)[:12])),
		ProgressBarType: plan.Checks, NeedMailCheck: plan.Checks == wire.ChecksMailAndName || plan.Checks == wire.ChecksMail,
		SubmissionDate: at, SubmissionDateLong: at, ExpirationDate: expires, ExpirationDateLong: expires,
		ResultMsg: "TransferInFailureReason.null",
	}}
	s.transfersIn = append(s.transfersIn, t)
	if !plan.Hidden {
		t.Email, t.WhoisMailStatus = plan.Email, true
	}
	t.move(wire.TransferInBought, wire.TransferInSubmitted, at)
	s.next(t, at.Add(transferStep), s.askHolder)
	s.schedule(expires, func(at time.Time) {
		if !t.ended() && t.Status != wire.TransferInRequested {
			t.fail(wire.TransferInExpired, wire.TransferExpired, at)
		}
	})
}

// next lets a transfer go on when a step is due, if it stands then where it
// stands now.
func (s *Simulator) next(t *transferIn, due time.Time, step func(t *transferIn, at time.Time)) {
	status := t.Status
	s.schedule(due, func(at time.Time) {
		if t.Status == status {
			step(t, at)
		}
	})
}

func (t *transferIn) move(status wire.TransferInStatus, simple wire.SimpleTransferInStatus, at time.Time) {
	t.Status, t.SimpleTransferInStatus = status, simple
	t.ModificationDate, t.ModificationDateLong = at, at
}

// transferFailures are the ends of transfers in words.
var transferFailures = map[wire.TransferInResult]string{
	wire.TransferClientCancelled: "You have canceled this domain name transfer in.",
	wire.TransferClientRejected:  "The original registrar or its customer rejected the transfer.",
	wire.TransferServerCancelled: "The registry canceled the transfer.",
	wire.TransferProhibited:      "The domain name is in transfer prohibited status.",
	wire.TransferExpired:         "The transfer was not confirmed in time.",
	wire.TransferNameRefused:     "The domain name did not pass the name audit.",
	wire.TransferSubmitted:       "Another user has submitted a transfer of the domain name.",
}

func (t *transferIn) fail(status wire.TransferInStatus, why wire.TransferInResult, at time.Time) {
	t.end(status, wire.TransferInFailed, at)
	t.ResultCode, t.ResultMsg = why, transferFailures[why]
}

func (t *transferIn) end(status wire.TransferInStatus, simple wire.SimpleTransferInStatus, at time.Time) {
	t.move(status, simple, at)
	t.ResultDate, t.ResultDateLong = at, at
}

func (s *Simulator) askHolder(t *transferIn, at time.Time) {
	switch {
	case t.plan.Result == wire.TransferSubmitted:
		t.fail(wire.TransferInBroken, t.plan.Result, at)
	case !t.NeedMailCheck:
		s.reviewName(t, at)
	case t.WhoisMailStatus:
		s.mailHolder(t, at)
	default: // no mail was sent, but the simple state says what it waits for
		t.move(wire.TransferInBought, wire.TransferInAuthorization, at)
	}
}

func (s *Simulator) mailHolder(t *transferIn, at time.Time) {
	t.move(wire.TransferInMailSent, wire.TransferInAuthorization, at)
	t.tokens = append(t.tokens, s.send(t.Email, "Agree to the transfer of "+wire.UnicodeName(t.DomainName), at))
}

func (s *Simulator) reviewName(t *transferIn, at time.Time) {
	if t.plan.Checks != wire.ChecksMailAndName && t.plan.Checks != wire.ChecksName {
		s.checkKey(t, at)
		return
	}
	t.move(wire.TransferInNameSent, wire.TransferInNameCheck, at)
	s.next(t, at.Add(time.Duration(t.plan.Review)), func(t *transferIn, at time.Time) {
		if t.plan.Result == wire.TransferNameRefused {
			t.fail(wire.TransferInNameRefused, t.plan.Result, at)
			return
		}
		t.move(wire.TransferInNameAccepted, wire.TransferInNameCheck, at)
		s.next(t, at.Add(transferStep), s.checkKey)
	})
}

// checkKey asks the registry for the name, with the key that was given last.
func (s *Simulator) checkKey(t *transferIn, at time.Time) {
	if t.plan.Given != t.plan.Key {
		t.move(wire.TransferInKeyRefused, wire.TransferInKeyCheck, at)
		return
	}
	t.TransferAuthorizationCodeSubmissionDate, t.TransferAuthorizationCodeSubmissionDateLong = at, at
	if t.plan.Result == wire.TransferProhibited {
		t.fail(wire.TransferInBroken, t.plan.Result, at)
		return
	}
	t.move(wire.TransferInRequested, wire.TransferInPending, at)
	if t.plan.Result != "" {
		s.next(t, at.Add(time.Duration(t.plan.Registry)/2), func(t *transferIn, at time.Time) {
			t.fail(wire.TransferInBroken, t.plan.Result, at)
		})
		return
	}
	s.next(t, at.Add(time.Duration(t.plan.Registry)), s.enter)
}

// enter lets the name enter the account. A transfer extends its term by a
// year.
func (s *Simulator) enter(t *transferIn, at time.Time) {
	t.end(wire.TransferInDone, wire.TransferInSucceeded, at)
	s.account.change(t.DomainName, at, func(d *snapshot.Domain) {
		d.InstanceID, d.Nameservers = t.InstanceID, slices.Sorted(slices.Values(t.plan.Nameservers))
		d.Premium = s.market.premium(t.DomainName)
		d.Expires = complete(*d, at).Expires.AddDate(1, 0, 0)
	})
}

func (s *Simulator) listTransfersIn(c *call, r *wire.QueryTransferInListRequest) (wire.Response, error) {
	if err := s.checkPage(r.PageSize); err != nil {
		return nil, err
	}
	begins := func(name string) bool {
		prefix := strings.ToLower(r.DomainName)
		return strings.HasPrefix(name, prefix) || strings.HasPrefix(wire.UnicodeName(name), prefix)
	}
	found := filter(s.transfersIn, func(t *transferIn) bool {
		return (r.SimpleTransferInStatus == "" || t.SimpleTransferInStatus == r.SimpleTransferInStatus) &&
			begins(t.DomainName) && within(t.SubmissionDate, r.SubmissionStartDate, r.SubmissionEndDate)
	})
	slices.Reverse(found)
	answer := &wire.QueryTransferInListResponse{Meta: c.meta(), Paged: paged(r.Page, len(found)), Data: []wire.TransferIn{}}
	from, to := bounds(r.Page, len(found))
	for _, t := range found[from:to] {
		answer.Data = append(answer.Data, t.TransferIn)
	}
	return answer, nil
}

func (s *Simulator) queryTransferIn(c *call, r *wire.QueryTransferInByInstanceIdRequest) (wire.Response, error) {
	i := slices.IndexFunc(s.transfersIn, func(t *transferIn) bool { return t.InstanceID == r.InstanceID })
	if i < 0 {
		return nil, refusal(400, "ParameterIllegal", "No transfer in of this account has that instance.")
	}
	return &wire.QueryTransferInByInstanceIdResponse{Meta: c.meta(), TransferIn: s.transfersIn[i].TransferIn}, nil
}

// underWay returns the transfer in of a name, which waits for something.
func (s *Simulator) underWay(name string, waits func(t *transferIn) bool) (*transferIn, error) {
	t := s.transfersIn.of(name)
	if t == nil {
		return nil, refusal(400, "DomainNotExist", "The domain name is not being transferred in.")
	}
	if !waits(t) {
		return nil, refusal(400, "ParameterIllegal", fmt.Sprintf("The transfer in is in the state %s.", t.SimpleTransferInStatus))
	}
	return t, nil
}

// agrees reports whether the holder has still to agree.
func (t *transferIn) agrees() bool {
	return t.SimpleTransferInStatus == wire.TransferInAuthorization && t.Status != wire.TransferInMailAccepted
}

func (s *Simulator) checkMailToken(c *call, r *wire.TransferInCheckMailTokenRequest) (wire.Response, error) {
	i := slices.IndexFunc(s.transfersIn, func(t *transferIn) bool { return slices.Contains(t.tokens, r.Token) })
	if i < 0 {
		return nil, refusal(400, "ParameterIllegal", "The token is unknown.")
	}
	t := s.transfersIn[i]
	answer := &wire.TransferInCheckMailTokenResponse{Meta: c.meta()}
	if !t.agrees() || t.tokens[len(t.tokens)-1] != r.Token {
		answer.FailList = []string{t.DomainName}
		return answer, nil
	}
	answer.SuccessList = []string{t.DomainName}
	t.move(wire.TransferInMailAccepted, wire.TransferInAuthorization, c.now)
	s.next(t, c.now.Add(transferStep), s.reviewName)
	return answer, nil
}

func (s *Simulator) resendMailToken(c *call, r *wire.TransferInResendMailTokenRequest) (wire.Response, error) {
	t, err := s.underWay(r.DomainName, func(t *transferIn) bool { return t.agrees() && t.WhoisMailStatus })
	if err != nil {
		return nil, err
	}
	s.mailHolder(t, c.now)
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

// refetchEmail finds the address that WHOIS has. Where it is another one than
// before, its holder is asked.
func (s *Simulator) refetchEmail(c *call, r *wire.TransferInRefetchWhoisEmailRequest) (wire.Response, error) {
	t, err := s.underWay(r.DomainName, (*transferIn).agrees)
	if err != nil {
		return nil, err
	}
	if t.Email != t.plan.Email {
		t.Email, t.WhoisMailStatus = t.plan.Email, true
		s.mailHolder(t, c.now)
	}
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

func (s *Simulator) reenterKey(c *call, r *wire.TransferInReenterTransferAuthorizationCodeRequest) (wire.Response, error) {
	t, err := s.underWay(r.DomainName, func(t *transferIn) bool { return t.Status == wire.TransferInKeyRefused })
	if err != nil {
		return nil, err
	}
	t.plan.Given = r.TransferAuthorizationCode
	s.checkKey(t, c.now)
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

func (s *Simulator) cancelTransferIn(c *call, r *wire.SaveSingleTaskForCancelingTransferInRequest) (wire.Response, error) {
	t, err := s.underWay(r.DomainName, func(t *transferIn) bool { return !t.ended() })
	if err != nil {
		return nil, err
	}
	if t.cancel != nil && t.cancel.ended.IsZero() {
		return nil, refusal(400, "TaskIsBeingProcessed", errBusy)
	}
	answer, err := s.saveSingle(c, r.DomainName, effect{outside: true, instance: t.InstanceID, end: func(_ *domain, at time.Time) (_, failure string) {
		if t.ended() {
			return "", "The transfer in has ended."
		}
		t.fail(wire.TransferInCancelled, wire.TransferClientCancelled, at)
		return "", ""
	}})
	if err == nil {
		t.cancel = s.tasks.byNo[answer.(*wire.TaskResponse).TaskNo].details[0]
	}
	return answer, err
}

func (s *Simulator) checkFeasibility(c *call, r *wire.CheckTransferInFeasibilityRequest) (wire.Response, error) {
	answer := &wire.CheckTransferInFeasibilityResponse{Meta: c.meta(), ProductID: "2a"}
	why, words := s.feasible(r.DomainName, r.TransferAuthorizationCode)
	if answer.CanTransfer = why == ""; !answer.CanTransfer {
		answer.Code, answer.Message = "CheckTransferResult."+why, words
	}
	return answer, nil
}

// feasible says what stands against a transfer in. Of the codes the reference
// has DomainTransferProhibited alone.
func (s *Simulator) feasible(name, key string) (why, words string) {
	want := transferKey(name)
	if t := s.transfersIn.of(name); t != nil {
		if !t.ended() {
			return "TransferInProgress", "The domain name is being transferred in."
		}
		want = t.plan.Key
	}
	state, _ := s.availability(name)
	traits := traitsOf(name)
	switch {
	case s.account.byName[name] != nil:
		return "DomainInAccount", "The domain name is in this account."
	case state != wire.Taken:
		return "DomainNotRegistered", "The domain name is not registered."
	case traits.locked:
		return "DomainTransferProhibited", "The domain name is in transfer prohibited status. Its registrar can change that."
	case traits.young:
		return "DomainTooYoung", "The domain name was registered or transferred less than 60 days ago."
	case key != "" && key != want:
		return "TransferAuthorizationCodeInvalid", "The transfer key is not that of the domain name."
	}
	return "", ""
}

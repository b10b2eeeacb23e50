package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// auditReview is how long the documents of an audit are looked at: a quarter
// of it in each of the four states of review.
const auditReview = 4 * day

// audit is an operation audit, and where it stands.
type audit struct {
	wire.OperationAuditItem
	regType int // of its information; 0: it has none
}

// audits are the audits of the account by number, oldest first, from 1.
type audits []*audit

func (l audits) find(id int64) (*audit, error) {
	if id < 1 || id > int64(len(l)) {
		return nil, refusal(400, "ParameterIllegal", fmt.Sprintf("There is no audit %d in this account.", id))
	}
	return l[id-1], nil
}

// auditRemarks are the states in the reviewer's words.
var auditRemarks = map[wire.AuditStatus]string{
	wire.AuditWaiting: "Waiting for materials", wire.AuditReview1: "Reviewing", wire.AuditReview2: "Reviewing",
	wire.AuditReview3: "Reviewing", wire.AuditReview4: "Reviewing", wire.AuditFailed: "Rejected",
	wire.AuditPassed: "Approved", wire.AuditCancelled: "Canceled",
}

func (a *audit) move(status wire.AuditStatus, at time.Time) {
	a.AuditStatus, a.Remark, a.UpdateTime = status, auditRemarks[status], at
}

func (a *audit) inReview() bool { return a.AuditStatus > wire.AuditWaiting && !a.AuditStatus.Ended() }

func (a *audit) wrongState() error {
	return refusal(400, "ParameterIllegal", "The audit is in another state: "+a.Remark+".")
}

func (s *Simulator) submitAudit(c *call, r *wire.SubmitOperationAuditInfoRequest) (wire.Response, error) {
	a := &audit{}
	if r.AuditID != 0 {
		var err error
		if a, err = s.audits.find(r.AuditID); err != nil {
			return nil, err
		}
		if a.AuditStatus != wire.AuditWaiting && a.AuditStatus != wire.AuditFailed {
			return nil, a.wrongState()
		}
	}
	for _, name := range r.DomainName {
		if err := s.auditable(name, a); err != nil {
			return nil, err
		}
	}
	info, regType, err := auditInfo(r.AuditInfo)
	if err != nil {
		return nil, err
	}
	if a.AuditID == 0 {
		s.audits = append(s.audits, a)
		a.AuditID, a.CreateTime = int64(len(s.audits)), c.now
	}
	a.AuditType, a.DomainName, a.AuditInfo, a.regType = r.AuditType, r.DomainName, info, regType
	a.BusinessName = "Offline transfer of domain names such as " + wire.UnicodeName(r.DomainName[0])
	a.move(wire.AuditWaiting, c.now)
	return &wire.SubmitOperationAuditInfoResponse{Meta: c.meta(), AuditID: a.AuditID}, nil
}

// auditable refuses a name that the account lacks, and one that another audit
// than a is about.
func (s *Simulator) auditable(name string, a *audit) error {
	if s.account.byName[name] == nil {
		return errNoDomain
	}
	for _, other := range s.audits {
		if other != a && !other.AuditStatus.Ended() && slices.Contains(other.DomainName, name) {
			return refusal(400, "TaskIsBeingProcessed", "Another audit of the domain name is open.")
		}
	}
	return nil
}

// auditInfo checks the information of an audit, and returns it as answers show
// it: without numbers of identity documents, and telephones masked.
func auditInfo(text string) (shown string, regType int, err error) {
	if text == "" {
		return "", 0, nil
	}
	var i wire.TransferAuditInfo
	if json.Unmarshal([]byte(text), &i) != nil || i.RegType != 1 && i.RegType != 2 || i.Account == "" {
		return "", 0, refusal(400, "InvalidAuditInfo", "Specified parameter AuditInfo is not valid: an object with regType 1 or 2 and account is expected.")
	}
	i.RegistrantNo, i.OperatorNo = "", ""
	i.Telephone, i.OperatorPhone = masked(i.Telephone), masked(i.OperatorPhone)
	return i.Text(), i.RegType, nil
}

// masked hides the last four characters of a text.
func masked(text string) string {
	if text == "" {
		return ""
	}
	all := []rune(text)
	return string(all[:max(0, len(all)-4)]) + "****"
}

func (s *Simulator) submitCredentials(c *call, r *wire.SubmitOperationCredentialsRequest) (wire.Response, error) {
	if r.AuditRecordID == 0 {
		return nil, refusal(400, "MissingAuditRecordId", "AuditRecordId is mandatory for this action.")
	}
	a, err := s.audits.find(r.AuditRecordID)
	switch {
	case err != nil:
		return nil, err
	case a.AuditStatus != wire.AuditWaiting:
		return nil, a.wrongState()
	case r.AuditType != 0 && r.AuditType != a.AuditType:
		return nil, refusal(400, "InvalidAuditType", "Specified parameter AuditType is not that of the audit.")
	case r.RegType != "" && a.regType != 0 && string(r.RegType) != strconv.Itoa(a.regType):
		return nil, refusal(400, "InvalidRegType", "Specified parameter RegType is not that of the audit's information.")
	case !areDocuments(r.Credentials):
		return nil, refusal(400, "InvalidCredentials", "Specified parameter Credentials is not valid: a list of objects with credentialType and credentialUrl is expected.")
	}
	s.review(a, c.now)
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

// areDocuments reports whether a text is a list of documents, one at least.
func areDocuments(text string) bool {
	var all []wire.Credential
	if json.Unmarshal([]byte(text), &all) != nil {
		return false
	}
	half := func(d wire.Credential) bool { return d.Type == "" || d.URL == "" }
	return len(all) > 0 && !slices.ContainsFunc(all, half)
}

// review lets an audit go on to its next state, and so on until it has passed.
func (s *Simulator) review(a *audit, at time.Time) {
	if a.AuditStatus == wire.AuditReview4 {
		s.decide(a, wire.AuditPassed, at)
		return
	}
	a.move(a.AuditStatus+1, at)
	entered := a.UpdateTime
	s.schedule(at.Add(auditReview/4), func(at time.Time) {
		if a.inReview() && a.UpdateTime.Equal(entered) {
			s.review(a, at)
		}
	})
}

// decide ends an audit. The names of one that has passed go to another
// account.
func (s *Simulator) decide(a *audit, verdict wire.AuditStatus, at time.Time) {
	a.move(verdict, at)
	if verdict == wire.AuditPassed {
		each(a.DomainName, s.account.remove)
	}
}

// DecideAudit lets the reviewers of an audit, which is in review, decide now:
// passed or failed, with a remark of theirs or "". Left alone, an audit passes
// four days after its documents came.
func (s *Simulator) DecideAudit(id int64, passed bool, remark string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	a, err := s.audits.find(id)
	if err != nil {
		return fmt.Errorf("there is no audit %d", id)
	}
	if !a.inReview() {
		return fmt.Errorf("audit %d is not in review: %s", id, a.Remark)
	}
	verdict := wire.AuditFailed
	if passed {
		verdict = wire.AuditPassed
	}
	s.decide(a, verdict, now)
	if remark != "" {
		a.Remark = remark
	}
	return nil
}

// Audits returns the operation audits as they are now, oldest first.
func (s *Simulator) Audits() []wire.OperationAuditItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	out := make([]wire.OperationAuditItem, 0, len(s.audits))
	for _, a := range s.audits {
		out = append(out, a.OperationAuditItem)
	}
	return out
}

func (s *Simulator) uploadPolicy(c *call, _ *wire.GetOperationOssUploadPolicyRequest) (wire.Response, error) {
	dir := s.options.AccountID + "/" + s.plainID(c.now)[:8] + "/"
	expires := c.now.Add(time.Hour)
	policy := fmt.Sprintf(`{"expiration":%q,"conditions":[["starts-with","$key",%q]]}`, expires.UTC().Format(time.RFC3339), dir)
	encoded := base64.StdEncoding.EncodeToString([]byte(policy))
	return &wire.GetOperationOssUploadPolicyResponse{
		Meta: c.meta(), AccessID: s.options.Key, EncodedPolicy: encoded, Signature: signature(s.options.Secret, encoded),
		ExpireTime: expires, FileDir: dir, Host: "uploads.example.com",
	}, nil
}

func (s *Simulator) listAudits(c *call, r *wire.QueryOperationAuditInfoListRequest) (wire.Response, error) {
	if err := s.checkPage(r.PageSize); err != nil {
		return nil, err
	}
	found := filter(s.audits, func(a *audit) bool {
		return (r.DomainName == "" || slices.Contains(a.DomainName, r.DomainName)) &&
			(r.AuditType == 0 || a.AuditType == r.AuditType) && (r.AuditStatus == nil || a.AuditStatus == *r.AuditStatus)
	})
	slices.Reverse(found)
	page := wire.Page{PageNum: max(r.PageNum, 1), PageSize: r.PageSize}
	answer := &wire.QueryOperationAuditInfoListResponse{
		Meta: c.meta(), Paged: paged(page, len(found)), Data: []wire.OperationAuditItem{},
	}
	from, to := bounds(page, len(found))
	for _, a := range found[from:to] {
		answer.Data = append(answer.Data, a.OperationAuditItem)
	}
	return answer, nil
}

func (s *Simulator) queryAudit(c *call, r *wire.QueryOperationAuditInfoDetailRequest) (wire.Response, error) {
	a, err := s.audits.find(r.AuditRecordID)
	if err != nil {
		return nil, err
	}
	return &wire.QueryOperationAuditInfoDetailResponse{Meta: c.meta(), AuditID: a.AuditID, OperationAudit: a.OperationAudit}, nil
}

func (s *Simulator) cancelAudit(c *call, r *wire.CancelOperationAuditRequest) (wire.Response, error) {
	a, err := s.audits.find(r.AuditRecordID)
	switch {
	case err != nil:
		return nil, err
	case a.AuditStatus == wire.AuditFailed, a.AuditStatus == wire.AuditPassed:
		return nil, a.wrongState()
	case a.AuditStatus != wire.AuditCancelled:
		a.move(wire.AuditCancelled, c.now)
	}
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

package executor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
)

const submitEmail = "SubmitEmailVerification"

// declareEmails is what the files say of the account's addresses.
func (w *world) declareEmails(e attr.Emails) {
	w.portfolio.Declared = []config.Declared{{Attribute: attr.Lookup(attr.EmailAddresses), Value: e}}
}

// mails returns how many mails an address got.
func (w *world) mails(address string) (n int) {
	for _, m := range w.sim.Mail() {
		if m.Address == address {
			n++
		}
	}
	return n
}

// TestAddressesAreVerified: what saves no task is executed, verified and not
// done again, whatever becomes of its answer.
func TestAddressesAreVerified(t *testing.T) {
	t.Parallel()
	for title, rules := range map[string][]simulator.Fault{
		"":                 nil,
		"throttled":        {{Kind: simulator.Throttle, Operation: submitEmail, Count: 3}},
		"the answer lost":  {{Kind: simulator.Lose, Operation: submitEmail}},
		"the request lost": {{Kind: simulator.Reset, Operation: submitEmail, Count: 1}},
		"no connection":    {{Kind: simulator.Refuse, Operation: submitEmail, Count: 2}},
		"500 afterwards":   {{Kind: simulator.FailAfter, Operation: submitEmail}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, few(), simulator.Options{Faults: simulator.Faults{Rules: rules}})
				w.declareEmails(attr.Emails{"ada@example.com": attr.EmailVerified, "x#y@example.com": attr.EmailVerified, "hostmaster@example.com": attr.EmailDeleted})
				w.counts(w.mustApply(), standings{executor.Verified: fewChanges + 3}, 0)
				w.converged()
				if w.mails("ada@example.com") != 1 || w.mails("x#y@example.com") != 1 {
					t.Errorf("mail: %+v", w.sim.Mail())
				}
				if e := w.sim.State().Emails; len(e) != 2 || e[0].Verified {
					t.Errorf("addresses: %+v", e)
				}
			})
		})
	}
}

// TestRegistrantsWaitForTheirAddress: a mail goes out once, and the registrant
// changes when somebody has followed its link, or that of the next mail.
func TestRegistrantsWaitForTheirAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example"}}, simulator.Options{})
		w.letRegistrantsChange()
		w.declareEmails(attr.Emails{"new@example.com": attr.EmailVerified})
		registrant := ada()
		registrant["email"] = "new@example.com"
		w.declare("a.example", "registrant", registrant)
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
		w.counts(w.mustApply(), nil, 0)
		<-time.After(3 * 24 * time.Hour)
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
		w.counts(w.mustApply(), nil, 0)
		if n := w.mails("new@example.com"); n != 2 {
			t.Fatalf("%d mails", n)
		}
		mail := w.sim.Mail()
		if _, err := w.client.VerifyEmail(t.Context(), &wire.VerifyEmailRequest{Token: mail[len(mail)-1].Token}); err != nil {
			t.Fatal(err)
		}
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
		w.converged()
	})
}

// TestAddressesThatAreRefused fail with the service's words.
func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, simulator.Options{})
		w.declareEmails(attr.Emails{"ada@localhost": attr.EmailVerified, "ada@example.com": attr.EmailVerified})
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: 1, executor.Failed: 1}, 4)
		for _, c := range r.Changes {
			if c.Result == executor.Failed && (c.Code != "ParameterIllegal" || c.ID != "emails/ada@localhost") {
				t.Errorf("got %+v", c)
			}
		}
		w.finishOpen()
	})
}

// TestDeathOfAddresses lets a run that verifies addresses die at every point.
func TestDeathOfAddresses(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) *world {
		w := newWorld(t, []name{{name: "a.example"}}, simulator.Options{})
		w.declareEmails(attr.Emails{"ada@example.com": attr.EmailVerified, "hostmaster@example.com": attr.EmailDeleted})
		return w
	}
	for _, how := range []string{"apply", "resume"} {
		points := 0
		synctest.Test(t, func(t *testing.T) {
			w := fresh(t)
			w.mustApply()
			points = w.points
		})
		for die := 1; die <= points; die++ {
			t.Run(fmt.Sprint(how, " after a death at ", die), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := fresh(t)
					w.die = die
					_, _, _ = w.apply(t.Context()) // whatever a dying run says
					w.revive()
					w.finish(how)
					if n := w.mails("ada@example.com"); n != 1 {
						t.Errorf("%d mails", n)
					}
				})
			})
		}
	}
}

// crowd returns so many addresses that are to be verified.
func crowd(n int) attr.Emails {
	all := make(attr.Emails)
	for i := range n {
		all[fmt.Sprintf("n%03d@example.com", i)] = attr.EmailVerified
	}
	return all
}

// TestAddressesShareACall: as many as go into a call do, and each ends by what
// the answer says of it.
func TestAddressesShareACall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ addresses, size, calls int }{{499, 0, 1}, {500, 1000, 1}, {120, 50, 3}, {3, 1, 3}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil, simulator.Options{})
			w.portfolio.Limits.BatchSize = c.size
			w.declareEmails(crowd(c.addresses))
			w.counts(w.mustApply(), standings{executor.Verified: c.addresses}, 0)
			if n := w.sim.Stats()[submitEmail]; n != c.calls || len(w.sim.Mail()) != c.addresses {
				t.Errorf("%d addresses by %d: %d calls, %d mails", c.addresses, c.size, n, len(w.sim.Mail()))
			}
			w.converged()
		})
	}
}

// TestAddressesOfOneCallThatEndApart: of one call some addresses get a mail, some
// are refused, each with its own code, and no mail is sent twice, whether the
// answer came, was lost, or the process died.
func TestAddressesOfOneCallThatEndApart(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T, rules ...simulator.Fault) *world {
		w := newWorld(t, []name{{name: "a.example"}}, simulator.Options{Faults: simulator.Faults{Rules: rules}})
		all := crowd(4)
		all["ada@localhost"], all["bob@localhost"] = attr.EmailVerified, attr.EmailVerified
		w.declareEmails(all)
		return w
	}
	synctest.Test(t, func(t *testing.T) {
		w := fresh(t)
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: 4, executor.Failed: 2}, 4)
		for _, c := range r.Changes {
			if refused := strings.HasSuffix(c.ID, "@localhost"); refused != (c.Code == "ParameterIllegal") || refused != (c.RequestID != "") {
				t.Errorf("got %+v", c)
			}
		}
		if n := w.sim.Stats()[submitEmail]; n != 1 {
			t.Errorf("%d calls", n)
		}
		w.finishOpen()
	})
	once := func(w *world) {
		for i := range 4 {
			if n := w.mails(fmt.Sprintf("n%03d@example.com", i)); n != 1 {
				w.t.Errorf("address %d got %d mails", i, n)
			}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := fresh(t, simulator.Fault{Kind: simulator.Lose, Operation: submitEmail, Count: 1})
		w.counts(w.mustApply(), standings{executor.Verified: 4, executor.Failed: 2}, 4)
		once(w)
		w.finishOpen()
	})
	points := 0
	synctest.Test(t, func(t *testing.T) {
		w := fresh(t)
		w.mustApply()
		points = w.points
	})
	for die := 1; die <= points; die++ {
		synctest.Test(t, func(t *testing.T) {
			w := fresh(t)
			w.die = die
			_, _, _ = w.apply(t.Context()) // whatever a dying run says
			w.revive()
			w.mustApply()
			once(w)
			w.finishOpen()
		})
	}
}

// forgetful leaves an address out of its answers.
type forgetful struct {
	executor.Service
	address string
}

func (f forgetful) Do(ctx context.Context, r wire.Request, answer wire.Response) error {
	err := f.Service.Do(ctx, r, answer)
	if a, ok := answer.(*wire.SubmitEmailVerificationResponse); ok {
		a.SuccessList = slices.DeleteFunc(a.SuccessList, func(e wire.EmailResult) bool { return e.Email == f.address })
	}
	return err
}

// TestAddressesThatAnAnswerLeavesOut are looked for, and neither asked for again
// nor taken for done unseen.
func TestAddressesThatAnAnswerLeavesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, simulator.Options{})
		w.declareEmails(crowd(3))
		began := time.Now()
		r := w.runWith(forgetful{w.client, "n001@example.com"}, nil)
		w.counts(r, standings{executor.Verified: 3}, 0)
		if took := time.Since(began); took < 15*time.Minute {
			t.Errorf("after %s the live state was believed", took)
		}
		w.converged()
	})
}

package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const ada = "ada@example.com"

func submitted(addresses ...string) *wire.SubmitEmailVerificationRequest {
	return &wire.SubmitEmailVerificationRequest{Email: addresses}
}

// token returns what the last mail to an address hands in.
func (w *world) token(address string) string {
	w.Helper()
	for _, m := range slices.Backward(w.s.Mail()) {
		if m.Address == address {
			return m.Token
		}
	}
	w.Fatalf("there is no mail to %s", address)
	return ""
}

func (w *world) email(address string) wire.EmailVerification {
	w.Helper()
	return ask[wire.QueryEmailVerificationResponse](w, &wire.QueryEmailVerificationRequest{Email: address}).EmailVerification
}

// emailNames are the addresses of results, with the codes of what failed.
func emailNames(results []wire.EmailResult) (names []string) {
	for _, r := range results {
		if r.Code != "" && r.Code != "Success" {
			r.Email += " " + r.Code
		}
		names = append(names, r.Email)
	}
	return names
}

var emailBehaviours = map[string]behaviour{
	"SubmitEmailVerification": {
		good: func(w *world) wire.Request {
			w.call(submitted("waits@example.com"))
			return submitted(ada, "nobody", "hostmaster@example.com", "waits@example.com", "ADA@example.com")
		},
		seen: seen(func(w *world, answer *wire.SubmitEmailVerificationResponse) {
			got := [][]string{emailNames(answer.SuccessList), emailNames(answer.ExistList), emailNames(answer.FailList)}
			want := [][]string{{ada}, {"hostmaster@example.com", "waits@example.com"}, {"nobody ParameterIllegal"}}
			if diff := cmp.Diff(want, got); diff != "" {
				w.Errorf("(-want +got)\n%s", diff)
			}
			if mails := w.s.Mail(); len(mails) != 2 || mails[1].Address != ada || mails[1].Subject == "" || !mails[1].Time.Equal(time.Now()) {
				w.Errorf("mails: %+v", mails)
			}
			if e := w.email(ada); e.VerificationStatus != wire.EmailUnverified || !e.TokenSendTime.Equal(time.Now()) ||
				!e.VerificationTime.IsZero() || e.UserID == "" || e.EmailVerificationNo == "" || e.SendIP != "127.0.0.1" {
				w.Errorf("got %+v", e)
			}
		}),
		others: map[string]func(w *world){
			"500 mails a day": func(w *world) {
				at := time.Until(time.Now().In(wire.Zone).Truncate(24 * time.Hour).Add(40 * time.Hour)) // midnight there
				time.Sleep(at)
				var all []string
				for i := range 502 {
					all = append(all, fmt.Sprintf("user%d@example.com", i))
				}
				got := ask[wire.SubmitEmailVerificationResponse](w, submitted(all...))
				if len(got.SuccessList) != 500 || len(got.FailList) != 2 || got.FailList[1].Code != "SendTokenQuotaExceeded" {
					w.Fatalf("%d mails, %v", len(got.SuccessList), got.FailList)
				}
				again := ask[wire.ResendEmailVerificationResponse](w, &wire.ResendEmailVerificationRequest{Email: all[:1]})
				if len(again.FailList) != 1 || again.FailList[0].Code != "SendTokenQuotaExceeded" {
					w.Errorf("sent again: %+v", again)
				}
				time.Sleep(24*time.Hour - time.Second)
				if got := ask[wire.SubmitEmailVerificationResponse](w, submitted(all[500:]...)); len(got.SuccessList) != 0 {
					w.Errorf("on the same day: %+v", got)
				}
				time.Sleep(time.Second)
				if got := ask[wire.SubmitEmailVerificationResponse](w, submitted(all[500:]...)); len(got.SuccessList) != 2 {
					w.Errorf("on the next day: %+v", got)
				}
			},
			"a mail that is out already is sent again only where it is asked for": func(w *world) {
				w.call(submitted(ada))
				first := w.token(ada)
				r := submitted(ada)
				r.SendIfExist = true
				if got := ask[wire.SubmitEmailVerificationResponse](w, r); len(got.SuccessList) != 1 || w.token(ada) == first {
					w.Errorf("got %+v", got)
				}
			},
			"a link lives three days": func(w *world) {
				w.call(submitted(ada))
				time.Sleep(72*time.Hour - time.Millisecond)
				if got := ask[wire.SubmitEmailVerificationResponse](w, submitted(ada)); len(got.ExistList) != 1 {
					w.Errorf("got %+v", got)
				}
				time.Sleep(time.Millisecond)
				if got := w.code(&wire.VerifyEmailRequest{Token: w.token(ada)}); got != "ParameterIllegal" {
					w.Errorf("a link that has expired: %q", got)
				}
				if got := ask[wire.SubmitEmailVerificationResponse](w, submitted(ada)); len(got.SuccessList) != 1 {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
	"ResendEmailVerification": {
		good: func(w *world) wire.Request {
			w.call(submitted(ada))
			return &wire.ResendEmailVerificationRequest{Email: []string{ada, "other@example.com", "hostmaster@example.com"}}
		},
		seen: seen(func(w *world, answer *wire.ResendEmailVerificationResponse) {
			got := [][]string{emailNames(answer.SuccessList), emailNames(answer.FailList)}
			want := [][]string{{ada}, {"other@example.com ParameterIllegal", "hostmaster@example.com ParameterIllegal"}}
			if diff := cmp.Diff(want, got); diff != "" {
				w.Errorf("(-want +got)\n%s", diff)
			}
			mails := w.s.Mail()
			if len(mails) != 2 || mails[0].Address != ada || mails[0].Token == mails[1].Token {
				w.Fatalf("mails: %+v", mails)
			}
			if got := w.code(&wire.VerifyEmailRequest{Token: mails[0].Token}); got != "ParameterIllegal" {
				w.Errorf("the link of the first mail: %q", got)
			}
			w.call(&wire.VerifyEmailRequest{Token: mails[1].Token})
			now := ask[wire.QueryEmailVerificationResponse](w, &wire.QueryEmailVerificationRequest{Email: ada})
			if now.VerificationStatus != wire.EmailVerified || !now.TokenSendTime.Equal(mails[1].Time.Truncate(time.Second)) {
				w.Errorf("got %+v", now)
			}
		}),
	},
	"VerifyEmail": {
		good: func(w *world) wire.Request {
			w.call(submitted(ada))
			time.Sleep(time.Hour)
			return &wire.VerifyEmailRequest{Token: w.token(ada)}
		},
		seen: func(w *world, _ wire.Response) {
			e := w.email(ada)
			if e.VerificationStatus != wire.EmailVerified || !e.VerificationTime.Equal(time.Now()) || !e.GmtModified.Equal(e.VerificationTime) ||
				e.VerificationTime.Sub(e.TokenSendTime) != time.Hour || e.ConfirmIP != "127.0.0.1" {
				w.Errorf("got %+v", e)
			}
			if got := w.code(&wire.VerifyEmailRequest{Token: w.token(ada)}); got != "ParameterIllegal" {
				w.Errorf("the same link again: %q", got)
			}
		},
	},
	"QueryEmailVerification": {
		good: func(*world) wire.Request {
			return &wire.QueryEmailVerificationRequest{Email: "Hostmaster@example.com"}
		},
		seen: seen(func(w *world, answer *wire.QueryEmailVerificationResponse) {
			if answer.Email != "hostmaster@example.com" || answer.VerificationStatus != wire.EmailVerified || answer.VerificationTime.IsZero() {
				w.Errorf("got %+v", answer)
			}
		}),
	},
	"ListEmailVerification": {
		good: func(w *world) wire.Request {
			time.Sleep(time.Minute)
			w.call(submitted("one@example.com", "two@example.com"))
			return &wire.ListEmailVerificationRequest{PageNum: 1, PageSize: 2}
		},
		seen: seen(func(w *world, answer *wire.ListEmailVerificationResponse) {
			if got := addresses(answer); !slices.Equal(got, []string{"two@example.com", "one@example.com"}) ||
				answer.Paged != (wire.Paged{CurrentPageNum: 1, PageSize: 2, TotalItemNum: 3, TotalPageNum: 2, NextPage: true}) {
				w.Errorf("got %+v", answer)
			}
		}),
		others: map[string]func(w *world){
			"filters": func(w *world) {
				start := time.Now()
				time.Sleep(time.Minute)
				w.call(submitted("one@example.com"))
				verified, waiting := wire.EmailVerified, wire.EmailUnverified
				for _, test := range []struct {
					r    wire.ListEmailVerificationRequest
					want string
				}{
					{wire.ListEmailVerificationRequest{}, "[one@example.com hostmaster@example.com]"},
					{wire.ListEmailVerificationRequest{VerificationStatus: &verified}, "[hostmaster@example.com]"},
					{wire.ListEmailVerificationRequest{VerificationStatus: &waiting}, "[one@example.com]"},
					{wire.ListEmailVerificationRequest{Email: "One@example.com"}, "[one@example.com]"},
					{wire.ListEmailVerificationRequest{BeginCreateTime: start.Add(time.Second)}, "[one@example.com]"},
					{wire.ListEmailVerificationRequest{EndCreateTime: start}, "[hostmaster@example.com]"},
					{wire.ListEmailVerificationRequest{Email: "other@example.com"}, "[]"},
					{wire.ListEmailVerificationRequest{PageNum: 2}, "[]"},
				} {
					if got := addresses(ask[wire.ListEmailVerificationResponse](w, &test.r)); fmt.Sprint(got) != test.want {
						w.Errorf("%+v: got %v, want %s", test.r, got, test.want)
					}
				}
			},
		},
	},
	"DeleteEmailVerification": {
		good: func(w *world) wire.Request {
			w.call(submitted(ada))
			return &wire.DeleteEmailVerificationRequest{Email: []string{"HOSTMASTER@example.com", ada, "other@example.com"}}
		},
		seen: seen(func(w *world, answer *wire.DeleteEmailVerificationResponse) {
			got := [][]string{emailNames(answer.SuccessList), emailNames(answer.FailList)}
			want := [][]string{{"HOSTMASTER@example.com"}, {ada + " ParameterIllegal", "other@example.com ParameterIllegal"}}
			if diff := cmp.Diff(want, got); diff != "" {
				w.Errorf("(-want +got)\n%s", diff)
			}
			if got := w.code(&wire.QueryEmailVerificationRequest{Email: "hostmaster@example.com"}); got != "ParameterIllegal" {
				w.Errorf("the deleted address: %q", got)
			}
			if got := ask[wire.SubmitEmailVerificationResponse](w, submitted("hostmaster@example.com")); len(got.SuccessList) != 1 {
				w.Errorf("the deleted address is not verified anew: %+v", got)
			}
		}),
	},
}

func addresses(answer *wire.ListEmailVerificationResponse) []string {
	list := []string{}
	for _, e := range answer.Data {
		list = append(list, e.Email)
	}
	return list
}

// TestMailboxIsServed: people and programs read it without this package.
func TestMailboxIsServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{})
		w.call(submitted(ada))
		r, _ := http.NewRequest(http.MethodGet, "http://domain.example.com/_simulator/mail", nil)
		answer, err := w.s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		var mails []simulator.Mail
		if err := json.NewDecoder(answer.Body).Decode(&mails); err != nil || len(mails) != 1 {
			t.Fatalf("%v, %v", mails, err)
		}
		w.call(&wire.VerifyEmailRequest{Token: mails[0].Token})
		if w.email(ada).VerificationStatus != wire.EmailVerified {
			t.Error("the token of the mailbox verified nothing")
		}
	})
}

func TestAddressesCanBeVerifiedFromTheStart(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{VerifiedEmails: []string{ada}})
	got := call[wire.ListEmailVerificationResponse](c, "ListEmailVerification")
	if len(got.Data) != 1 || got.Data[0].Email != ada || got.PageSize != 500 {
		t.Errorf("got %+v", got)
	}
}

// TestAddressesOfASnapshot are those of the account from the start, and those
// of its state.
func TestAddressesOfASnapshot(t *testing.T) {
	t.Parallel()
	all := []snapshot.Email{{Address: "Ada@example.com", Verified: true}, {Address: "new@example.net", Sent: time.Now().UTC().Add(-time.Hour)}}
	s := simulator.New(simulator.Options{Account: &snapshot.Account{Emails: all}})
	if diff := cmp.Diff(all, s.State().Emails); diff != "" {
		t.Error(diff)
	}
	untold := simulator.New(simulator.Options{Account: &snapshot.Account{Emails: []snapshot.Email{{Address: "old@example.net"}}}}).State().Emails[0]
	if age := time.Since(untold.Sent); untold.Sent.IsZero() || age < 3*24*time.Hour {
		t.Errorf("where a snapshot does not say when its mail was sent, that was %v ago", age)
	}
	if diff := cmp.Diff([]snapshot.Email{{Address: "hostmaster@example.com", Verified: true}}, simulator.New(simulator.Options{}).State().Emails); diff != "" {
		t.Error(diff)
	}
}

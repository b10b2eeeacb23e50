package simulator_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestTextsInEitherZone reads the texts that the service can write in two
// zones. Members that are exact are the same in both.
func TestTextsInEitherZone(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{"utc+8": "Jan 01,2000 08:00:00", "utc": "Jan 01,2000 00:00:00", "": "Jan 01,2000 00:00:00"} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now() // midnight of 2000-01-01 in UTC
			sim := simulator.New(simulator.Options{Readings: simulator.Readings{MonthTimes: zone}, Account: &snapshot.Account{Domains: []snapshot.Domain{
				{Name: "example.com", Registered: start, Expires: start},
			}}})
			client, err := apiclient.New(apiclient.Config{
				Endpoint: "https://domain.example", Transport: sim.Transport(),
				Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
			})
			if err != nil {
				t.Fatal(err)
			}
			save := &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"example.com"}, Status: true}
			if _, err := client.Submit(t.Context(), save); err != nil {
				t.Fatal(err)
			}
			page := wire.Page{PageNum: 1, PageSize: 10}
			names := raw[struct {
				Data struct {
					Domain []struct {
						RegistrationDate, ExpirationDate string
						ExpirationDateLong               int64
					}
				}
			}](t, client, &wire.QueryDomainListRequest{Page: page}).Data.Domain[0]
			if names.RegistrationDate != want || names.ExpirationDate != want || names.ExpirationDateLong != start.UnixMilli() {
				t.Errorf("%q: got %+v, want %s", zone, names, want)
			}
			tasks := raw[struct {
				Data struct{ TaskInfo []struct{ CreateTime string } }
			}](t, client, &wire.QueryTaskListRequest{Page: page})
			if got, want := tasks.Data.TaskInfo[0].CreateTime, want[:7]+" "+want[7:]; got != want {
				t.Errorf("%q: a task is of %q, want %q", zone, got, want)
			}
		})
	}
}

// raw returns an answer as it is written, not as the client understands it.
func raw[T any](t *testing.T, client *apiclient.Client, r wire.Request) (answer T) {
	t.Helper()
	data, err := client.Raw(t.Context(), wire.OperationOf(r).Name, wire.Params(r))
	if err == nil {
		err = json.Unmarshal(data, &answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

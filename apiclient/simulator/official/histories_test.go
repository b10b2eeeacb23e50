package official

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	legacy "github.com/aliyun/alibaba-cloud-sdk-go/services/domain"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
)

const (
	names    = 5 // of a task
	tasks    = 5
	pageSize = 2
	// most pages are read of a list before a loop is one without end.
	most = 10
)

// client pages a history to its end, as programs that are written with an
// official client do: until the cursor of the next page has no number.
type client interface {
	// save saves a task for the names.
	save(t *testing.T, status bool, names []string) (task string)
	// tasks and details return the numbers of all pages' entries.
	tasks(t *testing.T) []string
	details(t *testing.T, task string) []string
}

// TestHistoriesEnd saves tasks and reads them from the histories, with each of
// the official clients.
func TestHistoriesEnd(t *testing.T) {
	for name, connect := range map[string]func(*testing.T, string) client{
		"legacy":             newLegacy,
		"generic, HMAC-SHA1": func(t *testing.T, host string) client { return newGeneric(t, host, "v2") },
		"generic, ACS3":      func(t *testing.T, host string) client { return newGeneric(t, host, "") },
	} {
		t.Run(name, func(t *testing.T) {
			account := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
			held := make([]string, names)
			for i := range held {
				held[i] = fmt.Sprintf("name%d.example", i)
				account.Domains = append(account.Domains, snapshot.Domain{Name: held[i], Nameservers: []string{"ns1.example.net"}})
			}
			server := httptest.NewServer(simulator.New(simulator.Options{Account: account, HistoryAfter: time.Nanosecond}).Handler())
			defer server.Close()
			c := connect(t, strings.TrimPrefix(server.URL, "http://"))
			var saved []string
			for i := range tasks {
				saved = append(saved, c.save(t, i%2 == 0, held))
			}
			slices.Reverse(saved) // the youngest comes first
			if got := c.tasks(t); !slices.Equal(got, saved) {
				t.Errorf("tasks %v, want %v", got, saved)
			}
			details := make(map[string]bool)
			for _, no := range c.details(t, saved[0]) {
				details[no] = true
			}
			if len(details) != names {
				t.Errorf("details %v, want %d", slices.Collect(maps.Keys(details)), names)
			}
		})
	}
}

// legacyClient is alibaba-cloud-sdk-go: typed, with texts that are never nil.
type legacyClient struct {
	*legacy.Client
	host string
}

func newLegacy(t *testing.T, host string) client {
	c, err := legacy.NewClientWithAccessKey("cn-hangzhou", "testid", "testsecret")
	if err != nil {
		t.Fatal(err)
	}
	return legacyClient{c, host}
}

func (c legacyClient) aim(r *requests.RpcRequest) { r.Domain, r.Scheme = c.host, "HTTP" }

func (c legacyClient) save(t *testing.T, status bool, names []string) string {
	r := legacy.CreateSaveBatchTaskForTransferProhibitionLockRequest()
	c.aim(r.RpcRequest)
	r.DomainName, r.Status = &names, requests.NewBoolean(status)
	answer, err := c.SaveBatchTaskForTransferProhibitionLock(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer.TaskNo
}

func (c legacyClient) tasks(t *testing.T) (all []string) {
	r := legacy.CreateQueryTaskInfoHistoryRequest()
	c.aim(r.RpcRequest)
	r.PageSize = requests.NewInteger(pageSize)
	for range most {
		answer, err := c.QueryTaskInfoHistory(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range answer.Objects {
			all = append(all, one.TaskNo)
		}
		next := answer.NextPageCursor
		if next.TaskNo == "" {
			return all
		}
		r.TaskNoCursor, r.CreateTimeCursor = next.TaskNo, requests.Integer(strconv.FormatInt(next.CreateTimeLong, 10))
	}
	t.Fatalf("more than %d pages: %v", most, all)
	return nil
}

func (c legacyClient) details(t *testing.T, task string) (all []string) {
	r := legacy.CreateQueryTaskDetailHistoryRequest()
	c.aim(r.RpcRequest)
	r.PageSize, r.TaskNo = requests.NewInteger(pageSize), task
	for range most {
		answer, err := c.QueryTaskDetailHistory(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range answer.Objects {
			all = append(all, one.TaskDetailNo)
		}
		next := answer.NextPageCursor
		if next.TaskDetailNo == "" {
			return all
		}
		r.TaskDetailNoCursor, r.DomainNameCursor = next.TaskDetailNo, next.DomainName
	}
	t.Fatalf("more than %d pages: %v", most, all)
	return nil
}

// genericClient is darabonba-openapi, which the typed clients of today call:
// untyped, with members that are absent or not.
type genericClient struct{ *openapi.Client }

func newGeneric(t *testing.T, host, algorithm string) client {
	config := new(openapi.Config).SetAccessKeyId("testid").SetAccessKeySecret("testsecret").SetEndpoint(host).SetProtocol("http")
	if algorithm != "" {
		config.SetSignatureAlgorithm(algorithm)
	}
	c, err := openapi.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return genericClient{c}
}

// call makes a call and returns the body of its answer.
func (c genericClient) call(t *testing.T, action string, query map[string]string) map[string]any {
	params := new(openapi.Params).SetAction(action).SetVersion("2018-01-29").SetProtocol("HTTP").SetMethod("POST").
		SetAuthType("AK").SetStyle("RPC").SetPathname("/").SetReqBodyType("formData").SetBodyType("json")
	request := &openapi.OpenApiRequest{Query: make(map[string]*string)}
	for name, value := range query {
		request.Query[name] = &value
	}
	answer, err := c.CallApi(params, request, new(dara.RuntimeOptions))
	if err != nil {
		t.Fatal(err)
	}
	body, ok := answer["body"].(map[string]any)
	if !ok {
		t.Fatalf("%s: %v", action, answer)
	}
	return body
}

func (c genericClient) save(t *testing.T, status bool, names []string) string {
	query := map[string]string{"Status": strconv.FormatBool(status)}
	for i, name := range names {
		query["DomainName."+strconv.Itoa(i+1)] = name
	}
	return c.call(t, "SaveBatchTaskForTransferProhibitionLock", query)["TaskNo"].(string)
}

func (c genericClient) tasks(t *testing.T) []string {
	return c.all(t, "QueryTaskInfoHistory", "TaskNo", map[string]string{"TaskNo": "TaskNoCursor", "CreateTimeLong": "CreateTimeCursor"}, map[string]string{})
}

func (c genericClient) details(t *testing.T, task string) []string {
	return c.all(t, "QueryTaskDetailHistory", "TaskDetailNo",
		map[string]string{"TaskDetailNo": "TaskDetailNoCursor", "DomainName": "DomainNameCursor"}, map[string]string{"TaskNo": task})
}

// all returns a member of the entries of all pages. cursors are members of the
// next page's cursor, and the parameters that they go into.
func (c genericClient) all(t *testing.T, action, member string, cursors, query map[string]string) (all []string) {
	query["PageSize"] = strconv.Itoa(pageSize)
	for range most {
		body := c.call(t, action, query)
		for _, one := range body["Objects"].([]any) {
			all = append(all, one.(map[string]any)[member].(string))
		}
		next, _ := body["NextPageCursor"].(map[string]any)
		if next[member] == nil { // a nil pointer in the typed clients; "" would go on for ever
			return all
		}
		for from, to := range cursors {
			query[to] = text(next[from])
		}
	}
	t.Fatalf("more than %d pages: %v", most, all)
	return nil
}

// text writes a member of an answer as a parameter.
func text(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

package simulator_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestSignatureOfTheReference checks the test's own client, on which all
// tests of signatures rest, with the worked example of the API reference.
func TestSignatureOfTheReference(t *testing.T) {
	t.Parallel()
	v := url.Values{
		"Action": {"DescribeRegions"}, "Format": {"XML"}, "Version": {"2014-05-26"}, "AccessKeyId": {"testid"},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "Timestamp": {"2016-02-23T12:46:24Z"},
		"SignatureNonce": {"3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"},
	}
	if got, want := sign("GET", v, "testsecret"), "OLeaidS1JvxuMvnyHOwuJ+uX5qY="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestEveryWayToCall: GET, POST with a form, and POST with everything in the
// query, which is what the official clients send.
func TestEveryWayToCall(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		c.method = method
		if d := c.info("bücher.example"); d.InstanceID != "S3" {
			t.Errorf("%s: %+v", method, d)
		}
	}
	v := c.signed("QueryDomainByDomainName", []string{"DomainName=bücher.example", "UserClientIp=~a b*+&="})
	r, err := http.NewRequest(http.MethodPost, c.url+"?"+v.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.http.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("query and empty body: %v, %v", answer, err)
	}
}

func TestCallsAreAuthenticated(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	set := func(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }
	ago := func(d time.Duration) string { return time.Now().Add(-d).UTC().Format("2006-01-02T15:04:05Z") }
	for want, change := range map[string]func(url.Values){
		"404 InvalidAccessKeyId.NotFound": set("AccessKeyId", "other"),
		"403 SignatureDoesNotMatch":       set("Signature", "AAAA"),
		"400 InvalidSignatureMethod":      set("SignatureMethod", "HMAC-SHA256"),
		"400 InvalidParameter":            set("SignatureVersion", "2.0"),
		"400 InvalidTimeStamp.Format":     set("Timestamp", "yesterday"),
		"400 InvalidTimeStamp.Expired":    set("Timestamp", ago(15*time.Minute+2*time.Second)),
		"400 InvalidTimeStamp.Expired ":   set("Timestamp", ago(-15*time.Minute-2*time.Second)),
		"400 NoSuchVersion":               set("Version", "2018-04-03"),
		"404 InvalidApi.NotFound":         set("Action", "QueryNothing"),
		"400 MissingParameter":            set("Version", ""),
		"400 MissingParameter ":           func(v url.Values) { v.Del("SignatureNonce") },
		"400 MissingParameter  ":          set("Action", ""),
	} {
		c.change = change
		if got := c.refused("QueryDomainByDomainName", "DomainName=example.com"); got != strings.TrimSpace(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, change := range []func(url.Values){
		set("Timestamp", ago(14*time.Minute)), set("Timestamp", ago(-14*time.Minute)),
		set("SecurityToken", "token"), set("Format", "json"), set("Empty", ""),
	} {
		c.change = change
		c.info("example.com")
	}
	c.change, c.secret = nil, "other"
	if got := c.refused("QueryDomainByDomainName", "DomainName=example.com"); got != "403 SignatureDoesNotMatch" {
		t.Error("wrong secret:", got)
	}
}

// TestCallsAreNotRepeated: the nonce is remembered for as long as the time
// stamp of a call is accepted.
func TestCallsAreNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := inProcess(t, simulator.Options{Account: three()})
		v := c.signed("SaveBatchTaskForTransferProhibitionLock", []string{"DomainName.1=example.net", "Status=true"})
		send := func() int {
			answer, err := c.http.PostForm(c.url, v)
			if err != nil {
				t.Fatal(err)
			}
			return answer.StatusCode
		}
		if got := send(); got != http.StatusOK {
			t.Fatal(got)
		}
		for range 40 {
			if got := send(); got != http.StatusBadRequest {
				t.Fatalf("%v later: %d", time.Now(), got)
			}
			time.Sleep(time.Minute)
			c.info("example.net") // other nonces do not displace it
		}
		for change, n := range s.Saved() {
			if n != 1 {
				t.Errorf("%s was saved %d times", change, n)
			}
		}
	})
}

func TestParametersAreChecked(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three(), PageLimit: 50})
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("name-%d.example", i)
	}
	for _, test := range []struct {
		want   string
		params []string
	}{
		{"400 MissingDomainName", []string{"QueryDomainByDomainName"}},
		{"400 MissingDomainName", []string{"QueryDomainByDomainName", "DomainName="}},
		{"400 InvalidDomainName", []string{"QueryDomainByDomainName", "DomainName=xn--bcher-kva.example"}},
		{"400 InvalidDomainName", []string{"SaveBatchTaskForCreatingOrderRenew", "OrderRenewParam.1.DomainName=XN--bcher-kva.example"}},
		{"400 InvalidDomainName", []string{"SubmitOperationAuditInfo", "AuditType=1", "DomainName=example.com, xn--bcher-kva.example"}},
		{"400 InvalidDomainName", []string{setDNS, "DomainName.1=XN--bcher-kva.example", "AliyunDns=true"}},
		{"400 MissingPageSize", []string{"QueryDomainList", "PageNum=1"}},
		{"400 InvalidPageNum", []string{"QueryDomainList", "PageNum=0", "PageSize=1"}},
		{"400 InvalidPageSize", []string{"QueryDomainList", "PageNum=1", "PageSize=51"}},
		{"400 InvalidPageSize", []string{"QueryTaskList", "PageNum=1", "PageSize=51"}},
		{"400 InvalidPageSize", []string{"QueryTaskInfoHistory", "PageSize=51"}},
		{"400 InvalidPageSize", []string{"QueryTaskDetailHistory", "PageSize=51", "TaskNo=1"}},
		{"400 InvalidPageSize", []string{"PollTaskResult", "PageNum=1", "PageSize=1001"}},
		{"400 InvalidPageSize", []string{"PollTaskResult", "PageNum=1", "PageSize=many"}},
		{"400 InvalidTaskResultStatus", []string{"PollTaskResult", "PageNum=1", "PageSize=1", "TaskResultStatus=1"}},
		{"400 InvalidOrderByType", []string{"QueryDomainList", "PageNum=1", "PageSize=1", "OrderByType=UP"}},
		{"400 InvalidStartExpirationDate", []string{"QueryDomainList", "PageNum=1", "PageSize=1", "StartExpirationDate=soon"}},
		{"400 MissingStatus", append([]string{transferLock}, list("DomainName", "example.com")...)},
		{"400 InvalidStatus", append([]string{transferLock, "Status=locked"}, list("DomainName", "example.com")...)},
		{"400 MissingDomainName", []string{transferLock, "Status=true"}},
		{"400 InvalidDomainName", []string{transferLock, "Status=true", "DomainName.2=example.com"}},
		{"400 InvalidDomainName", append([]string{transferLock, "Status=true"}, list("DomainName", many...)...)},
		{"400 MissingDomainNameServer", append([]string{setDNS, "AliyunDns=false"}, list("DomainName", "example.com")...)},
		{"400 InvalidDomainNameServer", slices.Concat([]string{setDNS}, list("DomainName", "example.com"), dns(many[:14]...))},
		{"400 InvalidTaskDetailNo", append([]string{"AcknowledgeTaskResult"}, list("TaskDetailNo", many[:14]...)...)},
		{"400 MissingTaskNo", []string{"CancelTask"}},
	} {
		if got := c.refused(test.params[0], test.params[1:]...); got != test.want {
			t.Errorf("%.120v: got %s, want %s", test.params, got, test.want)
		}
	}
}

func TestRequestsOutOfTheOrdinary(t *testing.T) {
	t.Parallel()
	s, _ := inProcess(t, simulator.Options{Account: three(), BodyLimit: 1000})
	for _, test := range []struct {
		want               int
		method, path, body string
	}{
		{http.StatusBadRequest, "GET", "/", ""},
		{http.StatusBadRequest, "POST", "/", "a=%zz"},
		{http.StatusBadRequest, "GET", "/?a=%zz", ""},
		{http.StatusBadRequest, "GET", "/?Format=YAML", ""},
		{http.StatusRequestEntityTooLarge, "POST", "/", strings.Repeat("a", 1001)},
		{http.StatusMethodNotAllowed, "PUT", "/", ""},
		{http.StatusNotFound, "GET", "/other", ""},
		{http.StatusNotFound, "GET", "/_simulator/other", ""},
		{http.StatusMethodNotAllowed, "PUT", "/_simulator/faults", ""},
	} {
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s %s %.10s: got %d, want %d", test.method, test.path, test.body, w.Code, test.want)
		}
	}
}

// TestAnswersOfBothForms: XML is the default, in answers and in errors.
func TestAnswersOfBothForms(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	for format, root := range map[string]string{"": "Response", "xml": "Response", "XML": "Response", "JSON": "", "json": ""} {
		c.change = func(v url.Values) {
			v.Set("Format", format)
			if format == "" {
				v.Del("Format")
			}
		}
		for _, operation := range []string{"QueryDomainByDomainName", "QueryDSRecord"} {
			for _, name := range []string{"example.com", "other.example"} {
				answer, body, err := c.send(operation, "DomainName="+name)
				if err != nil {
					t.Fatal(err)
				}
				if answer.Header.Get("X-Acs-Request-Id") == "" || !strings.Contains(string(body), answer.Header.Get("X-Acs-Request-Id")) {
					t.Errorf("%s %s: no request ID: %v %s", format, operation, answer.Header, body)
				}
				if at, err := http.ParseTime(answer.Header.Get("Date")); err != nil || time.Since(at).Abs() > time.Minute {
					t.Errorf("%s %s: Date %q", format, operation, answer.Header.Get("Date"))
				}
				if root == "" {
					continue
				}
				want := operation + root
				if name == "other.example" {
					want = "Error"
				}
				var e struct {
					XMLName   xml.Name
					RequestID string `xml:"RequestId"`
					Code      string
				}
				if err := xml.Unmarshal(body, &e); err != nil || e.XMLName.Local != want || e.RequestID == "" || (want == "Error") != (e.Code == "DomainNotExist") {
					t.Errorf("%s %s: %v: %s", format, operation, err, body)
				}
			}
		}
	}
}

func TestHandlerAnswersHTTP(t *testing.T) {
	t.Parallel()
	s, c := inProcess(t, simulator.Options{Account: three()})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	c.http, c.url = server.Client(), server.URL+"/"
	if d := c.info("example.com"); d.InstanceID != "S1" {
		t.Errorf("got %+v", d)
	}
	c.save(transferLock, []string{"example.net"}, "Status=true")
	if got := s.Tasks()[0].ClientIP; got != "127.0.0.1" {
		t.Errorf("the task was saved from %q", got)
	}
	answer, err := c.http.Get(server.URL + "/_simulator/")
	if err != nil {
		t.Fatal(err)
	}
	about, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(about), "It does not imitate: ") {
		t.Errorf("%s, %v", about, err)
	}
}

// FuzzRequest sends anything, unsigned.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/?Action=QueryDomainList", "", "")
	f.Add("POST", "/", "Action=QueryDomainList&Format=JSON&Version=2018-01-29", "application/x-www-form-urlencoded")
	f.Add("POST", "/_simulator/faults", `{"rules":[{"kind":"lose"}]}`, "")
	f.Fuzz(func(t *testing.T, method, path, body, contentType string) {
		if strings.ContainsAny(method, " \t\r\n") || method == "" {
			method = "POST"
		}
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		s := simulator.New(simulator.Options{Account: three()})
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Method, r.URL = method, u
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %s: %s", method, path, w.Body)
		}
	})
}

// FuzzParameters sends any parameters to each operation, signed.
func FuzzParameters(f *testing.F) {
	for i := range wire.Operations() {
		f.Add(i, "PageNum=1&PageSize=2&DomainName.1=example.com&TaskNo=1&AliyunDns=true&Status=true&DomainName=bücher.example")
	}
	f.Add(0, "PageNum=9223372036854775807&PageSize=9223372036854775807&TaskDetailNo.1=x&InstanceId=S1")
	f.Add(0, "PageSize=1000&TaskNoCursor=1&CreateTimeCursor=-9223372036854775808&EndCreateTime=9223372036854775807")
	f.Fuzz(func(t *testing.T, operation int, query string) {
		params, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		_, c := inProcess(t, simulator.Options{Account: three()})
		var pairs []string
		for name, values := range params {
			if name != "" && !strings.HasPrefix(name, "Signature") && !strings.Contains(name, "=") {
				pairs = append(pairs, name+"="+values[0])
			}
		}
		all := wire.Operations()
		answer, body, err := c.send(all[int(uint(operation)%uint(len(all)))].Name, pairs...)
		if err != nil || answer.StatusCode >= 500 {
			t.Errorf("%v: %s", err, body)
		}
	})
}

//go:build unix

package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
)

// BenchmarkQueries asks for one name again and again over kept connections.
// The requests are signed beforehand. It reports the CPU time of a query, that
// of the sockets and of whoever asks included: two cores answer 2 s/cpu-µs
// queries a second, however busy the machine is.
func BenchmarkQueries(b *testing.B) {
	s, c := inProcess(b, simulator.Options{Account: portfolio(15_000)})
	server := httptest.NewServer(s.Handler())
	b.Cleanup(server.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	b.Cleanup(transport.CloseIdleConnections)
	for name, sign := range map[string]func() *http.Request{
		"parameters": func() *http.Request {
			body := c.signed("QueryDomainByDomainName", []string{"DomainName=name-000007.example"}).Encode()
			return httptest.NewRequest(http.MethodPost, server.URL+"/", strings.NewReader(body))
		},
		"headers": func() *http.Request {
			return newHeaderCall("QueryDomainByDomainName", "DomainName=name-000007.example").
				set("host", strings.TrimPrefix(server.URL, "http://")).request(b)
		},
	} {
		b.Run(name, func(b *testing.B) {
			requests := make([]*http.Request, b.N)
			for i := range requests {
				r := sign()
				r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", strings.TrimPrefix(server.URL, "http://")
				r.Host = r.URL.Host
				if name == "parameters" {
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				requests[i] = r
			}
			var next atomic.Int64
			b.SetParallelism(8)
			b.ResetTimer()
			began := cpuTime(b)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					answer, err := transport.RoundTrip(requests[next.Add(1)-1])
					if err != nil {
						b.Error(err)
						return
					}
					if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
						b.Errorf("%s, %v", answer.Status, err)
					}
					_ = answer.Body.Close()
				}
			})
			b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
		})
	}
}

// cpuTime is what the process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

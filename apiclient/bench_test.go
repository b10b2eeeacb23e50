//go:build unix

package apiclient

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// serveOnly makes the test program a server for benchmarks, so that the CPU
// time of one process is that of the client.
const serveOnly = "DOMAINSYNC_TEST_SERVE_ONLY"

func TestMain(m *testing.M) {
	if os.Getenv(serveOnly) != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

// serve gives one answer to every request until standard input ends.
func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("http://" + listener.Addr().String())
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nDate: Fri, 06 Feb 2026 01:02:03 GMT\r\nContent-Length: " + strconv.Itoa(len(domainInfo)) + "\r\n\r\n"
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerAll(conn, append([]byte(head), domainInfo...))
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func answerAll(conn net.Conn, answer []byte) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		length := 0
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				for _, c := range bytes.TrimSpace(value) {
					length = 10*length + int(c-'0')
				}
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := in.Discard(length); err != nil {
			return
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// answering starts such a server and returns its endpoint.
func answering(b *testing.B) string {
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), serveOnly+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var domainInfo = wire.EncodeResponse(wire.Lookup("QueryDomainByDomainName"), &wire.QueryDomainByDomainNameResponse{DomainInfo: wire.DomainInfo{
	Meta: wire.Meta{RequestID: "F5BE26DC-9287-4F1C-B2EB-4124C4A00000"}, DomainName: "example.com", InstanceID: "S2019270W500000", UserID: "1406926474064770",
	DNSList: []string{"ns1.example.net", "ns2.example.net"}, TransferProhibitionLock: wire.LockOn, UpdateProhibitionLock: wire.LockOff,
	RegistrationDate: time.Unix(1553053048, 0), RegistrationDateLong: time.Unix(1553053048, 0),
	ExpirationDate: time.Unix(1584675448, 0), ExpirationDateLong: time.Unix(1584675448, 0),
	DomainNameVerificationStatus: "SUCCEEDED", RealNameStatus: "SUCCEEDED", RegistrantType: "2", RegistrantUpdatingStatus: wire.UpdatingNormal,
	RegistrantName: "Ada Example", RegistrantOrganization: "Example Ltd", ZhRegistrantName: "Ada Example", ZhRegistrantOrganization: "Example Ltd",
	Email: "hostmaster@example.com", TransferOutStatus: wire.TransferOutNormal, EmailVerificationStatus: 1,
}}, wire.JSON)

// BenchmarkCall is one QueryDomainByDomainName over a kept connection, and for
// comparison a GET of the same answer by net/http alone. The two take turns, so
// that a machine that is slow for a while is slow for both; what the machine
// and net/http cost is in both, so that their ratio says most of the client.
func BenchmarkCall(b *testing.B) {
	endpoint := answering(b)
	b.Run("QueryDomainByDomainName", func(b *testing.B) {
		call := calling(b, against(b, endpoint))
		b.ReportAllocs()
		for b.Loop() {
			call()
		}
	})
	b.Run("AndBareGET", func(b *testing.B) {
		call, get := calling(b, against(b, endpoint)), getting(b, endpoint)
		var ours, bare time.Duration
		for b.Loop() {
			ours += cpuOf(b, 100, call)
			bare += cpuOf(b, 100, get)
		}
		reportBoth(b, ours, bare, 100*b.N)
	})
	b.Run("AndBareGETOf32", func(b *testing.B) {
		call, get := calling(b, against(b, endpoint)), getting(b, endpoint)
		var ours, bare time.Duration
		for b.Loop() {
			ours += cpuOf(b, 1, func() { atOnce(32, 50, call) })
			bare += cpuOf(b, 1, func() { atOnce(32, 50, get) })
		}
		reportBoth(b, ours, bare, 32*50*b.N)
	})
	b.Run("WithoutNetwork", func(b *testing.B) {
		call := calling(b, through(b, endpoint, canned{}))
		b.ReportAllocs()
		before := cpuTime(b)
		for b.Loop() {
			call()
		}
		b.ReportMetric(micros(cpuTime(b)-before, b.N), "cpu-µs/op")
	})
}

// calling returns a function that makes one call.
func calling(b *testing.B, c *Client) func() {
	return func() {
		if _, err := c.QueryDomainByDomainName(b.Context(), aRead); err != nil {
			b.Error(err)
		}
	}
}

// getting returns a function that gets the same answer without the client.
func getting(b *testing.B, endpoint string) func() {
	transport := NewTransport()
	b.Cleanup(transport.CloseIdleConnections)
	client := http.Client{Transport: transport}
	return func() {
		resp, err := client.Get(endpoint)
		if err != nil {
			b.Error(err)
			return
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			b.Error(err)
		}
		_ = resp.Body.Close()
	}
}

// canned answers without a network.
type canned struct{}

func (canned) RoundTrip(*http.Request) (*http.Response, error) {
	header := http.Header{"Date": {"Fri, 06 Feb 2026 01:02:03 GMT"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(domainInfo))}, nil
}

// atOnce does a thing so many times in each of so many goroutines.
func atOnce(goroutines, times int, do func()) {
	var wg conc.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range times {
				do()
			}
		})
	}
	wg.Wait()
}

func cpuOf(b *testing.B, times int, do func()) time.Duration {
	before := cpuTime(b)
	for range times {
		do()
	}
	return cpuTime(b) - before
}

func reportBoth(b *testing.B, ours, bare time.Duration, n int) {
	b.ReportMetric(micros(ours, n), "cpu-µs/call")
	b.ReportMetric(micros(bare, n), "cpu-µs/get")
	b.ReportMetric(float64(ours)/float64(bare), "call/get")
	b.ReportMetric(0, "ns/op") // of both together: it says nothing
}

func micros(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / 1000 / float64(n) }

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

func reportCPU(b *testing.B, before time.Duration) {
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
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
// comparison a GET of the same answer by net/http alone.
func BenchmarkCall(b *testing.B) {
	endpoint := answering(b)
	b.Run("QueryDomainByDomainName", func(b *testing.B) {
		c := against(b, endpoint)
		b.ReportAllocs()
		before := cpuTime(b)
		for b.Loop() {
			if _, err := c.QueryDomainByDomainName(b.Context(), aRead); err != nil {
				b.Fatal(err)
			}
		}
		reportCPU(b, before)
	})
	b.Run("BareGET", func(b *testing.B) {
		transport := NewTransport()
		defer transport.CloseIdleConnections()
		client := http.Client{Transport: transport}
		b.ReportAllocs()
		before := cpuTime(b)
		for b.Loop() {
			resp, err := client.Get(endpoint)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				b.Fatal(err)
			}
			resp.Body.Close()
		}
		reportCPU(b, before)
	})
}

// BenchmarkParallelCalls is the same from 32 callers at once on two cores.
func BenchmarkParallelCalls(b *testing.B) {
	c := against(b, answering(b))
	b.SetParallelism(16)
	b.ReportAllocs()
	before := cpuTime(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.QueryDomainByDomainName(b.Context(), aRead); err != nil {
				b.Error(err)
				return
			}
		}
	})
	reportCPU(b, before)
}

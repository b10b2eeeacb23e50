package reader

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// pieceList keeps pieces in the order in which they were put.
type pieceList [][]byte

func (l *pieceList) Put(_ context.Context, _ string, data []byte) error {
	*l = append(*l, data)
	return nil
}

func (l *pieceList) Keys(context.Context) (keys []string, err error) {
	for i := range *l {
		keys = append(keys, fmt.Sprintf("%06d", i))
	}
	return keys, nil
}

func (l *pieceList) Get(_ context.Context, key string) ([]byte, bool, error) {
	i, err := strconv.Atoi(key)
	return (*l)[i], true, err
}

func (*pieceList) Delete(context.Context, ...string) error { return nil }

// BenchmarkLoadReadings loads what earlier readings of an account have kept, each
// name with what two calls tell of it. held-MB is what that takes in memory, rss-MB
// the most that the process held meanwhile, cpu-s/op counts all threads.
func BenchmarkLoadReadings(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		for _, size := range []int{manyUnkept, mostTogether} { // as they come, and put together
			b.Run(fmt.Sprintf("names=%d/pieces=%d", n, (n+size-1)/size), func(b *testing.B) {
				if testing.Short() && n > 10_000 {
					b.Skip("takes long")
				}
				kept := keepReadings(b, n, size)
				before := heapInUse()
				forgetPeak(b)
				cpu := cpuTime(b)
				var r *Readings
				b.ReportAllocs()
				for b.Loop() {
					var bad int
					var err error
					if r, bad, err = LoadReadings(b.Context(), kept, ""); err != nil || bad > 0 || len(r.Account.Domains) != n {
						b.Fatalf("%d pieces are bad, %v", bad, err)
					}
				}
				b.StopTimer()
				b.ReportMetric((cpuTime(b)-cpu).Seconds()/float64(b.N), "cpu-s/op")
				b.ReportMetric(peakMB(b), "rss-MB")
				b.ReportMetric(float64(heapInUse()-before)/(1<<20), "held-MB")
				runtime.KeepAlive(r)
			})
		}
	}
}

// keepReadings keeps readings of n names in pieces of so many.
func keepReadings(b *testing.B, n, size int) *pieceList {
	b.Helper()
	kept := new(pieceList)
	keeper := &Keeper{Blobs: kept, Failed: func(err error) { b.Error(err) }}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	names := make([]snapshot.Domain, n)
	for i := range names {
		names[i] = snapshot.Domain{
			Name: fmt.Sprintf("name%07d.com", i), InstanceID: fmt.Sprintf("S2026%011d", i),
			Registered: at.AddDate(-3, 0, i%300), Expires: at.AddDate(2, 0, i%300), Status: wire.Normal,
			Nameservers:  []string{fmt.Sprintf("ns1.provider%03d.example.net", i%500), fmt.Sprintf("ns2.provider%03d.example.net", i%500)},
			TransferLock: wire.LockOn, UpdateLock: wire.LockOff, TransferOut: wire.TransferOutNormal, DSRecords: []snapshot.DSRecord{},
			RegistrantUpdating: wire.UpdatingNormal, RealName: wire.RealNamePassed, Privacy: new(true), Row: fmt.Sprintf("%016x", i),
		}
	}
	for some := range slices.Chunk(names, size) {
		at = at.Add(time.Second)
		keeper.put(b.Context(), at, piece{Checked: at}, &planner.Live{ID: "1", ReadAt: at, Domains: some})
	}
	return kept
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// forgetPeak has the system measure anew how much memory the process holds at most.
func forgetPeak(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		b.Log(err)
	}
}

// peakMB is the most memory that the process held since then.
func peakMB(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kB, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kB) / 1024
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

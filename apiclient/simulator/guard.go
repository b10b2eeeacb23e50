package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// bodyTimeout is how long a caller may take to send the body of a request.
const bodyTimeout = 30 * time.Second

// receive reads the body of a request into memory before anything is done with
// it, at most limit bytes and one more. A caller that does not send it in time
// is told so, and what is left of a larger body is not waited for either. The
// server takes the deadline back at the body's end.
func receive(w http.ResponseWriter, r *http.Request, limit int64) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(time.Now().Add(bodyTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// refuseBody answers a request whose body did not come.
func refuseBody(w http.ResponseWriter, err error) {
	w.Header().Set("Connection", "close")
	if errors.Is(err, os.ErrDeadlineExceeded) {
		http.Error(w, "the body of the request did not come within "+bodyTimeout.String(), http.StatusRequestTimeout)
		return
	}
	http.Error(w, "the body of the request could not be read", http.StatusBadRequest)
}

// foreignCaller says why a request for the controls is refused, "" where it is
// not. The controls have no key, so nobody may reach them through a browser:
// neither a page of another origin, nor one whose name was made to point here
// (DNS rebinding).
func foreignCaller(r *http.Request, names []string) string {
	if !isOwnHost(r.Context(), r.Host, names) {
		return "the host of the request is " + quoted(r.Host) + ": call the controls by a loopback address or the one that the simulator listens on"
	}
	for _, origin := range r.Header.Values("Origin") {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return "the request comes from a page of " + quoted(origin) + ": only a page of the simulator itself may call the controls"
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return "the request comes from a page of another site: only a page of the simulator itself may call the controls"
	}
	return ""
}

// isOwnHost reports whether a host, with its port, is a loopback one, the
// address that the connection came in on, or one of the names.
func isOwnHost(ctx context.Context, hostport string, names []string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) && n != "" }) {
		return true
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if address.IsLoopback() {
		return true
	}
	local, ok := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.AddrPort().Addr().Unmap() == address.Unmap()
}

// quoted writes what a caller sent so that it does nothing but show.
func quoted(s string) string { return `"` + url.QueryEscape(s) + `"` }

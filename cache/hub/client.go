package hub

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// headerTime is how long a hub may take to begin an answer, and stallTime how long nothing may come of one.
	headerTime = 30 * time.Second
	stallTime  = time.Minute
	// maxTries is how often in a row a request may fail without bringing anything.
	maxTries = 5
	// firstPause is doubled after each try; maxPause is the longest that a hub can ask for.
	firstPause = time.Second
	maxPause   = 5 * time.Minute

	maxRedirects = 5
	maxJSONBytes = 8 << 20
)

// A Hub is where models come from. It is safe for concurrent use.
type Hub struct {
	endpoint string
	token    string
	client   *http.Client

	pause func(context.Context, time.Duration) error
	free  func(dir string) (bytes uint64, known bool)
}

// New returns the hub at an address, which must be https unless it is on this machine. The token, if there is one, is shown
// to that address only, not to where it redirects to, and is in no error.
func New(endpoint, token string) (*Hub, error) {
	at, err := url.Parse(endpoint)
	if err != nil || at.Host == "" || at.User != nil || !safe(at) {
		return nil, fmt.Errorf("hub %q: want an address such as https://hub.example.com", endpoint)
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token is not one: it has spaces or other characters that tokens do not have")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = headerTime
	transport.DisableCompression = true // lengths are those of files
	h := &Hub{endpoint: strings.TrimRight(endpoint, "/"), token: token, pause: sleep, free: freeBytes}
	h.client = &http.Client{Transport: transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("%w: more than %d of them", errRedirect, maxRedirects)
		case !safe(req.URL):
			return fmt.Errorf("%w to %s, which is not https", errRedirect, req.URL.Host)
		case req.URL.Host != at.Host:
			req.Header.Del("Authorization")
		}
		return nil
	}}
	return h, nil
}

// safe says that nobody can listen in on, or change, what comes from an address.
func safe(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errRedirect = errors.New("a redirect that is not followed")

// lasting reports whether a request that had no answer would have none soon.
func lasting(err error) bool {
	var name *net.DNSError
	return errors.Is(err, errRedirect) || errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, &name) && name.IsNotFound
}

// A temporary error may go away by itself.
type temporary struct {
	error
	after time.Duration // that the hub asks to wait
}

func (t temporary) Unwrap() error { return t.error }

// retry calls f until it succeeds, fails for good, or has failed [maxTries] times in a row without having progressed.
func (h *Hub) retry(ctx context.Context, f func() (progressed bool, err error)) error {
	for tries := 1; ; tries++ {
		progressed, err := f()
		var again temporary
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &again):
			return err
		case progressed:
			tries = 1
		}
		if tries >= maxTries || again.after > maxPause {
			return fmt.Errorf("%w: the same command goes on from here later", err)
		}
		if err := h.pause(ctx, max(again.after, firstPause<<(tries-1))); err != nil {
			return err
		}
	}
}

// get begins a request below the endpoint; the caller closes the body of the answer, whose status is one of ok.
func (h *Hub) get(ctx context.Context, path string, header http.Header, ok ...int) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.endpoint+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header = header
	req.Header.Set("User-Agent", "seedls")
	if h.token != "" {
		req.Header.Set("Authorization", "Bearer "+h.token)
	}
	resp, err := h.client.Do(req)
	if err != nil {
		if failed := new(url.Error); errors.As(err, &failed) {
			err = failed.Err // the address can be signed, and is long
		}
		err = fmt.Errorf("%s: %w", h.endpoint, err)
		if lasting(err) {
			return nil, err
		}
		return nil, temporary{error: err}
	}
	for _, status := range ok {
		if resp.StatusCode == status {
			return resp, nil
		}
	}
	resp.Body.Close()
	return nil, h.refusal(resp, path)
}

// refusal is the error of an answer that is none.
func (h *Hub) refusal(resp *http.Response, path string) error {
	what := h.endpoint + path
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		how := "check its name; if it is private or has terms to accept, do so there and set HF_TOKEN"
		if h.token != "" {
			how = "check its name, and that the token in HF_TOKEN may read it"
		}
		return fmt.Errorf("%s: %s: the hub does not give it: %s", what, resp.Status, how)
	case code == http.StatusNotFound:
		return fmt.Errorf("%s: %s: check the name of the model and the revision", what, resp.Status)
	case code == http.StatusTooManyRequests, code >= 500, code == http.StatusRequestTimeout:
		return temporary{fmt.Errorf("%s: %s", what, resp.Status), retryAfter(resp.Header.Get("Retry-After"))}
	}
	return fmt.Errorf("%s: %s", what, resp.Status)
}

// retryAfter reads the header of that name: seconds, or a time.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// getJSON decodes the answer to a request, and returns where the next page of it is, "" if that was all.
func (h *Hub) getJSON(ctx context.Context, path string, result any) (next string, err error) {
	err = h.retry(ctx, func() (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, headerTime+stallTime)
		defer cancel()
		resp, err := h.get(ctx, path, http.Header{}, http.StatusOK)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxJSONBytes+1))
		switch {
		case err != nil:
			return false, temporary{error: fmt.Errorf("%s%s: %w", h.endpoint, path, err)}
		case len(data) > maxJSONBytes:
			return false, fmt.Errorf("%s%s: an answer of more than %d MiB", h.endpoint, path, maxJSONBytes>>20)
		}
		if err := json.Unmarshal(data, result); err != nil {
			return false, fmt.Errorf("%s%s: not an answer of a hub: %w", h.endpoint, path, err)
		}
		next = h.nextPage(resp.Header.Get("Link"))
		return true, nil
	})
	return next, err
}

// nextPage is the path of the next page that a header Link names, if it is below the endpoint.
func (h *Hub) nextPage(link string) string {
	address, relation, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	if !strings.Contains(relation, `rel="next"`) {
		return ""
	}
	path, ok := strings.CutPrefix(address, h.endpoint)
	if !ok {
		return ""
	}
	return path
}

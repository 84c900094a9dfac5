package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"seedls/lsp"
	"seedls/lsp/daemon"
	"seedls/lsp/socket"
)

// askTime is how long a daemon may take to answer.
const askTime = 10 * time.Second

// errNoDaemon is what status says where nothing runs.
var errNoDaemon = errors.New("no daemon runs: editors start one with \"seedls serve --remote=auto\"")

func statusCommand() *cobra.Command {
	var remote string
	var asJSON, stop bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what the daemons do that editors share",
		Long: `Say what the servers do that "seedls serve --remote=auto" started for your editors:
who is connected, the memory they take, how often a suggestion was at hand, how long
answers took, and where the log is. The exit code is 1 when none runs.

--stop has them take leave of their editors, which start another when they need it.`,
		Example: `  seedls status
  seedls status --json
  seedls status --stop
  seedls status --remote unix:/run/user/1000/seedls.sock`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			paths, err := daemonSockets(remote)
			if err != nil {
				return err
			}
			found := 0
			for _, path := range paths {
				status, err := askDaemon(cmd.Context(), path, stop)
				if errors.Is(err, socket.ErrNobody) || errors.Is(err, lsp.ErrServerGone) {
					continue
				}
				if err != nil {
					return fmt.Errorf("daemon at %s: %w", path, err)
				}
				if err := writeStatus(cmd.OutOrStdout(), path, status, asJSON, stop, found > 0); err != nil {
					return err
				}
				found++
			}
			if found == 0 {
				return errNoDaemon
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&remote, "remote", "", "only the server at `unix:PATH`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object for each daemon, one a line")
	cmd.Flags().BoolVar(&stop, "stop", false, "end them")
	return cmd
}

// daemonSockets are those that daemons may listen on.
func daemonSockets(remote string) ([]string, error) {
	if remote == "" {
		return daemon.Sockets()
	}
	path, err := socketPath("remote", remote)
	return []string{path}, err
}

// askDaemon asks for the status of a daemon and then, perhaps, for its end.
func askDaemon(ctx context.Context, path string, stop bool) (*lsp.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	ask := func(method string, result any) error {
		connection, err := socket.Dial(ctx, path)
		if err != nil {
			return err
		}
		return lsp.Ask(ctx, connection, method, result)
	}
	var status lsp.Status
	if err := ask(lsp.MethodStatus, &status); err != nil || !stop {
		return &status, err
	}
	if err := ask(lsp.MethodStop, new(any)); err != nil && !errors.Is(err, lsp.ErrServerGone) { // which may be its answer
		return nil, err
	}
	return &status, nil
}

func writeStatus(w io.Writer, path string, s *lsp.Status, asJSON, stopped, more bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
			Socket string `json:"socket"`
			*lsp.Status
		}{path, s})
	}
	if stopped {
		_, err := fmt.Fprintf(w, "process %d at %s was asked to end\n", s.PID, path)
		return err
	}
	if more {
		fmt.Fprintln(w)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range statusRows(path, s) {
		fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
	}
	return table.Flush()
}

// statusRows are what a person reads: names and values.
func statusRows(path string, s *lsp.Status) [][2]string {
	model, computed := s.Message, ""
	if s.Model != nil {
		model = s.Model.Name
		computed = fmt.Sprintf("%s, %s, on %d threads", s.Model.Kernel, s.Model.Precision, s.Model.Threads)
	}
	rows := [][2]string{
		{"daemon", fmt.Sprintf("seedls %s, process %d, up %s", s.Version, s.PID, seconds(s.UptimeSeconds))},
		{"socket", path},
	}
	if s.Log != "" {
		rows = append(rows, [2]string{"log", s.Log})
	}
	rows = append(rows, [2]string{"model", model})
	if computed != "" {
		rows = append(rows, [2]string{"kernel", computed})
	}
	rows = append(rows,
		[2]string{"memory", fmt.Sprintf("%.1f MB, of which KV caches %.1f of at most %.1f MB",
			float64(s.RSSBytes)/1e6, float64(s.KVBytes)/1e6, float64(s.KVBudgetBytes)/1e6)},
		[2]string{"typed along", "suggestions: " + share(s.TypedThrough.Hits, s.TypedThrough.All)},
		[2]string{"KV cache", "tokens of prompts: " + share(s.KVTokens.Hits, s.KVTokens.All)},
	)
	for _, l := range s.Latencies {
		rows = append(rows, [2]string{"answers", fmt.Sprintf("%s: %d, median %.1f ms, 95 %% within %.1f ms",
			l.Kind, l.Count, l.P50MS, l.P95MS)})
	}
	for _, c := range s.Clients {
		rows = append(rows, [2]string{"client", fmt.Sprintf("%q, up %s, %d documents of %.1f MB",
			c.Name, seconds(c.UptimeSeconds), c.Documents, float64(c.DocumentBytes)/1e6)})
	}
	if len(s.Clients) == 0 {
		rows = append(rows, [2]string{"client", "none"})
	}
	return rows
}

func seconds(s float64) string { return (time.Duration(s) * time.Second).String() }

// share is hits of all, as a person reads it.
func share(hits, all int) string {
	if all == 0 {
		return "none yet"
	}
	return fmt.Sprintf("%d of %d (%d %%)", hits, all, 100*hits/all)
}

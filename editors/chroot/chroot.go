// Package chroot runs programs from chroots of Debian's suites: editors and servers to test with, others to compare with.
// It takes root on Linux; chroot.sh makes the chroots and says where they are.
package chroot

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed chroot.sh
var script string

// Dir is where the chroot of a suite is, or would be: in the folder that SEEDLS_CHROOT names, or in the user's cache
// directory. It is "" where there is neither.
func Dir(suite string) string {
	folder := os.Getenv("SEEDLS_CHROOT")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		folder = filepath.Join(cache, "seedls")
	}
	return filepath.Join(folder, suite)
}

// Has reports whether a program of that name can be run in the chroot of a suite.
func Has(suite, program string) bool {
	_, err := os.Stat(filepath.Join(Dir(suite), "usr", "bin", program))
	return err == nil && os.Geteuid() == 0
}

// Make is the command that has packages in the chroot of a suite, which it makes unless there is one.
func Make(ctx context.Context, suite string, packages ...string) *exec.Cmd {
	return command(ctx, append([]string{"make", suite}, packages...))
}

// Command is the command that runs a program in the chroot of a suite, in a folder, which the program sees as /mnt, and
// of all else outside of the chroot nothing but /proc and /dev.
func Command(ctx context.Context, suite, folder, program string, args ...string) *exec.Cmd {
	return command(ctx, append([]string{"run", suite, folder, program}, args...))
}

func command(ctx context.Context, args []string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", append([]string{"-c", script, "chroot.sh"}, args...)...)
}

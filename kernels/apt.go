package kernels

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
)

// Unavailable is why real kernels cannot be had here: no apt, no mirror, no
// package.
type Unavailable struct{ Why string }

func (e *Unavailable) Error() string { return "no real kernels: " + e.Why }

func unavailable(format string, args ...any) error {
	return &Unavailable{fmt.Sprintf(format, args...)}
}

// mirrors are where the machine gets Debian from.
type mirrors struct{ archive, security string }

var inReleaseRE = regexp.MustCompile(`(?m)^'(.+)/dists/([^/']+)/InRelease'`)

// findMirrors asks the machine's own apt.
func findMirrors(ctx context.Context) (mirrors, error) {
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return mirrors{}, unavailable("%s is not in PATH; Debian, or a container of it, is needed", tool)
		}
	}
	out, err := command(ctx, "", "apt-get", "update", "--print-uris").Output()
	if err != nil {
		return mirrors{}, unavailable("apt-get update --print-uris: %s", reason(err))
	}
	return parseMirrors(string(out))
}

// debian are the releases whose mirrors have the suites that are wanted.
var debian = []string{"bookworm", "trixie", "forky", "sid"}

// parseMirrors reads the addresses of a release and of its security updates.
func parseMirrors(uris string) (m mirrors, err error) {
	for _, f := range inReleaseRE.FindAllStringSubmatch(uris, -1) {
		for _, name := range debian {
			switch f[2] {
			case name:
				m.archive = f[1]
			case name + "-security":
				m.security = f[1]
			}
		}
	}
	if m.archive == "" || m.security == "" {
		return m, unavailable("apt's sources name no mirror of a Debian release (%s) with its security updates", strings.Join(debian, ", "))
	}
	return m, nil
}

// apt is a state of apt of its own: other sources, no package installed. The
// machine's own is only read.
type apt struct{ dir string }

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// newApt makes the state of some suites, each "address suite", and gets their
// lists of packages.
func newApt(ctx context.Context, dir string, suites ...string) (*apt, error) {
	signed := ""
	if _, err := os.Stat(keyring); err == nil {
		signed = " signed-by=" + keyring
	}
	sources := ""
	for _, s := range suites {
		sources += fmt.Sprintf("deb [arch=amd64%s] %s main\n", signed, s)
	}
	for name, text := range map[string]string{
		"lists/partial/.keep": "", "archives/partial/.keep": "", "parts/.keep": "", "status": "",
		"sources.list": sources, "conf": aptConf(dir),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	a := &apt{dir}
	_, err := a.run(ctx, "apt-get", "update", "--error-on=any")
	return a, err
}

// aptConf is read after the machine's own configuration, which may name a
// proxy; its hooks would act on the machine's own state and are dropped.
func aptConf(dir string) string {
	me := "root"
	if u, err := user.Current(); err == nil {
		me = u.Username
	}
	conf := ""
	for _, hook := range []string{"APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success", "DPkg::Pre-Invoke", "DPkg::Post-Invoke", "DPkg::Pre-Install-Pkgs", "Acquire::IndexTargets::deb::DEP-11"} {
		conf += "#clear " + hook + ";\n"
	}
	for _, kv := range [][2]string{
		{"Dir::State", ""}, {"Dir::State::lists", "lists"}, {"Dir::State::status", "status"},
		{"Dir::Cache", ""}, {"Dir::Cache::archives", "archives"},
		{"Dir::Etc::sourcelist", "sources.list"}, {"Dir::Etc::sourceparts", "parts"},
		{"Dir::Etc::preferences", "none"}, {"Dir::Etc::preferencesparts", "parts"},
	} {
		conf += fmt.Sprintf("%s %q;\n", kv[0], filepath.Join(dir, kv[1]))
	}
	return conf + fmt.Sprintf("Acquire::Languages \"none\";\nAPT::Sandbox::User %q;\n", me)
}

// run runs a command of apt on this state, in its folder.
func (a *apt) run(ctx context.Context, name string, args ...string) (string, error) {
	args = append([]string{"-c", filepath.Join(a.dir, "conf"), "-qq"}, args...)
	out, err := command(ctx, a.dir, name, args...).Output()
	if err != nil {
		return "", unavailable("%s %s: %s", name, strings.Join(args[3:], " "), reason(err))
	}
	return string(out), nil
}

// names returns the packages whose names begin with prefix.
func (a *apt) names(ctx context.Context, prefix string) ([]string, error) {
	out, err := a.run(ctx, "apt-cache", "pkgnames", prefix)
	return strings.Fields(out), err
}

// fetch downloads a package alone.
func (a *apt) fetch(ctx context.Context, pkg string) (string, error) {
	if _, err := a.run(ctx, "apt-get", "download", pkg); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(a.dir, pkg+"_*.deb"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d files", pkg, len(found))
	}
	return found[0], nil
}

// fetchAll downloads a package and everything that it depends on.
func (a *apt) fetchAll(ctx context.Context, pkg string) ([]string, error) {
	if _, err := a.run(ctx, "apt-get", "install", "--yes", "--no-install-recommends", "--download-only", pkg); err != nil {
		return nil, err
	}
	return filepath.Glob(filepath.Join(a.dir, "archives", "*.deb"))
}

func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	return cmd
}

// reason is what a failed command said: its first error, or its last line.
func reason(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) == 0 {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n")
	for _, line := range lines {
		if e, ok := strings.CutPrefix(line, "E: "); ok {
			return e
		}
	}
	return lines[len(lines)-1]
}
